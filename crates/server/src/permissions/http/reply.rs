//! Answers and errors as HTTP has them.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
};
use serde::Serialize;

use super::call::Call;
use crate::{
    permissions::{
        auth,
        error::{ApiError, Band, Code},
        service::Answer,
    },
    state::State,
};

const STORE_ID: HeaderName = HeaderName::from_static("openfga-store-id");
const MODEL_ID: HeaderName = HeaderName::from_static("openfga-authorization-model-id");
const DURATION: HeaderName = HeaderName::from_static("fga-query-duration-ms");
/// The revision that an answer was read at, or that a write made.
const REVISION: HeaderName = HeaderName::from_static("counterfoil-revision");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Renders what the service said.
pub(crate) fn render<T: Serialize>(
    call: &Call,
    status: u16,
    result: Result<Answer<T>, ApiError>,
) -> Response<Body> {
    let answer = match result {
        Ok(answer) => answer,
        Err(error) => return refuse_call(call, &error),
    };
    let body = if status == NO_CONTENT {
        Bytes::new()
    } else {
        match serde_json::to_vec(&answer.value) {
            Ok(body) => Bytes::from(body),
            Err(error) => {
                tracing::error!(%error, "an answer can't be written as JSON");
                return refuse_call(call, &ApiError::internal());
            }
        }
    };
    finish(call, status, body, &answer)
}

/// 204: nothing to say but that it was done.
pub(crate) const NO_CONTENT: u16 = 204;

/// An answer whose body was rendered already.
pub(crate) fn finish<T>(
    call: &Call,
    status: u16,
    body: Bytes,
    answer: &Answer<T>,
) -> Response<Body> {
    let mut response = json(status, Body::from(body));
    let headers = response.headers_mut();
    describe(call, headers);
    if let Some(model) = &answer.model {
        set(headers, MODEL_ID, model.as_str());
    }
    if let Some(revision) = &answer.revision {
        set(headers, REVISION, revision);
    }
    response
}

/// The headers that every answer about a store has.
pub(crate) fn describe(call: &Call, headers: &mut HeaderMap) {
    let store = call.store();
    if !store.is_empty() {
        set(headers, STORE_ID, store);
    }
    let took = call.state.config.clock.ticks().saturating_sub(call.started) / 1_000_000;
    headers.insert(DURATION, HeaderValue::from(took));
    echo_request_id(&call.headers, headers);
}

/// A caller that named its request gets the name back (AuthZEN 1.0 §10.1.3).
pub(crate) fn echo_request_id(asked: &HeaderMap, headers: &mut HeaderMap) {
    if let Some(id) = asked.get(&REQUEST_ID) {
        headers.insert(REQUEST_ID, id.clone());
    }
}

fn refuse_call(call: &Call, error: &ApiError) -> Response<Body> {
    let mut response = refuse(&call.state, error);
    describe(call, response.headers_mut());
    response
}

/// An error, as OpenFGA's body and status have it.
pub(crate) fn refuse(state: &State, error: &ApiError) -> Response<Body> {
    #[derive(Serialize)]
    struct Wire<'a> {
        code: &'a str,
        message: &'a str,
    }
    let wire = Wire { code: error.code.name(), message: &error.message };
    let mut response =
        json(error.code.status(), Body::from(serde_json::to_vec(&wire).unwrap_or_default()));
    let headers = response.headers_mut();
    match error.code.band() {
        Band::Unauthenticated => {
            set(headers, header::WWW_AUTHENTICATE, &challenge(state, error.code));
        }
        Band::Unavailable => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        Band::InvalidArgument | Band::Aborted | Band::Internal | Band::NotFound => {}
    }
    response
}

/// RFC 6750 §3 and RFC 9728 §5.1. Without credentials there is no error code.
fn challenge(state: &State, code: Code) -> String {
    let metadata = format!("{}/.well-known/oauth-protected-resource{}", state.issuer(), auth::PATH);
    let error = match code {
        Code::BearerTokenMissing => return format!("Bearer resource_metadata=\"{metadata}\""),
        Code::Forbidden => "insufficient_scope",
        _ => "invalid_token",
    };
    format!("Bearer error=\"{error}\", resource_metadata=\"{metadata}\"")
}

pub(crate) fn json(status: u16, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Sets a header whose value is known to be one, or leaves it out.
pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
