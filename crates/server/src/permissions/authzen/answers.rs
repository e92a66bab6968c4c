//! What AuthZEN's endpoints give.

use serde::Serialize;
use serde_json::Value;

/// A decision.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Evaluation {
    pub(super) decision: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) context: Option<Value>,
}

/// Decisions in the order of the questions, or the one decision of a request without any list.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Evaluations {
    One(Evaluation),
    Many { evaluations: Vec<Evaluation> },
}

/// What a search found.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Found<T> {
    pub(super) results: Vec<T>,
    pub(super) page: Page,
}

/// Where it goes on; empty at the end.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Page {
    pub(super) next_token: String,
    pub(super) count: usize,
}

/// A subject or a resource.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FoundEntity {
    pub(super) r#type: String,
    pub(super) id: String,
}

/// An action.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FoundAction {
    pub(super) name: String,
}
