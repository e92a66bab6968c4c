//! What a user has a relation to.

mod page;
mod plan;
mod walk;

pub use page::{ListRefused, ObjectPage};
pub(crate) use page::{Refusal, Sorted};
pub use walk::ListObjects;

use crate::check::{CheckError, Conditions, Snapshot};
use crate::question::{ListLimits, Question};
use crate::tuple::{RelationName, Tuple, TypeName, UserName};

/// A question for a list of objects.
#[derive(Clone, Copy, Debug)]
pub struct ListObjectsRequest<'a> {
    type_name: &'a TypeName,
    relation: &'a RelationName,
    user: &'a UserName,
    contextual: &'a [Tuple],
    limits: ListLimits,
    now: u64,
}

impl<'a> ListObjectsRequest<'a> {
    /// Asks to which objects of `type_name` the `user` has `relation`, within the default limits.
    #[must_use]
    pub fn new(type_name: &'a TypeName, relation: &'a RelationName, user: &'a UserName) -> Self {
        Self { type_name, relation, user, contextual: &[], limits: ListLimits::default(), now: 0 }
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
    pub fn limits(self, limits: ListLimits) -> Self {
        Self { limits, ..self }
    }
}

impl Snapshot {
    /// Lists the ids of the objects to which a user has a relation: exactly those for which a check
    /// says so. It works only as much as is asked of it, so the first result doesn't wait for the
    /// last; dropping it ends it.
    ///
    /// # Errors
    /// [`CheckError`] if the question does not fit the model.
    ///
    /// ```
    /// use counterfoil_permission::check::{NoConditions, Snapshot};
    /// use counterfoil_permission::list_objects::ListObjectsRequest;
    /// use counterfoil_permission::tuple::{RelationName, Tuple, TypeName, UserName};
    /// use counterfoil_permission::{compile::compile, graph::Graph, language};
    /// use std::sync::Arc;
    ///
    /// let text = "model\n  schema 1.1\ntype user\ntype document\n  relations\n    define viewer: [user]\n";
    /// let model = compile(&language::parse(text).unwrap()).unwrap();
    /// let graph = Graph::new(&[Tuple::parse("document:budget", "viewer", "user:alice")?])?;
    /// let snapshot = Snapshot::new(Arc::new(model), Arc::new(graph));
    ///
    /// let (document, viewer) = (TypeName::parse("document")?, RelationName::parse("viewer")?);
    /// let alice = UserName::parse("user:alice")?;
    /// let request = ListObjectsRequest::new(&document, &viewer, &alice);
    /// let ids: Vec<&str> = snapshot.list_objects(&request, &NoConditions)?.all(1_000).unwrap();
    /// assert_eq!(ids, ["budget"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn list_objects<'a>(
        &'a self,
        request: &ListObjectsRequest<'a>,
        conditions: &'a dyn Conditions,
    ) -> Result<ListObjects<'a>, CheckError> {
        let ListObjectsRequest { type_name, relation, user, contextual, limits, now } = *request;
        let type_name = type_name.as_str();
        if !self.model().has_type(type_name) {
            return Err(CheckError::UnknownType(type_name.to_owned()));
        }
        let target = self.model().relation(type_name, relation.as_str()).ok_or_else(|| {
            CheckError::UnknownRelation {
                type_name: type_name.to_owned(),
                relation: relation.as_str().to_owned(),
            }
        })?;
        let mut question = Question::new(self, contextual, conditions, (limits.check, now))?;
        let asked = question.asked(user)?;
        Ok(ListObjects::new(question, asked, target, limits.steps))
    }
}
