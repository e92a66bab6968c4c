//! The six lanes.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Path, Request, State},
    http::{HeaderMap, header},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use counterfoil_guard::{ApiCredential, Caller, Guard, Issuer, Source};
use counterfoil_jose::{DecryptionKey, JweAlgorithm};
use serde_json::{Value, json};

use super::{
    LaneCredential,
    orders::{Learned, answer, refused},
    who,
};
use crate::failure::Failure;

/// How long the issuer may take in the lanes that ask on every request.
const ASK_TIMEOUT: Duration = Duration::from_secs(3);

/// What a lane's handlers share.
struct Lane {
    learned_by: &'static str,
    http: reqwest::Client,
    issuer: String,
    credential: LaneCredential,
}

/// When the request came, to tell how long verification took.
#[derive(Clone, Copy)]
struct Arrived(u64);

/// The routes of one lane.
pub(super) fn routes(issuer: &str, credential: &LaneCredential) -> Result<Router, Failure> {
    let name = credential.name.clone();
    let (guard, learned_by) = guard_of(issuer, credential)?;
    let http = reqwest::Client::builder()
        .timeout(ASK_TIMEOUT)
        .tcp_nodelay(true)
        .build()
        .map_err(Failure::from_display)?;
    let lane = Arc::new(Lane {
        learned_by,
        http,
        issuer: issuer.to_owned(),
        credential: credential.clone(),
    });
    let learn = match name.as_str() {
        "introspection-per-request" => get(introspected),
        "userinfo-per-request" => get(userinfo),
        _ => get(known),
    };
    // The lane's own address lists what there is.
    let routes = Router::new()
        .route(&format!("/{name}"), learn.clone())
        .route(&format!("/{name}/orders/{{id}}"), learn)
        .with_state(lane);
    Ok(match guard {
        Some(guard) => routes
            .layer(guard.layer())
            .layer(middleware::from_fn(stamp))
            .merge(guard.metadata_routes()),
        None => routes.layer(middleware::from_fn(stamp)),
    })
}

fn guard_of(issuer: &str, lane: &LaneCredential) -> Result<(Option<Guard>, &'static str), Failure> {
    let level0 = || Guard::builder(&lane.resource).trust(Issuer::foreign(issuer));
    let own = || ApiCredential::new(&lane.client_id, &lane.client_secret);
    let made = |guard: Result<Guard, _>| guard.map(Some).map_err(Failure::from_display);
    Ok(match lane.name.as_str() {
        "claims-in-jwt" => (made(level0().build())?, "claims in the token"),
        "userinfo-per-request" => (made(level0().build())?, "UserInfo, asked on every request"),
        "introspection-per-request" => (None, "introspection, asked on every request"),
        "encrypted-jwt" => {
            let guard = level0().decryption_key(decryption_key(lane)?).build();
            (made(guard)?, "claims in the encrypted token")
        }
        "fresh" | "fresh-jwt" => {
            let guard = Guard::connect_lazy(issuer, &lane.resource, own());
            (made(guard)?, "a verifier that the issuer keeps fresh")
        }
        other => return Err(Failure::config(format!("there is no lane `{other}`"))),
    })
}

fn decryption_key(lane: &LaneCredential) -> Result<DecryptionKey, Failure> {
    let jwk = lane.decryption_jwk.as_ref().map(ToString::to_string).unwrap_or_default();
    DecryptionKey::from_private_jwk(JweAlgorithm::EcdhEsA256Kw, jwk.as_bytes())
        .map_err(|error| Failure::config(format!("the lane's decryption key: {error}")))
}

/// Notes when the request came, before anything is verified.
async fn stamp(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Arrived(micros()));
    next.run(request).await
}

/// Microseconds on a clock that only measures durations.
fn micros() -> u64 {
    crate::ticks::nanos() / 1_000
}

fn since(arrived: Arrived) -> u64 {
    micros().saturating_sub(arrived.0)
}

/// The guard knows.
async fn known(
    State(lane): State<Arc<Lane>>,
    axum::Extension(arrived): axum::Extension<Arrived>,
    caller: Caller,
    order: Option<Path<u64>>,
) -> Response {
    let verify_micros = since(arrived);
    let asked = caller.freshness().source == Source::Origin;
    let learned = Learned {
        caller: who::verified(&caller),
        learned_by: lane.learned_by,
        issuer_calls: u64::from(asked),
        verify_micros,
    };
    answer(order, learned)
}

/// The guard knows that the token is good; who it is, UserInfo says each time.
async fn userinfo(
    State(lane): State<Arc<Lane>>,
    axum::Extension(arrived): axum::Extension<Arrived>,
    caller: Caller,
    headers: HeaderMap,
    order: Option<Path<u64>>,
) -> Response {
    let url = format!("{}/userinfo", lane.issuer);
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let asked = lane.http.get(url).header("authorization", token.unwrap_or_default()).send().await;
    let claims = match body(asked).await {
        Ok(claims) => claims,
        Err(response) => return response,
    };
    let mut learned = who::answered(&claims);
    if let (Some(learned), Value::Object(known)) = (learned.as_object_mut(), who::verified(&caller))
    {
        for name in ["client_id", "principal", "scope"] {
            if let Some(value) = known.get(name) {
                learned.insert(name.to_owned(), value.clone());
            }
        }
    }
    let verify_micros = since(arrived);
    let learned_by = lane.learned_by;
    answer(order, Learned { caller: learned, learned_by, issuer_calls: 1, verify_micros })
}

/// Everything is asked for, each time.
async fn introspected(
    State(lane): State<Arc<Lane>>,
    axum::Extension(arrived): axum::Extension<Arrived>,
    headers: HeaderMap,
    order: Option<Path<u64>>,
) -> Response {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = value.and_then(|value| value.strip_prefix("Bearer ")) else {
        return refused(401, "invalid_token", "send an access token");
    };
    let credential = &lane.credential;
    let asked = lane
        .http
        .post(format!("{}/introspect", lane.issuer))
        .basic_auth(&credential.client_id, Some(&credential.client_secret))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("token={}", encoded(token)))
        .send()
        .await;
    let claims = match body(asked).await {
        Ok(claims) => claims,
        Err(response) => return response,
    };
    if claims.get("active") != Some(&json!(true)) {
        return refused(401, "invalid_token", "the token is not active");
    }
    let verify_micros = since(arrived);
    let learned_by = lane.learned_by;
    let caller = who::answered(&claims);
    answer(order, Learned { caller, learned_by, issuer_calls: 1, verify_micros })
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The issuer's answer as JSON, or what the caller is told instead.
async fn body(asked: Result<reqwest::Response, reqwest::Error>) -> Result<Value, Response> {
    let down = || refused(503, "issuer_unreachable", "the issuer does not answer");
    let response = asked.map_err(|_| down())?;
    match response.status().as_u16() {
        200 => {
            let bytes = response.bytes().await.map_err(|_| down())?;
            serde_json::from_slice(&bytes).map_err(|_| down())
        }
        401 | 403 => Err(refused(401, "invalid_token", "the issuer refuses the token")),
        _ => Err(down()),
    }
}
