//! What AuthZEN's endpoints take. Members that are unknown are ignored (AuthZEN 1.0 §5).

use counterfoil_permission::tuple::Context;
use serde::Deserialize;

use crate::permissions::{
    error::ApiError,
    wire::{Consistency, ContextualTuples},
};

/// A subject or a resource.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entity {
    pub(super) r#type: Option<String>,
    pub(super) id: Option<String>,
    pub(super) properties: Option<Context>,
}

/// An action.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Action {
    pub(super) name: Option<String>,
    pub(super) properties: Option<Context>,
}

/// One evaluation, in part or whole.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Parts {
    pub(super) subject: Option<Entity>,
    pub(super) action: Option<Action>,
    pub(super) resource: Option<Entity>,
    pub(super) context: Option<Context>,
}

/// Every request. Each endpoint reads what it needs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked<'a> {
    pub(super) subject: Option<Entity>,
    pub(super) action: Option<Action>,
    pub(super) resource: Option<Entity>,
    pub(super) context: Option<Context>,
    pub(super) evaluations: Option<Vec<Parts>>,
    pub(super) options: Option<Options>,
    pub(super) page: Option<PageRequest>,
    /// Ours: tuples for this question, as OpenFGA's check takes them.
    #[serde(borrow)]
    pub(super) contextual_tuples: Option<ContextualTuples<'a>>,
    /// Ours: how fresh the answer must be.
    #[serde(borrow)]
    pub(super) consistency: Consistency<'a>,
}

/// How evaluations are carried out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Options {
    pub(super) evaluations_semantic: Option<String>,
}

/// Which page of a search. `next_token` is what drafts called it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PageRequest {
    #[serde(alias = "next_token")]
    pub(super) token: Option<String>,
    pub(super) limit: Option<u32>,
}

/// When evaluations stop early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Semantic {
    All,
    FirstDeny,
    FirstPermit,
}

impl Options {
    pub(super) fn semantic(options: Option<&Self>) -> Result<Semantic, ApiError> {
        let named = options.and_then(|options| options.evaluations_semantic.as_deref());
        match named {
            None | Some("execute_all") => Ok(Semantic::All),
            Some("deny_on_first_deny") => Ok(Semantic::FirstDeny),
            Some("permit_on_first_permit") => Ok(Semantic::FirstPermit),
            Some(_) => Err(ApiError::validation(
                "`options.evaluations_semantic` is none of `execute_all`, `deny_on_first_deny` \
                 and `permit_on_first_permit`",
            )),
        }
    }
}

impl Entity {
    /// `type:id`.
    pub(super) fn name(&self, what: &str) -> Result<String, ApiError> {
        let id = required(self.id.as_deref(), what, "id")?;
        Ok(format!("{}:{id}", self.of(what)?))
    }

    pub(super) fn of(&self, what: &str) -> Result<&str, ApiError> {
        required(self.r#type.as_deref(), what, "type")
    }
}

impl Action {
    pub(super) fn name(&self) -> Result<&str, ApiError> {
        required(self.name.as_deref(), "action", "name")
    }
}

pub(super) fn required<'a>(
    text: Option<&'a str>,
    what: &str,
    member: &str,
) -> Result<&'a str, ApiError> {
    text.filter(|text| !text.is_empty())
        .ok_or_else(|| ApiError::validation(format!("`{what}.{member}` is missing")))
}

pub(super) fn present<'a, T>(part: Option<&'a T>, what: &str) -> Result<&'a T, ApiError> {
    part.ok_or_else(|| ApiError::validation(format!("`{what}` is missing")))
}

/// The context of conditions: properties as `subject_x`, `resource_x` and `action_x`, and the
/// request's own context, which wins.
pub(super) fn merged(
    subject: Option<&Entity>,
    action: Option<&Action>,
    resource: Option<&Entity>,
    context: Option<&Context>,
) -> Context {
    let sources = [
        ("subject_", subject.and_then(|subject| subject.properties.as_ref())),
        ("resource_", resource.and_then(|resource| resource.properties.as_ref())),
        ("action_", action.and_then(|action| action.properties.as_ref())),
        ("", context),
    ];
    let mut all = Context::new();
    for (prefix, values) in sources {
        for (name, value) in values.into_iter().flatten() {
            all.insert(format!("{prefix}{name}"), value.clone());
        }
    }
    all
}
