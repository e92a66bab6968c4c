//! A graph from tuples as they come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::base::{Base, Delta, TypeBase};
use super::lay::{Record, lay_out, reverse};
use super::names::NameTable;
use super::rows::NO_TERMS;
use super::terms::{Terms, TermsList};
use super::vocabulary::Vocabulary;
use super::{Graph, GraphError, IDS_MAX};
use crate::tuple::{Tuple, UserName};

/// The number of the next layout.
static LAYOUTS: AtomicU64 = AtomicU64::new(1);

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
    vocabulary: Vocabulary,
    names: Vec<NameTable>,
    /// By type of the object.
    records: Vec<Vec<Record>>,
    terms: TermsList,
}

impl GraphBuilder {
    /// Adds a tuple. Of those with equal objects, relations and users the last stays.
    ///
    /// # Errors
    /// [`GraphError`] if the graph would be too large.
    pub fn push(&mut self, tuple: &Tuple) -> Result<(), GraphError> {
        let kind = self.vocabulary.intern(tuple)?;
        let known = self.vocabulary.kind(kind).ok_or(GraphError::TooLarge)?;
        let object = self.number(known.object_type, tuple.object().id())?;
        let user = match tuple.user() {
            UserName::Object(user) | UserName::Userset(user, _) => {
                self.number(known.user_type, user.id())?
            }
            UserName::Wildcard(_) => 0,
        };
        let (part, terms) = match Terms::of(tuple) {
            None => (kind.plain(), NO_TERMS),
            Some(terms) => (kind.termed(), self.terms.intern(terms).ok_or(GraphError::TooLarge)?),
        };
        let records = at(&mut self.records, known.object_type).ok_or(GraphError::TooLarge)?;
        records.push(Record { key: object, value: user, terms, part });
        Ok(())
    }

    /// Lays them out.
    ///
    /// # Errors
    /// [`GraphError`] if the graph would be too large.
    pub fn finish(mut self) -> Result<Graph, GraphError> {
        let mut types: Vec<TypeBase> = Vec::new();
        let count = self.vocabulary.types.len();
        self.names.resize_with(count, NameTable::default);
        self.records.resize_with(count, Vec::new);
        for (mut names, records) in self.names.into_iter().zip(self.records) {
            names.finish();
            let forward = lay_out(records, names.len(), &self.vocabulary)?;
            types.push(TypeBase { names, forward, ..TypeBase::default() });
        }
        assemble(self.vocabulary, types, self.terms.finish())
    }

    fn number(&mut self, of: u32, id: &str) -> Result<u32, GraphError> {
        let table = at(&mut self.names, of).ok_or(GraphError::TooLarge)?;
        table.intern(id, IDS_MAX).ok_or(GraphError::TooLarge)
    }
}

/// A graph from the rows of its objects: the rows of users and the groups follow from them.
pub(super) fn assemble(
    vocabulary: Vocabulary,
    mut types: Vec<TypeBase>,
    terms: Vec<Terms>,
) -> Result<Graph, GraphError> {
    let (wild, counts) = reverse(&vocabulary, &mut types)?;
    let layout = LAYOUTS.fetch_add(1, Ordering::Relaxed);
    let base = Base { layout, types, wild, terms, groups: vec![] };
    let mut graph = Graph {
        vocabulary: Arc::new(vocabulary),
        base: Arc::new(base),
        delta: Delta::default(),
        tuples: counts.iter().map(|count| *count as usize).sum(),
        counts,
    };
    let groups = super::groups::all(&graph);
    if let Some(base) = Arc::get_mut(&mut graph.base) {
        base.groups = groups;
    }
    Ok(graph)
}

/// The item of a type, made if need be. Types are numbered one after the other.
pub(super) fn at<T: Default>(list: &mut Vec<T>, of: u32) -> Option<&mut T> {
    let of = of as usize;
    if list.len() <= of {
        list.resize_with(of + 1, T::default);
    }
    list.get_mut(of)
}
