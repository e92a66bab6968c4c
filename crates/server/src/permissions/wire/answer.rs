//! Answers. Members are written even where they are empty, as OpenFGA does.

use counterfoil_permission::tuple::Context;
use serde::Serialize;
use std::collections::BTreeMap;

use super::StoreSettings;

/// A stored tuple.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StoredTuple {
    pub(crate) key: AnsweredKey,
    pub(crate) timestamp: String,
}

/// A tuple in an answer.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AnsweredKey {
    pub(crate) user: String,
    pub(crate) relation: String,
    pub(crate) object: String,
    pub(crate) condition: Option<AnsweredCondition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<String>,
}

/// Its condition.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AnsweredCondition {
    pub(crate) name: String,
    pub(crate) context: Context,
}

/// Tuples as they are stored.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ReadAnswer {
    pub(crate) tuples: Vec<StoredTuple>,
    pub(crate) continuation_token: String,
    pub(crate) revision: String,
}

/// One change.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TupleChange {
    pub(crate) tuple_key: AnsweredKey,
    pub(crate) operation: &'static str,
    pub(crate) timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revision: Option<String>,
}

/// Changes, in the order in which they were made.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ChangesAnswer {
    pub(crate) changes: Vec<TupleChange>,
    pub(crate) continuation_token: String,
}

/// A store.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StoreAnswer {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deleted_at: Option<Option<String>>,
    /// Ours: shown where they are not the usual ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) settings: Option<StoreSettings>,
}

/// Stores.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StoresAnswer {
    pub(crate) stores: Vec<StoreAnswer>,
    pub(crate) continuation_token: String,
}

/// A written model.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ModelWritten {
    pub(crate) authorization_model_id: String,
    /// Ours: what the author should know although the model is valid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<String>,
}

/// A write.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WriteAnswer {
    pub(crate) revision: String,
    /// How many tuples a filter deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deleted: Option<u64>,
}

/// A check.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CheckAnswer {
    pub(crate) allowed: bool,
    pub(crate) resolution: &'static str,
    pub(crate) revision: String,
}

/// A batch of checks.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct BatchCheckAnswer {
    pub(crate) result: BTreeMap<String, SingleResult>,
    pub(crate) revision: String,
}

/// One check of a batch.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SingleResult {
    Allowed(bool),
    Error(SingleError),
}

/// Why one check of a batch has no answer.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SingleError {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) input_error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) internal_error: Option<&'static str>,
    pub(crate) message: String,
    /// The number of the code, for gRPC.
    #[serde(skip)]
    pub(crate) number: u16,
}

/// The objects of a list.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ObjectsAnswer {
    pub(crate) objects: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) continuation_token: Option<String>,
    pub(crate) revision: String,
}

/// The users of a list.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct UsersAnswer {
    pub(crate) users: Vec<AnsweredUser>,
    /// Ours: who has it not, although a wildcard of `users` stands for them, too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) excluded_users: Vec<AnsweredUser>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) continuation_token: Option<String>,
    pub(crate) revision: String,
}

/// What a user may do with an object.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PermissionsAnswer {
    pub(crate) permissions: Vec<PermissionAnswer>,
    pub(crate) revision: String,
}

/// A relation of the object's type, and whether the user has it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PermissionAnswer {
    pub(crate) relation: String,
    pub(crate) allowed: bool,
    /// Why it can't be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

/// A user of a list.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AnsweredUser {
    Object { r#type: String, id: String },
    Userset { r#type: String, id: String, relation: String },
    Wildcard { r#type: String },
}

/// What a model's author expects of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AnsweredAssertion {
    pub(crate) tuple_key: AssertionKey,
    pub(crate) expectation: bool,
    pub(crate) contextual_tuples: Vec<AnsweredKey>,
    pub(crate) context: Option<Context>,
}

/// The question of an assertion.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AssertionKey {
    pub(crate) object: String,
    pub(crate) relation: String,
    pub(crate) user: String,
}

/// The assertions of a model.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AssertionsAnswer<T> {
    pub(crate) authorization_model_id: String,
    pub(crate) assertions: Vec<T>,
}

/// The tree of an expansion.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ExpandAnswer {
    pub(crate) tree: Tree,
    pub(crate) revision: String,
}

/// Its root.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Tree {
    pub(crate) root: TreeNode,
}

/// A node of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TreeNode {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) value: TreeValue,
}

/// What a node is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TreeValue {
    Leaf(Leaf),
    Difference { base: Box<TreeNode>, subtract: Box<TreeNode> },
    Union { nodes: Vec<TreeNode> },
    Intersection { nodes: Vec<TreeNode> },
}

/// A leaf.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Leaf {
    Users { users: Vec<String> },
    Computed { userset: String },
    TupleToUserset { tupleset: String, computed: Vec<Userset> },
}

/// A userset, named.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Userset {
    pub(crate) userset: String,
}

/// An answer, and why it is what it is.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ExplainAnswer {
    pub(crate) allowed: bool,
    pub(crate) decision: &'static str,
    /// For people: one reason on a line, each further in than the one it explains.
    pub(crate) text: String,
    /// For programs: the same.
    pub(crate) reason: serde_json::Value,
    /// Whether nothing was left out.
    pub(crate) complete: bool,
    pub(crate) revision: String,
}

/// What one revision changed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WatchedRevision {
    pub(crate) revision: String,
    pub(crate) changes: Vec<TupleChange>,
    /// The model that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authorization_model_id: Option<String>,
}
