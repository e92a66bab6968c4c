//! Requests and responses of `openfga.v1.OpenFGAService`, with OpenFGA's public field numbers.

use std::collections::BTreeMap;

use super::{
    known::{Int32Value, Struct, Timestamp},
    model::{AuthorizationModel, Condition, TypeDefinition},
    tuple::{
        Assertion, ContextualTupleKeys, Object, PlainTupleKey, Tuple, TupleChange, TupleKey, User,
        UserTypeFilter, UsersetTree,
    },
};

/// A check.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CheckRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) tuple_key: Option<PlainTupleKey>,
    #[prost(message, optional, tag = "3")]
    pub(crate) contextual_tuples: Option<ContextualTupleKeys>,
    #[prost(string, tag = "4")]
    pub(crate) authorization_model_id: String,
    #[prost(bool, tag = "5")]
    pub(crate) trace: bool,
    #[prost(message, optional, tag = "6")]
    pub(crate) context: Option<Struct>,
    #[prost(int32, tag = "7")]
    pub(crate) consistency: i32,
}

/// Its answer.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CheckResponse {
    #[prost(bool, tag = "1")]
    pub(crate) allowed: bool,
    #[prost(string, tag = "2")]
    pub(crate) resolution: String,
}

/// Several checks.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct BatchCheckRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) checks: Vec<BatchCheckItem>,
    #[prost(string, tag = "3")]
    pub(crate) authorization_model_id: String,
    #[prost(int32, tag = "4")]
    pub(crate) consistency: i32,
}

/// One of them.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct BatchCheckItem {
    #[prost(message, optional, tag = "1")]
    pub(crate) tuple_key: Option<PlainTupleKey>,
    #[prost(message, optional, tag = "2")]
    pub(crate) contextual_tuples: Option<ContextualTupleKeys>,
    #[prost(message, optional, tag = "3")]
    pub(crate) context: Option<Struct>,
    #[prost(string, tag = "4")]
    pub(crate) correlation_id: String,
}

/// Their answers.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct BatchCheckResponse {
    #[prost(btree_map = "string, message", tag = "1")]
    pub(crate) result: BTreeMap<String, BatchCheckSingleResult>,
}

/// One of them.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct BatchCheckSingleResult {
    #[prost(oneof = "CheckResult", tags = "1, 2")]
    pub(crate) check_result: Option<CheckResult>,
}

/// What came of one check.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum CheckResult {
    #[prost(bool, tag = "1")]
    Allowed(bool),
    #[prost(message, tag = "2")]
    Error(CheckError),
}

/// Why one check has no answer.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CheckError {
    #[prost(oneof = "ErrorKind", tags = "1, 2")]
    pub(crate) code: Option<ErrorKind>,
    #[prost(string, tag = "3")]
    pub(crate) message: String,
}

/// Whose error it is.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum ErrorKind {
    #[prost(int32, tag = "1")]
    Input(i32),
    #[prost(int32, tag = "2")]
    Internal(i32),
}

/// An expansion.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ExpandRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) tuple_key: Option<ExpandKey>,
    #[prost(string, tag = "3")]
    pub(crate) authorization_model_id: String,
    #[prost(int32, tag = "4")]
    pub(crate) consistency: i32,
    #[prost(message, optional, tag = "5")]
    pub(crate) contextual_tuples: Option<ContextualTupleKeys>,
}

/// What to expand.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ExpandKey {
    #[prost(string, tag = "1")]
    pub(crate) relation: String,
    #[prost(string, tag = "2")]
    pub(crate) object: String,
}

/// Its tree.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ExpandResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) tree: Option<UsersetTree>,
}

/// A list of objects.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListObjectsRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
    #[prost(string, tag = "2")]
    pub(crate) authorization_model_id: String,
    #[prost(string, tag = "3")]
    pub(crate) r#type: String,
    #[prost(string, tag = "4")]
    pub(crate) relation: String,
    #[prost(string, tag = "5")]
    pub(crate) user: String,
    #[prost(message, optional, tag = "6")]
    pub(crate) contextual_tuples: Option<ContextualTupleKeys>,
    #[prost(message, optional, tag = "7")]
    pub(crate) context: Option<Struct>,
    #[prost(int32, tag = "8")]
    pub(crate) consistency: i32,
}

/// The objects.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListObjectsResponse {
    #[prost(string, repeated, tag = "1")]
    pub(crate) objects: Vec<String>,
}

/// One of them.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StreamedListObjectsResponse {
    #[prost(string, tag = "1")]
    pub(crate) object: String,
}

/// A list of users.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListUsersRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
    #[prost(string, tag = "2")]
    pub(crate) authorization_model_id: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) object: Option<Object>,
    #[prost(string, tag = "4")]
    pub(crate) relation: String,
    #[prost(message, repeated, tag = "5")]
    pub(crate) user_filters: Vec<UserTypeFilter>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) contextual_tuples: Vec<TupleKey>,
    #[prost(message, optional, tag = "7")]
    pub(crate) context: Option<Struct>,
    #[prost(int32, tag = "8")]
    pub(crate) consistency: i32,
}

/// The users.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListUsersResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) users: Vec<User>,
}

/// Stored tuples.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ReadRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) tuple_key: Option<PlainTupleKey>,
    #[prost(message, optional, tag = "3")]
    pub(crate) page_size: Option<Int32Value>,
    #[prost(string, tag = "4")]
    pub(crate) continuation_token: String,
    #[prost(int32, tag = "5")]
    pub(crate) consistency: i32,
}

/// The tuples.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ReadResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) tuples: Vec<Tuple>,
    #[prost(string, tag = "2")]
    pub(crate) continuation_token: String,
}

/// A write.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct WriteRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) writes: Option<Writes>,
    #[prost(message, optional, tag = "3")]
    pub(crate) deletes: Option<Deletes>,
    #[prost(string, tag = "4")]
    pub(crate) authorization_model_id: String,
}

/// What to write.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Writes {
    #[prost(message, repeated, tag = "1")]
    pub(crate) tuple_keys: Vec<TupleKey>,
    #[prost(string, tag = "2")]
    pub(crate) on_duplicate: String,
}

/// What to delete.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Deletes {
    #[prost(message, repeated, tag = "1")]
    pub(crate) tuple_keys: Vec<PlainTupleKey>,
    #[prost(string, tag = "2")]
    pub(crate) on_missing: String,
}

/// An answer that says enough by being there.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EmptyResponse {}

/// One model.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ModelRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
    #[prost(string, tag = "2")]
    pub(crate) id: String,
}

/// The model.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ModelResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) authorization_model: Option<AuthorizationModel>,
}

/// A new model.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct WriteModelRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) type_definitions: Vec<TypeDefinition>,
    #[prost(string, tag = "3")]
    pub(crate) schema_version: String,
    #[prost(btree_map = "string, message", tag = "4")]
    pub(crate) conditions: BTreeMap<String, Condition>,
}

/// Its id.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct WriteModelResponse {
    #[prost(string, tag = "1")]
    pub(crate) authorization_model_id: String,
}

/// The models.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ModelsRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) page_size: Option<Int32Value>,
    #[prost(string, tag = "3")]
    pub(crate) continuation_token: String,
}

/// The models.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ModelsResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) authorization_models: Vec<AuthorizationModel>,
    #[prost(string, tag = "2")]
    pub(crate) continuation_token: String,
}

/// The assertions of a model.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct WriteAssertionsRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
    #[prost(string, tag = "2")]
    pub(crate) authorization_model_id: String,
    #[prost(message, repeated, tag = "3")]
    pub(crate) assertions: Vec<Assertion>,
}

/// The assertions of a model.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct AssertionsRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
    #[prost(string, tag = "2")]
    pub(crate) authorization_model_id: String,
}

/// The assertions.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct AssertionsResponse {
    #[prost(string, tag = "1")]
    pub(crate) authorization_model_id: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) assertions: Vec<Assertion>,
}

/// Changes.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ChangesRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
    #[prost(string, tag = "2")]
    pub(crate) r#type: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) page_size: Option<Int32Value>,
    #[prost(string, tag = "4")]
    pub(crate) continuation_token: String,
    #[prost(message, optional, tag = "5")]
    pub(crate) start_time: Option<Timestamp>,
}

/// The changes.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ChangesResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) changes: Vec<TupleChange>,
    #[prost(string, tag = "2")]
    pub(crate) continuation_token: String,
}

/// A new store.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CreateStoreRequest {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

/// A new name for a store.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UpdateStoreRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
}

/// One store.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StoreRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
}

/// A store.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StoreResponse {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) created_at: Option<Timestamp>,
    #[prost(message, optional, tag = "4")]
    pub(crate) updated_at: Option<Timestamp>,
    #[prost(message, optional, tag = "5")]
    pub(crate) deleted_at: Option<Timestamp>,
}

/// The stores.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListStoresRequest {
    #[prost(message, optional, tag = "1")]
    pub(crate) page_size: Option<Int32Value>,
    #[prost(string, tag = "2")]
    pub(crate) continuation_token: String,
    #[prost(string, tag = "3")]
    pub(crate) name: String,
}

/// The stores.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListStoresResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) stores: Vec<StoreResponse>,
    #[prost(string, tag = "2")]
    pub(crate) continuation_token: String,
}

/// Ours: the changes from now on, or after a revision.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct WatchRequest {
    #[prost(string, tag = "1")]
    pub(crate) store_id: String,
    #[prost(string, tag = "2")]
    pub(crate) after: String,
}

/// Ours: what one revision changed; nothing in a heartbeat.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct WatchResponse {
    #[prost(string, tag = "1")]
    pub(crate) revision: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) changes: Vec<TupleChange>,
    #[prost(string, tag = "3")]
    pub(crate) authorization_model_id: String,
}
