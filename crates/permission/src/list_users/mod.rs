//! Who has a relation to an object.

mod page;
mod walk;

pub use page::{UserPage, Users};
pub use walk::{ListUsers, ListedUser};

use crate::check::{Asked, CheckError, Conditions, Node, Snapshot};
use crate::compile::{RelationId, TypeId};
use crate::question::{ListLimits, Question};
use crate::tuple::{ObjectName, RelationName, Tuple, TypeName};

/// A question for a list of users.
#[derive(Clone, Copy, Debug)]
pub struct ListUsersRequest<'a> {
    object: &'a ObjectName,
    relation: &'a RelationName,
    filter: UserFilter<'a>,
    contextual: &'a [Tuple],
    limits: ListLimits,
    now: u64,
}

/// Which users are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserFilter<'a> {
    /// Objects of a type, and the wildcard of it: `user:alice`, `user:*`.
    Objects(&'a TypeName),
    /// Usersets: `group:eng#member`.
    Usersets(&'a TypeName, &'a RelationName),
}

/// The filter by number.
#[derive(Clone, Copy)]
enum Wanted {
    Objects(TypeId),
    Usersets(RelationId, TypeId),
}

impl<'a> ListUsersRequest<'a> {
    /// Asks who has `relation` to `object`, within the default limits.
    #[must_use]
    pub fn new(object: &'a ObjectName, relation: &'a RelationName, filter: UserFilter<'a>) -> Self {
        Self { object, relation, filter, contextual: &[], limits: ListLimits::default(), now: 0 }
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

impl Wanted {
    fn of(self) -> TypeId {
        match self {
            Self::Objects(of) | Self::Usersets(_, of) => of,
        }
    }

    fn asked(self, object: u32) -> Asked {
        match self {
            Self::Objects(of) => Asked::Object { of, object },
            Self::Usersets(relation, _) => Asked::Userset(Node { relation, object }),
        }
    }
}

impl Snapshot {
    /// Lists the users that have a relation to an object, as OpenFGA's `ListUsers` does: those that
    /// tuples name, as far as a check says so, and the wildcard of the type if a check of it says so.
    /// Beyond that it names those who are excluded although the wildcard is listed.
    ///
    /// # Errors
    /// [`CheckError`] if the question does not fit the model.
    ///
    /// ```
    /// use counterfoil_permission::check::{NoConditions, Snapshot};
    /// use counterfoil_permission::list_users::{ListUsersRequest, ListedUser, UserFilter};
    /// use counterfoil_permission::tuple::{ObjectName, RelationName, Tuple, TypeName};
    /// use counterfoil_permission::{compile::compile, graph::Graph, language};
    /// use std::sync::Arc;
    ///
    /// let text = "model\n  schema 1.1\ntype user\ntype document\n  relations\n    define viewer: [user]\n";
    /// let model = compile(&language::parse(text).unwrap()).unwrap();
    /// let graph = Graph::new(&[Tuple::parse("document:budget", "viewer", "user:alice")?])?;
    /// let snapshot = Snapshot::new(Arc::new(model), Arc::new(graph));
    ///
    /// let (budget, viewer) = (ObjectName::parse("document:budget")?, RelationName::parse("viewer")?);
    /// let user = TypeName::parse("user")?;
    /// let request = ListUsersRequest::new(&budget, &viewer, UserFilter::Objects(&user));
    /// let found = snapshot.list_users(&request, &NoConditions)?.all(1_000).unwrap();
    /// assert_eq!(found.users, [ListedUser::Object("alice")]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn list_users<'a>(
        &'a self,
        request: &ListUsersRequest<'a>,
        conditions: &'a dyn Conditions,
    ) -> Result<ListUsers<'a>, CheckError> {
        let ListUsersRequest { object, relation, filter, contextual, limits, now } = *request;
        let mut question = Question::new(self, contextual, conditions, (limits.check, now))?;
        let root = question.node(object, relation)?;
        let wanted = self.wanted(filter)?;
        Ok(ListUsers::new(question, root, wanted, limits.steps))
    }

    fn wanted(&self, filter: UserFilter<'_>) -> Result<Wanted, CheckError> {
        let (UserFilter::Objects(name) | UserFilter::Usersets(name, _)) = filter;
        let name = name.as_str();
        let unknown = || CheckError::UnknownType(name.to_owned());
        let of = self.model().type_id(name).ok_or_else(unknown)?;
        match filter {
            UserFilter::Objects(_) => Ok(Wanted::Objects(of)),
            UserFilter::Usersets(_, relation) => {
                let unknown = || CheckError::UnknownRelation {
                    type_name: name.to_owned(),
                    relation: relation.as_str().to_owned(),
                };
                let id = self.model().relation(name, relation.as_str()).ok_or_else(unknown)?;
                Ok(Wanted::Usersets(id, of))
            }
        }
    }
}
