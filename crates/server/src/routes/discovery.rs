//! Metadata and keys: OpenID Connect Discovery 1.0 §4, RFC 8414 §3.

use std::sync::Arc;

use axum::{body::Body, extract, http::Response};

use crate::{door, keys, state::State};

/// Seconds that metadata may be cached.
const METADATA_MAX_AGE_SECS: i64 = 300;

pub(crate) async fn metadata(extract::State(state): extract::State<Arc<State>>) -> Response<Body> {
    door::json_bytes(state.documents().metadata.clone(), METADATA_MAX_AGE_SECS)
}

pub(crate) async fn jwks(extract::State(state): extract::State<Arc<State>>) -> Response<Body> {
    door::json_bytes(state.documents().jwks.clone(), keys::JWKS_MAX_AGE_SECS)
}
