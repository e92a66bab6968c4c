//! `ETag` and `If-Match`: lost updates are refused when the caller asks for it.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Response, header},
};
use counterfoil_oauth::model::Revision;
use serde_json::{Map, Value};

use super::{
    problem::{Code, Problem},
    reply,
};
use crate::door;

/// What `If-Match` demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum IfMatch {
    /// Nothing: the last writer wins, one member at a time.
    Absent,
    /// Any version, which everything that exists has.
    Any,
    /// One of these versions.
    Versions(Vec<String>),
}

impl IfMatch {
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        if !headers.contains_key(header::IF_MATCH) {
            return Ok(Self::Absent);
        }
        let text = door::header(headers, header::IF_MATCH).ok_or_else(|| {
            Problem::new(Code::InvalidRequest, "`If-Match` must be sent once, in ASCII")
        })?;
        if text.trim() == "*" {
            return Ok(Self::Any);
        }
        Ok(Self::Versions(text.split(',').map(|tag| tag.trim().to_owned()).collect()))
    }

    /// Checks the version that was loaded. RFC 9110 §13.1.1: strong comparison, and 412.
    pub(super) fn check(&self, version: Revision) -> Result<(), Problem> {
        match self {
            Self::Versions(tags) if !tags.contains(&tag(version)) => {
                let detail = format!("it is now at version {}; load it again", tag(version));
                Err(Problem::new(Code::PreconditionFailed, detail))
            }
            Self::Absent | Self::Any | Self::Versions(_) => Ok(()),
        }
    }
}

/// Shows something that has a version.
pub(super) fn versioned(view: Map<String, Value>, version: Revision) -> Response<Body> {
    let mut response = reply(200, &Value::Object(view));
    put(&mut response, version);
    response
}

/// Adds the version of what the body shows.
pub(super) fn put(response: &mut Response<Body>, version: Revision) {
    if let Ok(value) = HeaderValue::from_str(&tag(version)) {
        response.headers_mut().insert(header::ETAG, value);
    }
}

fn tag(version: Revision) -> String {
    format!("\"{}\"", version.get())
}
