use axum::{
    Json,
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};

/// What the desk sells.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Order {
    id: u64,
    item: &'static str,
    total_cents: u64,
    owner: &'static str,
}

const ORDERS: [Order; 3] = [
    Order { id: 1, item: "a box of tickets", total_cents: 4_200, owner: "alice" },
    Order { id: 2, item: "a stamp", total_cents: 110, owner: "bob" },
    Order { id: 3, item: "a ledger", total_cents: 1_850, owner: "alice" },
];

/// An order by its number.
pub(super) fn find(id: u64) -> Option<&'static Order> {
    ORDERS.iter().find(|order| order.id == id)
}

/// What a lane answers with.
pub(super) struct Learned {
    /// What the API learned of its caller.
    pub(super) caller: Value,
    /// How.
    pub(super) learned_by: &'static str,
    /// Calls to the issuer for this very request.
    pub(super) issuer_calls: u64,
    /// Microseconds that it took to know.
    pub(super) verify_micros: u64,
}

/// The answer to a verified request: the one order that it names, or all.
pub(super) fn answer(named: Option<Path<u64>>, learned: Learned) -> Response {
    let (name, wanted) = match named {
        None => ("orders", json!(ORDERS)),
        Some(Path(id)) => match find(id) {
            Some(order) => ("order", json!(order)),
            None => return problem(404, "not_found", "there is no such order"),
        },
    };
    Json(json!({
        name: wanted,
        "caller": learned.caller,
        "learned_by": learned.learned_by,
        "issuer_calls": learned.issuer_calls,
        "verify_micros": learned.verify_micros,
    }))
    .into_response()
}

/// The answer to a refused token, for the lanes that do it themselves.
pub(super) fn refused(status: u16, code: &str, detail: &str) -> Response {
    let mut response = problem(status, code, detail);
    let challenge = format!("Bearer error=\"{code}\", error_description=\"{detail}\"");
    let name = if status == 503 { header::RETRY_AFTER } else { header::WWW_AUTHENTICATE };
    let value = if status == 503 { "1" } else { challenge.as_str() };
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

pub(super) fn problem(status: u16, code: &str, detail: &str) -> Response {
    let body = json!({"type": format!("urn:counterfoil:problem:{code}"), "title": code,
        "status": status, "code": code, "detail": detail});
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, kind, body.to_string()).into_response()
}
