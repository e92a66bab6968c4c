//! A question, and how it is refused or put to the evaluator.

use std::fmt;

use super::answer::Value;
use super::evaluate::{Asked, Evaluation};
use super::overlay::{Overlay, relation};
use super::{Checker, Conditions, Decision, Node, Snapshot};
use crate::compile::{AskedShape, Divergence, RelationId, TypeId};
use crate::tuple::{ObjectName, RelationName, Tuple, UserName};

/// The most contextual tuples of a question: OpenFGA's limit.
pub const CONTEXTUAL_TUPLES_MAX: usize = 100;

/// A question.
#[derive(Clone, Copy, Debug)]
pub struct CheckRequest<'a> {
    object: &'a ObjectName,
    relation: &'a RelationName,
    user: &'a UserName,
    contextual: &'a [Tuple],
    limits: Limits,
    now: u64,
}

/// How far a check may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many objects long a path may be, the asked one included. A relation that is computed from
    /// another of the same object adds nothing.
    pub depth: u32,
    /// How many relations of objects may be looked at.
    pub steps: u32,
}

impl Default for Limits {
    /// OpenFGA's depth of 25, and 2 million steps, far more than any sensible question needs.
    fn default() -> Self {
        Self { depth: 25, steps: 2_000_000 }
    }
}

/// Why a question cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckError {
    /// The model has no such type.
    UnknownType(String),
    /// The type has no such relation.
    UnknownRelation {
        /// The type.
        type_name: String,
        /// The relation.
        relation: String,
    },
    /// The model does not allow this contextual tuple.
    TupleNotAllowed(String),
    /// More than [`CONTEXTUAL_TUPLES_MAX`] contextual tuples.
    TooManyContextualTuples,
    /// The model is strict, and OpenFGA's coming resolver refuses such a question.
    Refused(Divergence),
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownType(name) => write!(f, "the model has no type `{name}`"),
            Self::UnknownRelation { type_name, relation } => {
                write!(f, "type `{type_name}` has no relation `{relation}`")
            }
            Self::TupleNotAllowed(tuple) => write!(
                f,
                "the contextual tuple `{tuple}` is not allowed by the relation's type restrictions"
            ),
            Self::Refused(why) => write!(
                f,
                "a userset or wildcard that reaches an exclusion cannot be asked about where the model is strict ({why})"
            ),
            Self::TooManyContextualTuples => {
                write!(f, "more than {CONTEXTUAL_TUPLES_MAX} contextual tuples")
            }
        }
    }
}

impl std::error::Error for CheckError {}

impl<'a> CheckRequest<'a> {
    /// Asks whether `user` has `relation` to `object`, within the default limits.
    #[must_use]
    pub fn new(object: &'a ObjectName, relation: &'a RelationName, user: &'a UserName) -> Self {
        Self { object, relation, user, contextual: &[], limits: Limits::default(), now: 0 }
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

    /// The same within other limits.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }
}

impl<'a> CheckRequest<'a> {
    pub(crate) fn parts(&self) -> (&'a ObjectName, &'a RelationName, &'a UserName) {
        (self.object, self.relation, self.user)
    }

    /// What the question brings along: contextual tuples, limits, the moment.
    pub(crate) fn within(&self) -> (&'a [Tuple], Limits, u64) {
        (self.contextual, self.limits, self.now)
    }
}

pub(super) fn answer(
    snapshot: &Snapshot,
    checker: &mut Checker,
    request: &CheckRequest<'_>,
    conditions: &dyn Conditions,
) -> Result<Decision, CheckError> {
    if request.contextual.len() > CONTEXTUAL_TUPLES_MAX {
        return Err(CheckError::TooManyContextualTuples);
    }
    let relation = relation(snapshot, request.object, request.relation.as_str())?;
    let mut overlay = Overlay::default();
    for tuple in request.contextual {
        overlay.add(snapshot, tuple, request.now)?;
    }
    overlay.sort();
    let of = snapshot.model.type_of(relation);
    let (object, asked) = match request.user {
        UserName::Object(user) => {
            let user_of = user_type(snapshot, request.user)?;
            let ids = [(of, request.object.id()), (user_of, user.id())];
            let [object, user] = overlay.numbers(snapshot, ids);
            (object, Asked::Object { of: user_of, object: user })
        }
        UserName::Userset(..) | UserName::Wildcard(_) => {
            let object = overlay.number(snapshot, of, request.object.id());
            (object, asked(snapshot, &mut overlay, request.user)?)
        }
    };
    if snapshot.model.is_strict() {
        refused(snapshot, relation, asked)?;
    }
    let question = (asked, Node { relation, object });
    let bounds = (request.limits, request.now);
    Ok(decide_with(snapshot, checker, (&overlay, conditions), question, bounds).decision)
}

/// What OpenFGA's coming resolver refuses.
fn refused(snapshot: &Snapshot, relation: RelationId, asked: Asked) -> Result<(), CheckError> {
    let shape = match asked {
        Asked::Object { .. } => return Ok(()),
        Asked::Userset(node) => AskedShape::Userset(node.relation),
        Asked::Wildcard { of } => AskedShape::Wildcard(of),
    };
    snapshot.model.refuses(relation, shape).map_or(Ok(()), |why| Err(CheckError::Refused(why)))
}

/// An answer, and how it came about.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    pub(crate) decision: Decision,
    /// A denial for a cycle: whatever subtracts or intersects it is false as well.
    pub(crate) cyclic: bool,
    /// How many relations of objects were looked at.
    pub(crate) steps: u32,
}

/// The answer to a question that is in numbers already, with the memory of earlier checks.
pub(crate) fn decide_with(
    snapshot: &Snapshot,
    checker: &mut Checker,
    (overlay, conditions): (&Overlay<'_>, &dyn Conditions),
    (asked, node): (Asked, Node),
    (limits, now): (Limits, u64),
) -> Decided {
    let mut evaluation =
        Evaluation::new(snapshot, checker, (overlay, conditions), asked, (limits, now));
    let value = evaluation.node(node, 0).value;
    let decision = match value {
        Value::Allow => Decision::Allow,
        Value::Deny | Value::Cyclic => Decision::Deny,
        Value::Missing(set) => Decision::Missing(evaluation.missing(set)),
        Value::Failed(id) => match evaluation.failure(id) {
            Some((condition, why)) => Decision::Failed { condition, why },
            None => Decision::TooComplex,
        },
        Value::TooComplex => Decision::TooComplex,
    };
    Decided { decision, cyclic: value == Value::Cyclic, steps: evaluation.steps() }
}

pub(crate) fn asked<'a>(
    snapshot: &Snapshot,
    overlay: &mut Overlay<'a>,
    user: &'a UserName,
) -> Result<Asked, CheckError> {
    let of = user_type(snapshot, user)?;
    Ok(match user {
        UserName::Object(object) => {
            Asked::Object { of, object: overlay.number(snapshot, of, object.id()) }
        }
        UserName::Userset(object, name) => Asked::Userset(Node {
            relation: relation(snapshot, object, name.as_str())?,
            object: overlay.number(snapshot, of, object.id()),
        }),
        UserName::Wildcard(_) => Asked::Wildcard { of },
    })
}

fn user_type(snapshot: &Snapshot, user: &UserName) -> Result<TypeId, CheckError> {
    snapshot
        .program
        .type_id(&snapshot.model, user.type_name())
        .ok_or_else(|| CheckError::UnknownType(user.type_name().to_owned()))
}
