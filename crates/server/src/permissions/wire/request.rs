//! Requests.

use counterfoil_permission::tuple::Context;
use serde::Deserialize;

use super::{Consistency, PageSize, StoreSettings, Text};

/// A relationship, in a write, a question or a filter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TupleKey<'a> {
    #[serde(borrow)]
    pub(crate) user: Text<'a>,
    #[serde(borrow)]
    pub(crate) relation: Text<'a>,
    #[serde(borrow)]
    pub(crate) object: Text<'a>,
    #[serde(borrow)]
    pub(crate) condition: Option<Condition<'a>>,
    /// Ours: when the tuple stops counting, as RFC 3339 has moments.
    #[serde(borrow, alias = "expiresAt")]
    pub(crate) expires_at: Text<'a>,
}

/// The condition of a tuple.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Condition<'a> {
    #[serde(borrow)]
    pub(crate) name: Text<'a>,
    pub(crate) context: Option<Context>,
}

/// Tuples for one question.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ContextualTuples<'a> {
    #[serde(borrow, alias = "tupleKeys")]
    pub(crate) tuple_keys: Option<Vec<TupleKey<'a>>>,
}

/// `POST /stores/{id}/check`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Check<'a> {
    #[serde(borrow, alias = "tupleKey")]
    pub(crate) tuple_key: Option<TupleKey<'a>>,
    #[serde(borrow, alias = "contextualTuples")]
    pub(crate) contextual_tuples: Option<ContextualTuples<'a>>,
    #[serde(borrow, alias = "authorizationModelId")]
    pub(crate) authorization_model_id: Text<'a>,
    pub(crate) context: Option<Context>,
    #[serde(borrow)]
    pub(crate) consistency: Consistency<'a>,
}

/// `POST /stores/{id}/batch-check`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct BatchCheck<'a> {
    #[serde(borrow)]
    pub(crate) checks: Option<Vec<BatchCheckItem<'a>>>,
    #[serde(borrow, alias = "authorizationModelId")]
    pub(crate) authorization_model_id: Text<'a>,
    #[serde(borrow)]
    pub(crate) consistency: Consistency<'a>,
}

/// One check of a batch.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct BatchCheckItem<'a> {
    #[serde(borrow, alias = "tupleKey")]
    pub(crate) tuple_key: Option<TupleKey<'a>>,
    #[serde(borrow, alias = "contextualTuples")]
    pub(crate) contextual_tuples: Option<ContextualTuples<'a>>,
    pub(crate) context: Option<Context>,
    #[serde(borrow, alias = "correlationId")]
    pub(crate) correlation_id: Text<'a>,
}

/// `POST /stores/{id}/expand`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Expand<'a> {
    #[serde(borrow, alias = "tupleKey")]
    pub(crate) tuple_key: Option<TupleKey<'a>>,
    #[serde(borrow, alias = "contextualTuples")]
    pub(crate) contextual_tuples: Option<ContextualTuples<'a>>,
    #[serde(borrow, alias = "authorizationModelId")]
    pub(crate) authorization_model_id: Text<'a>,
    #[serde(borrow)]
    pub(crate) consistency: Consistency<'a>,
}

/// `POST /stores/{id}/list-objects` and `/stores/{id}/streamed-list-objects`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListObjects<'a> {
    #[serde(borrow)]
    pub(crate) r#type: Text<'a>,
    #[serde(borrow)]
    pub(crate) relation: Text<'a>,
    #[serde(borrow)]
    pub(crate) user: Text<'a>,
    #[serde(borrow, alias = "contextualTuples")]
    pub(crate) contextual_tuples: Option<ContextualTuples<'a>>,
    #[serde(borrow, alias = "authorizationModelId")]
    pub(crate) authorization_model_id: Text<'a>,
    pub(crate) context: Option<Context>,
    #[serde(borrow)]
    pub(crate) consistency: Consistency<'a>,
    /// Ours: so many, in order, and a token for the rest.
    #[serde(alias = "pageSize")]
    pub(crate) page_size: PageSize,
    /// Ours: after an earlier page.
    #[serde(borrow, alias = "continuationToken")]
    pub(crate) continuation_token: Text<'a>,
}

/// `POST /stores/{id}/list-users`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListUsers<'a> {
    #[serde(borrow)]
    pub(crate) object: Option<Object<'a>>,
    #[serde(borrow)]
    pub(crate) relation: Text<'a>,
    #[serde(borrow, alias = "userFilters")]
    pub(crate) user_filters: Option<Vec<UserFilter<'a>>>,
    #[serde(borrow, alias = "contextualTuples")]
    pub(crate) contextual_tuples: Option<Vec<TupleKey<'a>>>,
    #[serde(borrow, alias = "authorizationModelId")]
    pub(crate) authorization_model_id: Text<'a>,
    pub(crate) context: Option<Context>,
    #[serde(borrow)]
    pub(crate) consistency: Consistency<'a>,
    /// Ours: so many, in order, and a token for the rest.
    #[serde(alias = "pageSize")]
    pub(crate) page_size: PageSize,
    /// Ours: after an earlier page.
    #[serde(borrow, alias = "continuationToken")]
    pub(crate) continuation_token: Text<'a>,
}

/// An object in two parts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Object<'a> {
    #[serde(borrow)]
    pub(crate) r#type: Text<'a>,
    #[serde(borrow)]
    pub(crate) id: Text<'a>,
}

/// Which users are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct UserFilter<'a> {
    #[serde(borrow)]
    pub(crate) r#type: Text<'a>,
    #[serde(borrow)]
    pub(crate) relation: Text<'a>,
}

/// `POST /stores/{id}/read`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Read<'a> {
    #[serde(borrow, alias = "tupleKey")]
    pub(crate) tuple_key: Option<TupleKey<'a>>,
    #[serde(alias = "pageSize")]
    pub(crate) page_size: PageSize,
    #[serde(borrow, alias = "continuationToken")]
    pub(crate) continuation_token: Text<'a>,
    #[serde(borrow)]
    pub(crate) consistency: Consistency<'a>,
}

/// `POST /stores/{id}/write`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Write<'a> {
    #[serde(borrow)]
    pub(crate) writes: Option<Writes<'a>>,
    #[serde(borrow)]
    pub(crate) deletes: Option<Deletes<'a>>,
    #[serde(borrow, alias = "authorizationModelId")]
    pub(crate) authorization_model_id: Text<'a>,
    /// Ours: what must hold for the write to take place.
    #[serde(borrow)]
    pub(crate) preconditions: Option<Vec<Precondition<'a>>>,
}

/// The tuples to write.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Writes<'a> {
    #[serde(borrow, alias = "tupleKeys")]
    pub(crate) tuple_keys: Option<Vec<TupleKey<'a>>>,
    #[serde(borrow, alias = "onDuplicate")]
    pub(crate) on_duplicate: Text<'a>,
}

/// The tuples to delete.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Deletes<'a> {
    #[serde(borrow, alias = "tupleKeys")]
    pub(crate) tuple_keys: Option<Vec<TupleKey<'a>>>,
    #[serde(borrow, alias = "onMissing")]
    pub(crate) on_missing: Text<'a>,
}

/// What must hold for a write to take place.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Precondition<'a> {
    #[serde(borrow, alias = "tupleKey")]
    pub(crate) tuple_key: Option<TupleKey<'a>>,
    /// Whether the tuple must be there, or must not.
    pub(crate) exists: bool,
}

/// `POST /stores/{id}/delete-by-filter`, ours.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DeleteByFilter<'a> {
    #[serde(borrow, alias = "tupleKey")]
    pub(crate) tuple_key: Option<TupleKey<'a>>,
}

/// `POST /stores`, and the change of a store's name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CreateStore<'a> {
    #[serde(borrow)]
    pub(crate) name: Text<'a>,
    /// Ours.
    pub(crate) settings: Option<StoreSettings>,
}

/// `PUT /stores/{id}/assertions/{model}`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WriteAssertions<'a> {
    #[serde(borrow)]
    pub(crate) assertions: Option<Vec<Assertion<'a>>>,
}

/// What a model's author expects of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Assertion<'a> {
    #[serde(borrow, alias = "tupleKey")]
    pub(crate) tuple_key: Option<TupleKey<'a>>,
    pub(crate) expectation: bool,
    #[serde(borrow, alias = "contextualTuples")]
    pub(crate) contextual_tuples: Option<Vec<TupleKey<'a>>>,
    pub(crate) context: Option<Context>,
}
