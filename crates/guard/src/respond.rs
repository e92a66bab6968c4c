//! Answers: 401 the token is bad, 403 a scope is missing, 503 it can't be known, 400 ambiguous.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::json;

use crate::{Denied, layer::Ambiguity, metadata};

/// Answers in the name of one API.
#[derive(Debug)]
pub(crate) struct Responder {
    /// RFC 9728 §5.1: where a client learns which issuer to ask.
    metadata_url: String,
}

impl Responder {
    pub(crate) fn new(resource: &str) -> Self {
        Self { metadata_url: metadata::url(resource) }
    }

    /// No credentials came: a challenge without an error code (RFC 6750 §3.1).
    pub(crate) fn unauthenticated(&self) -> Response {
        let detail = "send an access token for this API in the Authorization header";
        let response = problem(401, "unauthenticated", "no access token", detail);
        self.challenged(response, "")
    }

    /// Two credentials, or one in the wrong place: which one counts would be a guess.
    pub(crate) fn ambiguous(&self, ambiguity: Ambiguity) -> Response {
        let detail = match ambiguity {
            Ambiguity::Several => "send exactly one Authorization header with one token",
            Ambiguity::Unreadable => "the Authorization header has characters that no token has",
            Ambiguity::InQuery => {
                "send the access token in the Authorization header, not in the query, where logs \
                 would keep it"
            }
        };
        let response = problem(400, "invalid_request", "ambiguous credentials", detail);
        let error = format!(", error=\"invalid_request\", error_description=\"{detail}\"");
        self.challenged(response, &error)
    }

    /// Why there is no caller.
    pub(crate) fn denied(&self, denied: &Denied) -> Response {
        match denied {
            Denied::Rejected(reject) => {
                let detail = reject.description();
                let response = problem(401, "invalid_token", "the token is refused", detail);
                let error = format!(", error=\"invalid_token\", error_description=\"{detail}\"");
                self.challenged(response, &error)
            }
            Denied::NotFresh { retry_after_secs } => {
                let detail = "this API has lost touch with its issuer and can't know whether the \
                              token still holds; try again";
                let mut response = problem(503, "verifier_not_fresh", "not fresh", detail);
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_secs));
                response
            }
        }
    }

    /// RFC 6750 §3.1, naming all scopes of the operation.
    pub(crate) fn insufficient_scope(&self, scope: &str) -> Response {
        let detail = format!("the token needs scope {scope}");
        let response = problem(403, "insufficient_scope", "a scope is missing", &detail);
        let error = format!(", error=\"insufficient_scope\", scope=\"{scope}\"");
        self.challenged(response, &error)
    }

    fn challenged(&self, mut response: Response, error: &str) -> Response {
        let challenge = format!("Bearer resource_metadata=\"{}\"{error}", self.metadata_url);
        let value = HeaderValue::from_str(&challenge);
        let value = value.unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        response
    }
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
