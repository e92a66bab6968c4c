use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, Response, StatusCode, header},
};
use counterfoil_oauth::error::{ErrorCode, OAuthError};
use counterfoil_store::{CommitError, StoreError};
use serde::Serialize;

/// Why a request was not answered as asked.
#[derive(Debug)]
pub(crate) enum Refused {
    /// By the protocol.
    Protocol(OAuthError),
    /// By the database; the cause is logged where it becomes a response.
    Store(StoreError),
    /// By the committer.
    Commit(CommitError),
}

impl From<OAuthError> for Refused {
    fn from(error: OAuthError) -> Self {
        Self::Protocol(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<CommitError> for Refused {
    fn from(error: CommitError) -> Self {
        Self::Commit(error)
    }
}

impl Refused {
    /// The error for the wire. Causes of our own are logged here, once, and not told.
    pub(crate) fn into_oauth(self) -> OAuthError {
        match self {
            Self::Protocol(error) => error,
            Self::Store(error) => {
                tracing::error!(%error, "the database failed a read");
                OAuthError::new(ErrorCode::ServerError, "the server can't answer at the moment")
            }
            Self::Commit(CommitError::Conflict(at)) => {
                tracing::warn!(?at, "a request kept losing races");
                OAuthError::new(ErrorCode::TemporarilyUnavailable, "try again")
            }
            Self::Commit(error) => {
                tracing::error!(%error, "the database failed a commit");
                OAuthError::new(ErrorCode::TemporarilyUnavailable, "try again")
            }
        }
    }
}

/// A JSON answer that nobody may keep: tokens and what is said about them.
pub(crate) fn json_no_store<T: Serialize>(status: u16, value: &T) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(body) => {
            let mut response = respond(status, "application/json", Body::from(body));
            no_store(&mut response);
            response
        }
        Err(_) => respond(500, "application/json", Body::from(r#"{"error":"server_error"}"#)),
    }
}

/// A JSON document that was rendered before, cacheable for so many seconds and by everybody.
pub(crate) fn json_bytes(body: Bytes, max_age_secs: i64) -> Response<Body> {
    let mut response = respond(200, "application/json", Body::from(body));
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&format!("public, max-age={max_age_secs}")) {
        headers.insert(header::CACHE_CONTROL, value);
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// An error as RFC 6749 §5.2 has it; `challenged` when the client used the `Authorization` header.
pub(crate) fn oauth_error(error: &OAuthError, challenged: bool) -> Response<Body> {
    #[derive(Serialize)]
    struct Wire<'a> {
        error: &'a str,
        error_description: &'a str,
    }
    let wire = Wire { error: error.code.as_str(), error_description: &error.description };
    let mut response = json_no_store(error.code.status(), &wire);
    if error.code == ErrorCode::InvalidClient && challenged {
        let challenge = HeaderValue::from_static("Basic realm=\"counterfoil\", charset=\"UTF-8\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    if error.code == ErrorCode::TemporarilyUnavailable {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// An error as RFC 6750 §3 has it. Without credentials there is no error code.
pub(crate) fn bearer_challenge(error: Option<&OAuthError>) -> Response<Body> {
    let Some(error) = error else {
        let mut response = respond(401, "application/json", Body::empty());
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        no_store(&mut response);
        return response;
    };
    let mut response = oauth_error(error, false);
    let challenge = format!(
        "Bearer error=\"{}\", error_description=\"{}\"",
        error.code.as_str(),
        error.description
    );
    if let Ok(value) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

/// An error as RFC 9457 has it.
pub(crate) fn problem(status: u16, code: &str, title: &str, detail: &str) -> Response<Body> {
    #[derive(Serialize)]
    struct Problem<'a> {
        r#type: String,
        title: &'a str,
        status: u16,
        code: &'a str,
        detail: &'a str,
    }
    let r#type = format!("urn:counterfoil:problem:{code}");
    let body = serde_json::to_vec(&Problem { r#type, title, status, code, detail });
    let body = Body::from(body.unwrap_or_default());
    let mut response = respond(status, "application/problem+json", body);
    no_store(&mut response);
    response
}

/// Sends the browser elsewhere by GET, whatever it did before: 307 would repeat credentials.
pub(crate) fn see_other(location: &str) -> Response<Body> {
    let mut response = respond(303, "text/plain; charset=utf-8", Body::empty());
    no_store(&mut response);
    match HeaderValue::from_str(location) {
        Ok(location) => {
            response.headers_mut().insert(header::LOCATION, location);
            response
        }
        Err(_) => text(500, "the address can't be sent"),
    }
}

/// 200 or 204 without a body.
pub(crate) fn no_content(status: u16) -> Response<Body> {
    let mut response = respond(status, "application/json", Body::empty());
    no_store(&mut response);
    response
}

/// Plain text.
pub(crate) fn text(status: u16, body: &str) -> Response<Body> {
    respond(status, "text/plain; charset=utf-8", Body::from(body.to_owned()))
}

pub(super) fn no_store(response: &mut Response<Body>) {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

fn respond(status: u16, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
