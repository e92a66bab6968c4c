//! Orders that are shared: the guard says who calls, the permission engine what they may do.
//! A token says neither; its scopes only bound what its client may ask for.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use counterfoil_guard::{ApiCredential, Caller, Guard};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    LaneCredential,
    orders::{self, problem, refused},
    who,
};
use crate::failure::Failure;

/// How long the permission engine may take.
const ASK_TIMEOUT: Duration = Duration::from_secs(3);

/// The scope without which no client may read an order for anybody.
const SCOPE: &str = "orders:read";

/// The relation that lets a user read an order.
const RELATION: &str = "can_read";

/// Where the permission engine is, and this API's own credential at the issuer.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SharedCredential {
    own: LaneCredential,
    /// The permission store's URL: `…/stores/<id>`.
    store: String,
}

struct Shared {
    http: reqwest::Client,
    store: String,
}

/// What follows from the token and what follows from relationships: both must hold.
struct Effective {
    scope: bool,
    permission: bool,
    explanation: String,
}

/// The routes of the shared orders.
pub(super) fn routes(issuer: &str, credential: &SharedCredential) -> Result<Router, Failure> {
    let own = ApiCredential::new(&credential.own.client_id, &credential.own.client_secret);
    let guard = Guard::connect_lazy(issuer, &credential.own.resource, own);
    let guard = guard.map_err(Failure::from_display)?;
    let http = reqwest::Client::builder().timeout(ASK_TIMEOUT).tcp_nodelay(true).build();
    let http = http.map_err(Failure::from_display)?;
    let shared = Arc::new(Shared { http, store: credential.store.clone() });
    Ok(Router::new()
        .route(&format!("/{}/orders/{{id}}", credential.own.name), get(order))
        .with_state(shared)
        .layer(guard.layer())
        .merge(guard.metadata_routes()))
}

async fn order(State(shared): State<Arc<Shared>>, caller: Caller, Path(id): Path<u64>) -> Response {
    let effective = match shared.ask(&caller, id).await {
        Ok(effective) => effective,
        Err(response) => return response,
    };
    let answer = json!({
        "caller": who::verified(&caller),
        "effective": {
            "scope": {"needed": SCOPE, "held": effective.scope},
            "permission": {"relation": RELATION, "object": format!("order:{id}"),
                "held": effective.permission},
        },
        "explanation": effective.said(),
    });
    if !(effective.scope && effective.permission) {
        return forbidden(answer, &effective);
    }
    let Some(order) = orders::find(id) else {
        return problem(404, "not_found", "there is no such order");
    };
    let mut answer = answer;
    if let Some(members) = answer.as_object_mut() {
        members.insert("order".to_owned(), json!(order));
    }
    Json(answer).into_response()
}

impl Shared {
    /// Asks the engine about the caller's `sub`, every time: a token remembers no permission.
    async fn ask(&self, caller: &Caller, id: u64) -> Result<Effective, Response> {
        let down = || refused(503, "permissions_unreachable", "the permission engine is silent");
        let user = format!("user:{}", caller.subject());
        let key = json!({"user": user, "relation": RELATION, "object": format!("order:{id}")});
        let body = json!({ "tuple_key": key, "consistency": "HIGHER_CONSISTENCY" }).to_string();
        let asked = self
            .http
            .post(format!("{}/explain", self.store))
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .map_err(|_| down())?;
        let asked = asked.error_for_status().map_err(|_| down())?;
        let told = asked.bytes().await.map_err(|_| down())?;
        let told: Value = serde_json::from_slice(&told).map_err(|_| down())?;
        let text = told.get("text").and_then(Value::as_str).unwrap_or_default();
        Ok(Effective {
            scope: caller.scopes().any(|scope| scope == SCOPE),
            permission: told.get("allowed") == Some(&json!(true)),
            explanation: text.to_owned(),
        })
    }
}

impl Effective {
    /// Both halves, in words.
    fn said(&self) -> String {
        let scope = if self.scope { "has" } else { "lacks" };
        format!("scope: the token {scope} {SCOPE}\n{}", self.explanation)
    }
}

fn forbidden(mut answer: Value, effective: &Effective) -> Response {
    let (code, detail) = match effective.scope {
        true => ("permission_denied", "the user may not read this order"),
        false => ("insufficient_scope", "the token lacks scope orders:read"),
    };
    if let Some(members) = answer.as_object_mut() {
        for (name, value) in [("code", code), ("title", code), ("detail", detail)] {
            members.insert(name.to_owned(), json!(value));
        }
        members.insert("type".to_owned(), json!(format!("urn:counterfoil:problem:{code}")));
        members.insert("status".to_owned(), json!(403));
    }
    let kind = [("content-type", "application/problem+json")];
    (StatusCode::FORBIDDEN, kind, answer.to_string()).into_response()
}
