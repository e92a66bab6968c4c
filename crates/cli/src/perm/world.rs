//! A model and tuples in memory, to put questions to.

use std::{collections::HashSet, sync::Arc};

use counterfoil_permission::{
    check::{CheckRequest, Decision, NoConditions, Snapshot},
    compile::CheckedModel,
    graph::Graph,
    tuple::{Context, ObjectName, RelationName, Tuple, UserName},
};

use crate::failure::Failure;

/// Such a world.
pub(super) struct World(Snapshot);

/// What was asked about.
pub(super) struct Question<'a> {
    pub(super) user: &'a str,
    pub(super) relation: &'a str,
    pub(super) object: &'a str,
    #[expect(dead_code, reason = "conditions are on their way")]
    pub(super) context: &'a Context,
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
            if tuple.condition().is_some() {
                return Err(format!(
                    "`{tuple}` has a condition, and conditions can't be evaluated yet"
                ));
            }
        }
        let graph = Graph::new(tuples).map_err(|error| error.to_string())?;
        Ok(Self(Snapshot::new(model, Arc::new(graph))))
    }

    /// Whether the user has the relation. The failure says why that can't be told.
    pub(super) fn check(&self, question: &Question<'_>) -> Result<bool, Failure> {
        let text = |error: &dyn std::fmt::Display| Failure::usage(error.to_string());
        let object = ObjectName::parse(question.object).map_err(|error| text(&error))?;
        let relation = RelationName::parse(question.relation).map_err(|error| text(&error))?;
        let user = UserName::parse(question.user).map_err(|error| text(&error))?;
        let request = CheckRequest::new(&object, &relation, &user);
        decided(self.0.check(&request, &NoConditions).map_err(|error| text(&error))?)
    }

    /// The objects of a type that the user has the relation to.
    #[expect(clippy::unused_self, reason = "the engine's lists are on their way")]
    pub(super) fn list_objects(
        &self,
        _user: &str,
        _relation: &str,
        _type_name: &str,
        _context: &Context,
    ) -> Result<Vec<String>, Failure> {
        Err(Failure::failed("lists can't be made yet"))
    }

    /// The users of a kind, `user` or `group#member`, that have the relation to the object.
    #[expect(clippy::unused_self, reason = "the engine's lists are on their way")]
    pub(super) fn list_users(
        &self,
        _object: &str,
        _relation: &str,
        _filter: &str,
        _context: &Context,
    ) -> Result<Vec<String>, Failure> {
        Err(Failure::failed("lists can't be made yet"))
    }
}

/// Yes or no, or why neither.
fn decided(decision: Decision) -> Result<bool, Failure> {
    match decision {
        Decision::Allow => Ok(true),
        Decision::Deny => Ok(false),
        Decision::Missing(parameters) => {
            let missing: Vec<String> = parameters.iter().map(ToString::to_string).collect();
            Err(Failure::failed(format!("undecided without {}", missing.join(", "))))
        }
        Decision::Failed { condition, why } => {
            Err(Failure::failed(format!("condition `{condition}` failed: {why}")))
        }
        Decision::TooComplex => {
            Err(Failure::failed("too complex: a limit was reached before there was an answer"))
        }
    }
}
