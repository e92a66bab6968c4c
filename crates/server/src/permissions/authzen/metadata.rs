//! Where a decision point is found: AuthZEN 1.0 §9.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::{self, Path},
    http::Response,
};
use serde_json::json;

use super::{EVALUATION, EVALUATIONS, SEARCH_ACTION, SEARCH_RESOURCE, SEARCH_SUBJECT, refuse};
use crate::{
    door,
    permissions::{error::ApiError, schema},
    state::State,
};

/// Seconds that the document may be cached: it changes with the issuer alone.
const MAX_AGE_SECS: i64 = 3_600;

/// The default store's, whose identifier is the issuer itself.
pub(super) async fn root(extract::State(state): extract::State<Arc<State>>) -> Response<Body> {
    document(state.issuer())
}

/// A store's. The identifier is `<issuer>/stores/<id>`; the document stands where AuthZEN inserts
/// the well-known path, and where OpenFGA has it.
pub(super) async fn of_store(
    extract::State(state): extract::State<Arc<State>>,
    Path(store): Path<String>,
) -> Response<Body> {
    if !schema::is_ulid(&store) {
        return refuse(&ApiError::store_not_found());
    }
    document(&format!("{}/stores/{store}", state.issuer()))
}

fn document(identifier: &str) -> Response<Body> {
    let document = json!({
        "policy_decision_point": identifier,
        "access_evaluation_endpoint": format!("{identifier}{EVALUATION}"),
        "access_evaluations_endpoint": format!("{identifier}{EVALUATIONS}"),
        "search_subject_endpoint": format!("{identifier}{SEARCH_SUBJECT}"),
        "search_resource_endpoint": format!("{identifier}{SEARCH_RESOURCE}"),
        "search_action_endpoint": format!("{identifier}{SEARCH_ACTION}"),
    });
    door::json_bytes(Bytes::from(document.to_string()), MAX_AGE_SECS)
}
