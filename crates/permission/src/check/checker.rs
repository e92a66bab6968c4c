//! Memory that checks use one after the other.

use super::known::Known;
use super::walk::Step;

/// Memory for checks: whoever keeps one for many checks spares them nearly every allocation. Nothing
/// in it outlives a check but its size.
///
/// ```
/// # use counterfoil_permission::{check::*, compile::compile, graph::Graph, language::parse, tuple::*};
/// # use std::sync::Arc;
/// # let text = "model\n  schema 1.1\ntype user\ntype document\n  relations\n    define viewer: [user]\n";
/// # let model = compile(&parse(text).unwrap()).unwrap();
/// # let graph = Graph::new(&[Tuple::parse("document:budget", "viewer", "user:alice")?])?;
/// # let snapshot = Snapshot::new(Arc::new(model), Arc::new(graph));
/// let mut checker = Checker::default();
/// let (object, relation) = (ObjectName::parse("document:budget")?, RelationName::parse("viewer")?);
/// for (user, expected) in [("user:alice", Decision::Allow), ("user:bob", Decision::Deny)] {
///     let user = UserName::parse(user)?;
///     let request = CheckRequest::new(&object, &relation, &user);
///     assert_eq!(snapshot.check_with(&mut checker, &request, &NoConditions)?, expected);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Checker {
    pub(super) known: Known,
    /// Groups that were climbed to, for all relations of the check one after the other.
    pub(super) climbed: Vec<(u32, u8)>,
    /// The objects that a walk came to.
    pub(super) walked: Vec<Step>,
}

impl Checker {
    pub(super) fn reset(&mut self) {
        self.known.reset();
        self.climbed.clear();
    }
}
