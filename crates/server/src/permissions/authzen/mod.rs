//! AuthZEN's Authorization API 1.0: evaluation, evaluations, search and metadata, for every store
//! under its own path and for the default store at the root.

mod answers;
mod evaluate;
mod messages;
mod metadata;
mod search;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Response, header},
    routing::{MethodRouter, get, post},
};
use counterfoil_store::permission::PermissionStoreId;
use serde::Serialize;

use super::{
    error::{ApiError, Code},
    http::{Call, describe, json},
    service::{Answer, of_store},
};
use crate::state::State;

/// Where a store's decision point is, below the issuer and the store's own path.
const EVALUATION: &str = "/access/v1/evaluation";
const EVALUATIONS: &str = "/access/v1/evaluations";
const SEARCH_SUBJECT: &str = "/access/v1/search/subject";
const SEARCH_RESOURCE: &str = "/access/v1/search/resource";
const SEARCH_ACTION: &str = "/access/v1/search/action";

pub(crate) fn routes() -> Router<Arc<State>> {
    let mut router = Router::new()
        .route("/.well-known/authzen-configuration", get(metadata::root))
        .route("/.well-known/authzen-configuration/{store}", get(metadata::of_store))
        .route("/.well-known/authzen-configuration/stores/{store}", get(metadata::of_store));
    for (path, handler) in endpoints() {
        router = router.route(path, handler());
        router = router.route(&format!("/stores/{{store}}{path}"), handler());
    }
    router
}

type Handler = fn() -> MethodRouter<Arc<State>>;

fn endpoints() -> [(&'static str, Handler); 5] {
    [
        (EVALUATION, || post(evaluate::evaluation)),
        (EVALUATIONS, || post(evaluate::evaluations)),
        (SEARCH_SUBJECT, || post(search::subject)),
        (SEARCH_RESOURCE, || post(search::resource)),
        (SEARCH_ACTION, || post(search::action)),
    ]
}

/// The store that a call is about: that of its path, or the default one.
async fn store_of(call: &Call) -> Result<String, ApiError> {
    if call.part(0) == "stores" {
        return Ok(call.store().to_owned());
    }
    default_store(&call.state).await.map(|store| store.to_string())
}

/// The store that answers at the root: the configured one, else the only one there is.
async fn default_store(state: &State) -> Result<PermissionStoreId, ApiError> {
    if let Some(configured) = &state.config.permission_access.default_store {
        return PermissionStoreId::parse(configured).ok_or_else(ApiError::store_not_found);
    }
    let found = state.permissions.db().list_stores(None, 0, 2).await.map_err(of_store)?;
    match found.as_slice() {
        [only] => Ok(only.id),
        _ => Err(ApiError::new(
            Code::StoreNotFound,
            "there is no default store: name one in the configuration, or use the paths under \
             `/stores/{id}`",
        )),
    }
}

/// Renders an answer, or an error as AuthZEN has it: a status, and a message as the body.
fn render<T: Serialize>(
    call: &Call,
    store: &str,
    result: Result<Answer<T>, ApiError>,
) -> Response<Body> {
    let mut response = match &result {
        Ok(answer) => {
            let mut response =
                json(200, Body::from(serde_json::to_vec(&answer.value).unwrap_or_default()));
            if let Some(model) = &answer.model
                && let Ok(value) = HeaderValue::from_str(model.as_str())
            {
                response.headers_mut().insert("openfga-authorization-model-id", value);
            }
            if let Some(revision) = &answer.revision
                && let Ok(value) = HeaderValue::from_str(revision)
            {
                response.headers_mut().insert("counterfoil-revision", value);
            }
            response
        }
        Err(error) => refuse(error),
    };
    describe(call, response.headers_mut());
    if let Ok(value) = HeaderValue::from_str(store)
        && !store.is_empty()
    {
        response.headers_mut().insert("openfga-store-id", value);
    }
    response
}

/// AuthZEN 1.0 §10.1.2: who is known and may not is 403 here.
fn refuse(error: &ApiError) -> Response<Body> {
    let status = if error.code == Code::Forbidden { 403 } else { error.code.status() };
    let body = serde_json::to_vec(&error.message).unwrap_or_default();
    let mut response = json(status, Body::from(body));
    if status == 503 {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
