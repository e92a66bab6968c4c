//! What a relation of an object is made of, without asking about anybody.

mod deep;
mod render;
mod tree;

pub use deep::{DeepNode, DeepUser, DeepValue, EXPAND_NODES_MAX};
pub use tree::{Leaf, TreeNode, TreeValue, UsersetTree};

use std::fmt;

use crate::check::{CheckError, Limits, NoConditions, Node, Snapshot};
use crate::compile::{RelationId, Subject};
use crate::question::Question;
use crate::tuple::{ObjectName, RelationName, Tuple};

/// The most users in a tree of one level, if nothing else is asked for.
pub const EXPAND_USERS_MAX: usize = 100_000;

/// A question for what a relation is made of.
#[derive(Clone, Copy, Debug)]
pub struct ExpandRequest<'a> {
    object: &'a ObjectName,
    relation: &'a RelationName,
    contextual: &'a [Tuple],
    now: u64,
    max: Option<usize>,
    after: Option<&'a str>,
}

/// Why there is no tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpandError {
    /// The question does not fit the model.
    Check(CheckError),
    /// There are more users than this: the deep form has pages.
    LimitReached {
        /// The most that may be.
        max: usize,
    },
}

impl From<CheckError> for ExpandError {
    fn from(error: CheckError) -> Self {
        Self::Check(error)
    }
}

impl fmt::Display for ExpandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check(error) => error.fmt(f),
            Self::LimitReached { max } => {
                write!(f, "more than {max} users: ask for the deep form, which has pages")
            }
        }
    }
}

impl std::error::Error for ExpandError {}

impl<'a> ExpandRequest<'a> {
    /// Asks what `relation` of `object` is made of.
    #[must_use]
    pub fn new(object: &'a ObjectName, relation: &'a RelationName) -> Self {
        Self { object, relation, contextual: &[], now: 0, max: None, after: None }
    }

    /// The same with tuples that count for this question only, beside those of the graph.
    #[must_use]
    pub fn contextual(self, tuples: &'a [Tuple]) -> Self {
        Self { contextual: tuples, ..self }
    }

    /// The same at a moment in seconds since 1970: tuples that expired by then do not count. Without
    /// this none has expired.
    #[must_use]
    pub fn now(self, now: u64) -> Self {
        Self { now, ..self }
    }

    /// The same with another bound: users of a tree of one level, nodes of a deep one.
    #[must_use]
    pub fn max(self, max: usize) -> Self {
        Self { max: Some(max), ..self }
    }

    /// For the deep form: leaves out what the relation's own tuples name up to this user, which is
    /// the [`DeepValue::Users::more`] of the page before.
    #[must_use]
    pub fn after(self, user: &'a str) -> Self {
        Self { after: Some(user), ..self }
    }

    fn start(&self, snapshot: &'a Snapshot) -> Result<(Question<'a>, Node), CheckError> {
        let within = (Limits::default(), self.now);
        let mut question = Question::new(snapshot, self.contextual, &NoConditions, within)?;
        let node = question.node(self.object, self.relation)?;
        Ok((question, node))
    }
}

impl Snapshot {
    /// Expands a relation by one level, in the shape that OpenFGA answers: conditions are not looked
    /// at. Users are sorted, each is named once.
    ///
    /// # Errors
    /// [`ExpandError`] if the question does not fit the model, or there are too many users.
    pub fn expand(&self, request: &ExpandRequest<'_>) -> Result<UsersetTree, ExpandError> {
        let (question, node) = request.start(self)?;
        let max = request.max.unwrap_or(EXPAND_USERS_MAX);
        let root = tree::Builder::new(&question, max).node(node);
        root.map(|root| UsersetTree { root }).ok_or(ExpandError::LimitReached { max })
    }

    /// Expands a relation as deep as it goes, within a bound of nodes ([`EXPAND_NODES_MAX`] if
    /// nothing else is asked for). What the bound cuts is marked by the name to ask for next.
    ///
    /// # Errors
    /// [`CheckError`] if the question does not fit the model.
    pub fn expand_deep(&self, request: &ExpandRequest<'_>) -> Result<DeepNode, CheckError> {
        let (question, node) = request.start(self)?;
        let max = request.max.unwrap_or(EXPAND_NODES_MAX);
        let after = request.after.map(|after| (node, after));
        Ok(deep::Builder::new(&question, max, after).node(node))
    }
}

/// A user that a tuple names: its text, and where it leads if it is a userset.
type Named = (String, Option<Node>);

/// Whom the tuples of a relation name, as they are stored.
fn named<'q>(question: &'q Question<'_>, node: Node) -> impl Iterator<Item = Named> + 'q {
    let restrictions = question.model().restrictions(node.relation);
    restrictions.flat_map(move |(id, restriction)| {
        let of = restriction.of;
        question.users(id, node.object).map(move |(user, _)| match restriction.subject {
            Subject::Object => (question.object_text(of, user), None),
            Subject::Wildcard => (format!("{}:*", question.model().type_name(of)), None),
            Subject::Userset(relation) => {
                let below = Node { relation, object: user };
                (question.node_text(below), Some(below))
            }
        })
    })
}

/// The objects that the tuples of a tupleset name, with what is computed of each: its text, and where
/// it leads if the object's type has that relation.
fn linked<'q>(
    question: &'q Question<'_>,
    object: u32,
    (tupleset, computed): (RelationId, &'q str),
) -> impl Iterator<Item = Named> + 'q {
    let model = question.model();
    model.restrictions(tupleset).flat_map(move |(id, restriction)| {
        let of = restriction.of;
        let relation = model.relation(model.type_name(of), computed);
        question.users(id, object).map(move |(user, _)| {
            let below = relation.map(|relation| Node { relation, object: user });
            (format!("{}#{computed}", question.object_text(of, user)), below)
        })
    })
}
