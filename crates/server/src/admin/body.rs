//! Bodies: strict JSON of bounded size and depth.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use counterfoil_jose::json::{self, JsonLimits};
use serde_json::{Map, Value};

use super::problem::{Code, Problem};
use crate::{
    door::{self, BODY_BYTES_MAX},
    state::State,
};

/// Bounds of a body. The longest resource is an API profile of some ten kilobytes and five levels.
const LIMITS: JsonLimits = JsonLimits { bytes: BODY_BYTES_MAX, depth: 16, members: 256 };

/// A body that is one JSON object without duplicate members.
pub(super) struct JsonBody(pub(super) Map<String, Value>);

/// A body that may be missing, which counts as an empty object.
pub(super) struct OptionalBody(pub(super) Map<String, Value>);

impl FromRequest<Arc<State>> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Arc<State>) -> Result<Self, Problem> {
        let known = is_json(request.headers());
        let bytes = read(request, state).await?;
        if !known {
            return Err(wrong_type());
        }
        parse(&bytes).map(Self)
    }
}

impl FromRequest<Arc<State>> for OptionalBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Arc<State>) -> Result<Self, Problem> {
        let known = is_json(request.headers());
        let bytes = read(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(Map::new()));
        }
        if !known {
            return Err(wrong_type());
        }
        parse(&bytes).map(Self)
    }
}

async fn read(request: Request, state: &Arc<State>) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
            let detail = format!("a body has at most {BODY_BYTES_MAX} bytes");
            return Problem::new(Code::BodyTooLarge, detail);
        }
        Problem::new(Code::InvalidRequest, "the body could not be read to its end")
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = door::header(headers, header::CONTENT_TYPE).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    ["application/json", "application/merge-patch+json"]
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
}

fn wrong_type() -> Problem {
    let detail = "the body must be `application/json` (or `application/merge-patch+json`)";
    Problem::new(Code::UnsupportedMediaType, detail)
}

fn parse(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    let object = json::parse_object(bytes, LIMITS)
        .map_err(|error| Problem::new(Code::InvalidJson, error.to_string()))?
        .to_json();
    // No database column can hold it, and it is never what was meant.
    if object.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)) {
        let detail = "the body holds the character U+0000";
        return Err(Problem::new(Code::InvalidJson, detail));
    }
    Ok(object)
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(object) => {
            object.iter().any(|(name, value)| name.contains('\0') || holds_nul(value))
        }
    }
}
