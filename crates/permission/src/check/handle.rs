//! Questions in numbers, for whoever asks about the same names again and again.

use std::fmt;

use super::evaluate::Asked;
use super::overlay::Overlay;
use super::request::decide_with;
use super::{Checker, Conditions, Decision, Limits, Node, Snapshot};
use crate::compile::{RelationId, TypeId};
use crate::tuple::{ObjectName, RelationName};

/// An object of a snapshot, as object or as user: it spares looking up its name.
///
/// It serves as long as the graph is not laid out anew and the model stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectHandle {
    of: TypeId,
    number: u32,
    layout: u64,
    program: u64,
}

/// A relation of a snapshot's model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RelationHandle {
    relation: RelationId,
    of: TypeId,
    program: u64,
}

/// A question in handles.
#[derive(Clone, Copy, Debug)]
pub struct HandleRequest {
    object: ObjectHandle,
    relation: RelationHandle,
    user: ObjectHandle,
    limits: Limits,
    now: u64,
}

/// A handle is of another layout of the graph, of another model, or of an object of another type
/// than the relation is of: look the names up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaleHandle;

impl fmt::Display for StaleHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a handle does not belong to this snapshot: resolve the name again")
    }
}

impl std::error::Error for StaleHandle {}

impl HandleRequest {
    /// Asks whether `user` has `relation` to `object`, within the default limits.
    #[must_use]
    pub fn new(object: ObjectHandle, relation: RelationHandle, user: ObjectHandle) -> Self {
        Self { object, relation, user, limits: Limits::default(), now: 0 }
    }

    /// The same within other limits.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same at a moment in seconds since 1970.
    #[must_use]
    pub fn now(self, now: u64) -> Self {
        Self { now, ..self }
    }
}

impl Snapshot {
    /// The handle of an object; none if its type is not the model's, or if no tuple named it when
    /// the graph was laid out: then ask by name.
    #[must_use]
    pub fn resolve(&self, object: &ObjectName) -> Option<ObjectHandle> {
        let of = self.program.type_id(&self.model, object.type_name())?;
        let number = self.graph.laid_out_number(self.bound.type_of(of)?, object.id())?;
        Some(ObjectHandle {
            of,
            number,
            layout: self.graph.layout(),
            program: self.program.number(),
        })
    }

    /// The handle of a relation, if the model has it.
    #[must_use]
    pub fn resolve_relation(
        &self,
        type_name: &str,
        relation: &RelationName,
    ) -> Option<RelationHandle> {
        let of = self.program.type_id(&self.model, type_name)?;
        let relation = self.program.relation(&self.model, of, relation.as_str())?;
        Some(RelationHandle { relation, of, program: self.program.number() })
    }

    /// [`Snapshot::check_with`], asked in handles.
    ///
    /// # Errors
    /// [`StaleHandle`] if a handle is not this snapshot's: it never answers about other objects.
    ///
    /// ```
    /// # use counterfoil_permission::{check::*, compile::compile, graph::Graph, language::parse, tuple::*};
    /// # use std::sync::Arc;
    /// # let text = "model\n  schema 1.1\ntype user\ntype document\n  relations\n    define viewer: [user]\n";
    /// # let model = compile(&parse(text).unwrap()).unwrap();
    /// # let graph = Graph::new(&[Tuple::parse("document:budget", "viewer", "user:alice")?])?;
    /// # let snapshot = Snapshot::new(Arc::new(model), Arc::new(graph));
    /// let budget = snapshot.resolve(&ObjectName::parse("document:budget")?).unwrap();
    /// let alice = snapshot.resolve(&ObjectName::parse("user:alice")?).unwrap();
    /// let viewer = snapshot.resolve_relation("document", &RelationName::parse("viewer")?).unwrap();
    /// let request = HandleRequest::new(budget, viewer, alice);
    /// let decision = snapshot.check_handles(&mut Checker::default(), &request, &NoConditions)?;
    /// assert_eq!(decision, Decision::Allow);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check_handles(
        &self,
        checker: &mut Checker,
        request: &HandleRequest,
        conditions: &dyn Conditions,
    ) -> Result<Decision, StaleHandle> {
        let HandleRequest { object, relation, user, limits, now } = *request;
        let ours = |handle: ObjectHandle| {
            handle.layout == self.graph.layout() && handle.program == self.program.number()
        };
        let fits = relation.of == object.of && relation.program == self.program.number();
        if !ours(object) || !ours(user) || !fits {
            return Err(StaleHandle);
        }
        let asked = Asked::Object { of: user.of, object: user.number };
        let node = Node { relation: relation.relation, object: object.number };
        let overlay = Overlay::default();
        let question = (asked, node);
        Ok(decide_with(self, checker, (&overlay, conditions), question, (limits, now)).decision)
    }
}
