//! Errors as RFC 9457 has them, each with a stable code and, where one member is at fault, a
//! pointer to it.

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use counterfoil_oauth::error::ErrorCode;
use counterfoil_store::{CommitError, StoreError};
use serde::Serialize;

use crate::door::Refused;

/// Why a request was refused, as programs read it. Codes are append-only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// No or no good token.
    InvalidToken,
    /// Another scope, or a token that can't administer.
    InsufficientScope,
    /// The request's head can't be understood.
    InvalidRequest,
    /// A query parameter.
    InvalidParameter,
    /// A query parameter that the route doesn't know.
    UnknownParameter,
    /// The body isn't strict JSON.
    InvalidJson,
    /// The body is of another media type.
    UnsupportedMediaType,
    /// The body is too long.
    BodyTooLarge,
    /// A member is missing, of another type or out of its bounds.
    InvalidMember,
    /// A member that the resource doesn't know.
    UnknownMember,
    /// A member that only the server writes.
    ReadOnlyMember,
    /// A claim that only the issuer writes.
    ReservedClaim,
    /// Specified, and not built yet.
    NotYet,
    /// Nothing has this id.
    NotFound,
    /// The route doesn't take this method.
    MethodNotAllowed,
    /// Another one has this name.
    Taken,
    /// The thing is not in a state in which this can be done.
    WrongState,
    /// Somebody else changed it at the same time.
    Conflict,
    /// `If-Match` names another version.
    PreconditionFailed,
    /// The server can't answer now.
    Unavailable,
    /// The server failed.
    ServerError,
}

impl Code {
    /// Every code.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 21] = [
        Self::InvalidToken,
        Self::InsufficientScope,
        Self::InvalidRequest,
        Self::InvalidParameter,
        Self::UnknownParameter,
        Self::InvalidJson,
        Self::UnsupportedMediaType,
        Self::BodyTooLarge,
        Self::InvalidMember,
        Self::UnknownMember,
        Self::ReadOnlyMember,
        Self::ReservedClaim,
        Self::NotYet,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Taken,
        Self::WrongState,
        Self::Conflict,
        Self::PreconditionFailed,
        Self::Unavailable,
        Self::ServerError,
    ];

    /// The word on the wire, the status and the title.
    const fn parts(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::InvalidToken => ("invalid_token", 401, "the access token is not good"),
            Self::InsufficientScope => ("insufficient_scope", 403, "the token may not do this"),
            Self::InvalidRequest => ("invalid_request", 400, "the request is not understood"),
            Self::InvalidParameter => ("invalid_parameter", 400, "a parameter is not understood"),
            Self::UnknownParameter => ("unknown_parameter", 400, "a parameter is unknown"),
            Self::InvalidJson => ("invalid_json", 400, "the body is not strict JSON"),
            Self::UnsupportedMediaType => {
                ("unsupported_media_type", 415, "the body's media type is not taken")
            }
            Self::BodyTooLarge => ("body_too_large", 413, "the body is too long"),
            Self::InvalidMember => ("invalid_member", 422, "a member is not acceptable"),
            Self::UnknownMember => ("unknown_member", 422, "a member is unknown"),
            Self::ReadOnlyMember => ("read_only_member", 422, "a member can't be set"),
            Self::ReservedClaim => ("reserved_claim", 422, "a claim can't be set"),
            Self::NotYet => ("not_yet", 422, "not built yet"),
            Self::NotFound => ("not_found", 404, "no such resource"),
            Self::MethodNotAllowed => ("method_not_allowed", 405, "the method is not taken"),
            Self::Taken => ("taken", 409, "the name is taken"),
            Self::WrongState => ("wrong_state", 409, "not possible in this state"),
            Self::Conflict => ("conflict", 409, "changed at the same time by somebody else"),
            Self::PreconditionFailed => ("precondition_failed", 412, "changed in the meantime"),
            Self::Unavailable => ("unavailable", 503, "not possible at the moment"),
            Self::ServerError => ("server_error", 500, "the server failed"),
        }
    }

    /// The word on the wire.
    #[cfg(test)]
    pub(crate) const fn as_str(self) -> &'static str {
        self.parts().0
    }
}

/// Why a request was refused.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    code: Code,
    detail: String,
    pointer: Option<String>,
    challenge: Option<HeaderValue>,
}

impl Problem {
    /// A refusal. `detail` says what was wrong and how to mend it.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), pointer: None, challenge: None }
    }

    /// What was looked up by its id, if it is there.
    pub(crate) fn found<T>(what: &str, found: Option<T>) -> Result<T, Self> {
        found.ok_or_else(|| Self::new(Code::NotFound, format!("no {what} has this id")))
    }

    /// A refusal of one member, named by a JSON Pointer (RFC 6901).
    pub(crate) fn at(code: Code, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), ..Self::new(code, detail) }
    }

    /// A member whose value can't be taken.
    pub(crate) fn member(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::at(Code::InvalidMember, pointer, detail)
    }

    /// Adds the `WWW-Authenticate` header.
    pub(crate) fn with_challenge(mut self, challenge: &str) -> Self {
        self.challenge = HeaderValue::from_str(challenge).ok();
        self
    }

    #[cfg(test)]
    pub(crate) const fn code(&self) -> Code {
        self.code
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        #[derive(Serialize)]
        struct Wire<'a> {
            r#type: String,
            title: &'a str,
            status: u16,
            code: &'a str,
            detail: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            pointer: Option<&'a str>,
        }
        let (code, status, title) = self.code.parts();
        let wire = Wire {
            r#type: format!("urn:counterfoil:problem:{code}"),
            title,
            status,
            code,
            detail: &self.detail,
            pointer: self.pointer.as_deref(),
        };
        let mut response = Response::new(Body::from(serde_json::to_vec(&wire).unwrap_or_default()));
        *response.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        let media_type = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, media_type);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(challenge) = self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if self.code == Code::Unavailable {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// The cause is logged here, once, and not told.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unstorable(what) => {
                tracing::warn!(%what, "an admin request passed its checks and can't be stored");
                Self::new(Code::InvalidMember, "the database can't hold such a value")
            }
            StoreError::Overloaded => Self::new(Code::Unavailable, "too many writes are waiting"),
            error => {
                tracing::error!(%error, "the database failed an admin request");
                Self::new(Code::Unavailable, "the database can't be reached or failed; try again")
            }
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Store(error) => error.into(),
            Refused::Commit(error) => error.into(),
            Refused::Protocol(error) => {
                let code = match error.code {
                    ErrorCode::TemporarilyUnavailable => Code::Unavailable,
                    ErrorCode::ServerError => Code::ServerError,
                    _ => Code::InvalidRequest,
                };
                Self::new(code, error.description)
            }
        }
    }
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(_) => {
                Self::new(Code::Conflict, "load it again and try once more")
            }
            CommitError::Overloaded => StoreError::Overloaded.into(),
            CommitError::Store(error) => error.into(),
        }
    }
}
