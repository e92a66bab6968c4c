//! Answers: 401 the token is bad, 403 a scope is missing, 503 it can't be known, 400 ambiguous.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::json;

use crate::{Denied, metadata};

/// No credentials came: a challenge without an error code (RFC 6750 §3.1).
pub(crate) fn unauthenticated(resource: &str) -> Response {
    let challenge = format!("Bearer resource_metadata=\"{}\"", metadata::url(resource));
    let detail = "send an access token for this API in the Authorization header";
    let response = problem(401, "unauthenticated", "no access token", detail);
    with_challenge(response, &challenge)
}

/// Two headers, or one that can't be read: which one counts would be a guess.
pub(crate) fn ambiguous(resource: &str) -> Response {
    let detail = "send exactly one Authorization header";
    let response = problem(400, "invalid_request", "ambiguous credentials", detail);
    let challenge = format!(
        "Bearer resource_metadata=\"{}\", error=\"invalid_request\", error_description=\"{detail}\"",
        metadata::url(resource)
    );
    with_challenge(response, &challenge)
}

/// Why there is no caller.
pub(crate) fn denied(resource: &str, denied: &Denied) -> Response {
    match denied {
        Denied::Rejected(reject) => {
            let response =
                problem(401, "invalid_token", "the token is refused", reject.description());
            let challenge = format!(
                "Bearer resource_metadata=\"{}\", error=\"invalid_token\", \
                 error_description=\"{}\"",
                metadata::url(resource),
                reject.description()
            );
            with_challenge(response, &challenge)
        }
        Denied::NotFresh { retry_after_secs } => {
            let detail = "this API has lost touch with its issuer and can't know whether the \
                          token still holds; try again";
            let mut response = problem(503, "verifier_not_fresh", "not fresh", detail);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_secs));
            response
        }
    }
}

/// RFC 6750 §3.1, naming all scopes of the operation.
pub(crate) fn insufficient_scope(resource: &str, scope: &str) -> Response {
    let detail = format!("the token needs scope {scope}");
    let response = problem(403, "insufficient_scope", "a scope is missing", &detail);
    let challenge = format!(
        "Bearer resource_metadata=\"{}\", error=\"insufficient_scope\", scope=\"{scope}\"",
        metadata::url(resource)
    );
    with_challenge(response, &challenge)
}

/// A handler wants a caller on a route without a guard.
pub(crate) fn not_guarded() -> Response {
    tracing::error!("a handler wants a caller, but its route has no guard layer");
    problem(500, "not_guarded", "no guard", "this route is not guarded; add `guard.layer()`")
}

fn problem(status: u16, code: &str, title: &str, detail: &str) -> Response {
    let body = json!({
        "type": format!("urn:counterfoil:problem:{code}"),
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
    });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn with_challenge(mut response: Response, challenge: &str) -> Response {
    let value = HeaderValue::from_str(challenge);
    let value = value.unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
    response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    response
}
