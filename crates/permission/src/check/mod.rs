//! Whether a user has a relation to an object.

mod answer;
mod bound;
mod checker;
mod evaluate;
mod groups;
mod handle;
mod known;
mod overlay;
mod program;
mod read;
mod request;
mod walk;

use std::fmt;
use std::sync::Arc;

pub use crate::condition::ConditionFailure;
use bound::Bound;
pub use checker::Checker;
pub(crate) use evaluate::Asked;
pub use handle::{HandleRequest, ObjectHandle, RelationHandle, StaleHandle};
pub(crate) use overlay::{Added, Overlay, relation};
use program::Program;
pub(crate) use program::needs;
pub use request::{CONTEXTUAL_TUPLES_MAX, CheckError, CheckRequest, Limits};
pub(crate) use request::{Decided, asked, decide_with};

use crate::compile::{CheckedModel, RelationId};
use crate::graph::Graph;
use crate::tuple::Context;

/// A graph seen through a model: what questions are answered from.
///
/// ```
/// use counterfoil_permission::check::{CheckRequest, Decision, NoConditions, Snapshot};
/// use counterfoil_permission::tuple::{ObjectName, RelationName, Tuple, UserName};
/// use counterfoil_permission::{compile::compile, graph::Graph, model::*};
/// use std::sync::Arc;
///
/// let viewer = Relation {
///     name: "viewer".to_owned(),
///     rewrite: Rewrite::This,
///     restrictions: vec![TypeRestriction {
///         type_name: "user".to_owned(),
///         what: Restricted::Object,
///         condition: None,
///     }],
///     origin: Origin::default(),
/// };
/// let origin = Origin::default;
/// let model = Model {
///     schema: SchemaVersion::V1_1,
///     types: vec![
///         TypeDefinition { name: "user".to_owned(), relations: vec![], origin: origin() },
///         TypeDefinition { name: "document".to_owned(), relations: vec![viewer], origin: origin() },
///     ],
///     conditions: vec![],
/// };
/// let graph = Graph::new(&[Tuple::parse("document:budget", "viewer", "user:alice")?])?;
/// let snapshot = Snapshot::new(Arc::new(compile(&model).unwrap()), Arc::new(graph));
///
/// let (object, relation) = (ObjectName::parse("document:budget")?, RelationName::parse("viewer")?);
/// let alice = UserName::parse("user:alice")?;
/// let request = CheckRequest::new(&object, &relation, &alice);
/// assert_eq!(snapshot.check(&request, &NoConditions)?, Decision::Allow);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Snapshot {
    model: Arc<CheckedModel>,
    graph: Arc<Graph>,
    program: Arc<Program>,
    bound: Arc<Bound>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The user has the relation.
    Allow,
    /// The user does not.
    Deny,
    /// It depends on conditions whose parameters were not given.
    Missing(Vec<MissingParameter>),
    /// It depends on a condition that could not be evaluated. This is no denial.
    Failed {
        /// The condition.
        condition: String,
        /// What went wrong.
        why: ConditionFailure,
    },
    /// A limit was reached before there was an answer. This is no denial.
    TooComplex,
}

/// A parameter that would have been needed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingParameter {
    /// The condition.
    pub condition: String,
    /// Its parameter.
    pub parameter: String,
}

/// What a condition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// The tuple counts.
    True,
    /// The tuple does not count.
    False,
    /// It cannot be said without these parameters.
    Missing(Vec<String>),
    /// It cannot be said at all.
    Failed(ConditionFailure),
}

/// Decides conditions, knowing the context of the question.
pub trait Conditions {
    /// Whether a condition holds with the context of a tuple, whose values win over the question's.
    fn holds(&self, condition: &str, context: &Context) -> Truth;
}

/// For models without conditions: none holds.
#[derive(Clone, Copy, Debug)]
pub struct NoConditions;

impl Conditions for NoConditions {
    fn holds(&self, _condition: &str, _context: &Context) -> Truth {
        Truth::False
    }
}

impl fmt::Display for MissingParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "parameter `{}` of condition `{}`", self.parameter, self.condition)
    }
}

impl Snapshot {
    /// Joins a model to a graph. Tuples that the model does not allow are left out, as if they had
    /// not been written: it takes as long as the model is large, whatever the graph's size.
    #[must_use]
    pub fn new(model: Arc<CheckedModel>, graph: Arc<Graph>) -> Self {
        let program = Arc::new(Program::new(&model));
        let bound = Bound::new(&model, &program, &graph);
        Self { model, graph, program, bound: Arc::new(bound) }
    }

    /// The same model joined to another graph: it costs less than [`Snapshot::new`].
    #[must_use]
    pub fn with_graph(&self, graph: Arc<Graph>) -> Self {
        let bound = Arc::new(Bound::new(&self.model, &self.program, &graph));
        Self { model: Arc::clone(&self.model), graph, program: Arc::clone(&self.program), bound }
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &CheckedModel {
        &self.model
    }

    /// The graph.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Whether the user has the relation to the object, as OpenFGA's released resolver says.
    ///
    /// A cycle makes a path through it false; one found while evaluating what is subtracted makes
    /// the whole exclusion false, which is the safe side and what OpenFGA answers.
    ///
    /// # Errors
    /// [`CheckError`] if the question does not fit the model.
    pub fn check(
        &self,
        request: &CheckRequest<'_>,
        conditions: &dyn Conditions,
    ) -> Result<Decision, CheckError> {
        self.check_with(&mut Checker::default(), request, conditions)
    }

    /// The same, with the memory of earlier checks instead of new one.
    ///
    /// # Errors
    /// [`CheckError`] if the question does not fit the model.
    pub fn check_with(
        &self,
        checker: &mut Checker,
        request: &CheckRequest<'_>,
        conditions: &dyn Conditions,
    ) -> Result<Decision, CheckError> {
        request::answer(self, checker, request, conditions)
    }
}

/// A relation of one object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    pub(crate) relation: RelationId,
    pub(crate) object: u32,
}
