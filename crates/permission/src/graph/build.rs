//! A graph from tuples as they come.

use super::{Graph, GraphError};
use crate::tuple::Tuple;

/// Takes tuples one by one, so that they need not all be held as text, and lays them out at the end.
///
/// ```
/// use counterfoil_permission::{graph::GraphBuilder, tuple::Tuple};
///
/// let mut builder = GraphBuilder::default();
/// builder.push(&Tuple::parse("document:budget", "viewer", "user:alice")?)?;
/// assert_eq!(builder.finish()?.tuples(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct GraphBuilder {
    tuples: Vec<Tuple>,
}

impl GraphBuilder {
    /// Adds a tuple. Of those with equal objects, relations and users the last stays.
    ///
    /// # Errors
    /// [`GraphError`] if the graph would be too large.
    pub fn push(&mut self, tuple: &Tuple) -> Result<(), GraphError> {
        self.tuples.push(tuple.clone());
        Ok(())
    }

    /// Lays them out.
    ///
    /// # Errors
    /// [`GraphError`] if the graph would be too large.
    pub fn finish(self) -> Result<Graph, GraphError> {
        Graph::new(&self.tuples)
    }
}
