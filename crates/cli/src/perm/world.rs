//! A model and tuples in memory, to put questions to.

use std::{collections::HashSet, fmt, sync::Arc};

use counterfoil_permission::{
    check::{CheckRequest, Decision, Snapshot},
    compile::CheckedModel,
    condition::Evaluator,
    expand::{ExpandRequest, UsersetTree},
    explain::{EXPLAIN_NODES_MAX, Explanation},
    graph::Graph,
    list_objects::ListObjectsRequest,
    list_permissions::ListPermissionsRequest,
    list_users::{ListUsersRequest, ListedUser, UserFilter},
    tuple::{Context, ObjectName, RelationName, Tuple, TypeName, UserName},
};

use crate::failure::Failure;

/// The longest list that is made: what a file holds is not longer.
const LIST_MAX: usize = 1_000_000;

/// Such a world.
pub(super) struct World(Snapshot);

/// A relation, and whether the user has it.
pub(super) type Permission = (String, Result<bool, Failure>);

/// What a question brings along.
pub(super) struct Along {
    /// Values for the parameters of conditions.
    pub(super) context: Context,
    /// Tuples that count for this question only.
    pub(super) contextual: Vec<Tuple>,
    /// The moment of the question, in seconds since 1970.
    pub(super) now: u64,
}

/// Whether a user has a relation to an object: the question of a check, and of its explanation.
struct Asked {
    user: UserName,
    relation: RelationName,
    object: ObjectName,
}

impl Asked {
    fn parse(user: &str, relation: &str, object: &str) -> Result<Self, Failure> {
        Ok(Self {
            object: ObjectName::parse(object).map_err(usage)?,
            relation: RelationName::parse(relation).map_err(usage)?,
            user: UserName::parse(user).map_err(usage)?,
        })
    }

    fn request<'a>(&'a self, along: &'a Along) -> CheckRequest<'a> {
        CheckRequest::new(&self.object, &self.relation, &self.user)
            .contextual(&along.contextual)
            .now(along.now)
    }
}

impl World {
    /// Takes up tuples that the model allows, each once.
    pub(super) fn new(model: Arc<CheckedModel>, tuples: &[Tuple]) -> Result<Self, String> {
        let mut seen = HashSet::new();
        for tuple in tuples {
            model.allows(tuple).map_err(|error| format!("`{tuple}`: {error}"))?;
            if !seen.insert((tuple.object(), tuple.relation(), tuple.user())) {
                return Err(format!("`{tuple}` is there twice"));
            }
        }
        let graph = Graph::new(tuples).map_err(|error| error.to_string())?;
        Ok(Self(Snapshot::new(model, Arc::new(graph))))
    }

    /// Whether the user has the relation. The failure says why that can't be told.
    pub(super) fn check(
        &self,
        user: &str,
        relation: &str,
        object: &str,
        along: &Along,
    ) -> Result<bool, Failure> {
        let asked = Asked::parse(user, relation, object)?;
        let request = asked.request(along);
        let conditions = self.conditions(along);
        decided(self.0.check(&request, &conditions).map_err(usage)?)
    }

    /// The objects of a type that the user has the relation to, sorted.
    pub(super) fn list_objects(
        &self,
        user: &str,
        relation: &str,
        type_name: &str,
        along: &Along,
    ) -> Result<Vec<String>, Failure> {
        let of = TypeName::parse(type_name).map_err(usage)?;
        let relation = RelationName::parse(relation).map_err(usage)?;
        let user = UserName::parse(user).map_err(usage)?;
        let request = ListObjectsRequest::new(&of, &relation, &user)
            .contextual(&along.contextual)
            .now(along.now);
        let conditions = self.conditions(along);
        let list = self.0.list_objects(&request, &conditions).map_err(usage)?;
        let ids = list.all(LIST_MAX).map_err(Failure::from_display)?;
        Ok(sorted(ids.into_iter().map(|id| format!("{type_name}:{id}"))))
    }

    /// The users of a kind, `user` or `group#member`, that have the relation to the object, sorted.
    pub(super) fn list_users(
        &self,
        object: &str,
        relation: &str,
        kind: &str,
        along: &Along,
    ) -> Result<Vec<String>, Failure> {
        let object = ObjectName::parse(object).map_err(usage)?;
        let relation = RelationName::parse(relation).map_err(usage)?;
        let (of, userset) = kind.split_once('#').unwrap_or((kind, ""));
        let type_name = TypeName::parse(of).map_err(usage)?;
        let userset = match kind.contains('#') {
            true => Some(RelationName::parse(userset).map_err(usage)?),
            false => None,
        };
        let filter = match &userset {
            Some(relation) => UserFilter::Usersets(&type_name, relation),
            None => UserFilter::Objects(&type_name),
        };
        let request = ListUsersRequest::new(&object, &relation, filter)
            .contextual(&along.contextual)
            .now(along.now);
        let conditions = self.conditions(along);
        let list = self.0.list_users(&request, &conditions).map_err(usage)?;
        let list = list.all(LIST_MAX).map_err(Failure::from_display)?;
        let listed = list.users.into_iter().filter_map(|user| match (user, &userset) {
            (ListedUser::Wildcard, _) => Some(format!("{of}:*")),
            (ListedUser::Object(id), _) => Some(format!("{of}:{id}")),
            (ListedUser::Userset(id), Some(relation)) => Some(format!("{of}:{id}#{relation}")),
            (ListedUser::Userset(_), None) | (ListedUser::Excluded(_), _) => None,
        });
        Ok(sorted(listed))
    }

    /// The relations of the object's type, sorted, each with whether the user has it.
    pub(super) fn list_permissions(
        &self,
        user: &str,
        object: &str,
        along: &Along,
    ) -> Result<Vec<Permission>, Failure> {
        let object = ObjectName::parse(object).map_err(usage)?;
        let user = UserName::parse(user).map_err(usage)?;
        let request = ListPermissionsRequest::new(&object, &user)
            .contextual(&along.contextual)
            .now(along.now);
        let conditions = self.conditions(along);
        let found = self.0.list_permissions(&request, &conditions).map_err(usage)?;
        let found = found.into_iter();
        Ok(found.map(|one| (one.relation.to_owned(), decided(one.decision))).collect())
    }

    /// Why a check says what it says.
    pub(super) fn explain(
        &self,
        user: &str,
        relation: &str,
        object: &str,
        along: &Along,
    ) -> Result<Explanation, Failure> {
        let asked = Asked::parse(user, relation, object)?;
        let request = asked.request(along);
        let conditions = self.conditions(along);
        self.0.explain(&request, &conditions, EXPLAIN_NODES_MAX).map_err(usage)
    }

    /// How a relation of an object comes about.
    pub(super) fn expand(
        &self,
        relation: &str,
        object: &str,
        along: &Along,
    ) -> Result<UsersetTree, Failure> {
        let object = ObjectName::parse(object).map_err(usage)?;
        let relation = RelationName::parse(relation).map_err(usage)?;
        let request =
            ExpandRequest::new(&object, &relation).contextual(&along.contextual).now(along.now);
        self.0.expand(&request).map_err(usage)
    }

    fn conditions<'a>(&'a self, along: &'a Along) -> Evaluator<'a> {
        Evaluator::new(self.0.model(), &along.context)
    }
}

/// Yes or no, or why neither.
fn decided(decision: Decision) -> Result<bool, Failure> {
    match decision {
        Decision::Allow => Ok(true),
        Decision::Deny => Ok(false),
        Decision::Missing(parameters) => {
            let missing: Vec<String> = parameters.iter().map(ToString::to_string).collect();
            let missing = missing.join(", ");
            Err(Failure::failed(format!("undecided without {missing}: give it in the context")))
        }
        Decision::Failed { condition, why } => {
            Err(Failure::failed(format!("condition `{condition}` failed: {why}")))
        }
        Decision::TooComplex => {
            Err(Failure::failed("too complex: a limit was reached before there was an answer"))
        }
    }
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names
}

fn usage(error: impl fmt::Display) -> Failure {
    Failure::usage(error.to_string())
}
