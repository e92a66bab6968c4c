//! What a user may do with an object.

use crate::check::{CheckError, Conditions, Decision, Limits, Snapshot};
use crate::question::Question;
use crate::tuple::{ObjectName, Tuple, UserName};

/// A question for everything that a user may do with an object.
#[derive(Clone, Copy, Debug)]
pub struct ListPermissionsRequest<'a> {
    object: &'a ObjectName,
    user: &'a UserName,
    contextual: &'a [Tuple],
    limits: Limits,
    now: u64,
}

/// A relation of the object's type, and whether the user has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission<'a> {
    /// The relation.
    pub relation: &'a str,
    /// What a check says of it.
    pub decision: Decision,
}

impl<'a> ListPermissionsRequest<'a> {
    /// Asks which relations `user` has to `object`, each within the default limits of a check.
    #[must_use]
    pub fn new(object: &'a ObjectName, user: &'a UserName) -> Self {
        Self { object, user, contextual: &[], limits: Limits::default(), now: 0 }
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

impl Snapshot {
    /// Checks every relation of an object's type, sorted by name: at most
    /// [`crate::compile::RELATIONS_MAX`] of them.
    ///
    /// # Errors
    /// [`CheckError`] if the question does not fit the model.
    pub fn list_permissions<'a>(
        &'a self,
        request: &ListPermissionsRequest<'a>,
        conditions: &'a dyn Conditions,
    ) -> Result<Vec<Permission<'a>>, CheckError> {
        let ListPermissionsRequest { object, user, contextual, limits, now } = *request;
        let mut question = Question::new(self, contextual, conditions, (limits, now))?;
        let of = question.type_id(object.type_name())?;
        let asked = question.asked(user)?;
        let mut permissions = vec![];
        for (relation, owner) in self.model().relations() {
            if owner == of {
                let node = question.node_of(relation, object);
                let decision = question.decide(asked, node).decision;
                permissions
                    .push(Permission { relation: question.relation_name(relation), decision });
            }
        }
        permissions.sort_by_key(|permission| permission.relation);
        Ok(permissions)
    }
}
