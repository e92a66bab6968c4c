//! An issuer, a guard and the API that it guards, in virtual time.

use crate::clock::VirtualClock;
use crate::issuer::{AUD, Answer, CLIENT_ID, CLIENT_SECRET, Issuer, Process};
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Request, Response, StatusCode, header};
use axum::routing::get;
use axum::{Json, Router};
use counterfoil_guard::{ApiCredential, Caller, Guard, GuardBuilder, ScopeDenied};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

pub(crate) struct World {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) guard: Guard,
    pub(crate) clock: VirtualClock,
    app: Router,
}

pub(crate) fn credential() -> ApiCredential {
    ApiCredential::new(CLIENT_ID, CLIENT_SECRET)
}

impl World {
    /// A running issuer and a guard that is fresh.
    pub(crate) async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with(configure: impl FnOnce(GuardBuilder) -> GuardBuilder) -> Self {
        let world = Self::cold(configure).await;
        world.issuer.start().await;
        // The guard has failed to reach it before, and tries again after a while.
        world.until_in_time("a young lease", || world.lease_left_ms() > 4_700).await;
        world.until("the keys", || world.issuer.count("jwks") >= 1).await;
        world
    }

    /// A guard whose issuer is not running.
    pub(crate) async fn cold(configure: impl FnOnce(GuardBuilder) -> GuardBuilder) -> Self {
        let clock = VirtualClock::new();
        let issuer = Issuer::new(clock.clone()).await;
        let builder = Guard::builder(AUD)
            .counterfoil(&issuer.url, credential())
            .clock(Arc::new(clock.clone()));
        let guard = configure(builder).build().unwrap();
        let app = Self::api(&guard);
        Self { issuer, guard, clock, app }
    }

    /// The API of the README, with a few routes more.
    fn api(guard: &Guard) -> Router {
        let strict = Router::new()
            .route("/orders/{id}", get(order))
            .route("/admin", get(admin))
            .layer(guard.layer());
        let stale = Router::new()
            .route("/stale", get(order_of_anybody))
            .layer(guard.layer().stale_ok(Duration::from_secs(60)));
        let optional = Router::new().route("/optional", get(greet)).layer(guard.layer().optional());
        let forgotten = Router::new()
            .route("/forgotten", get(order_of_anybody))
            .route("/forgotten-optional", get(greet));
        strict.merge(stale).merge(optional).merge(forgotten).merge(guard.metadata_routes())
    }

    /// Sends a request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        Reply::of(self.app.clone().oneshot(request).await.unwrap()).await
    }

    /// Gets a path with a token.
    pub(crate) async fn get(&self, path: &str, token: &str) -> Reply {
        self.send(bearer(path, token)).await
    }

    pub(crate) async fn order(&self, token: &str) -> Reply {
        self.get("/orders/7", token).await
    }

    /// An opaque token that the issuer calls active.
    pub(crate) fn token(&self, grant: i64) -> String {
        let token = self.issuer.opaque(grant);
        self.issuer.answer(&token, Answer::Json(self.issuer.active("alice@example.com")));
        token
    }

    /// Waits for a state, which comes as fast as messages travel.
    pub(crate) async fn until(&self, what: &str, mut reached: impl FnMut() -> bool) {
        let waiting = async {
            while !reached() {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), waiting).await;
        assert!(waited.is_ok(), "waited for {what}: {:?}", self.guard.status());
    }

    /// Waits for a state that takes time too, which passes in small steps.
    pub(crate) async fn until_in_time(&self, what: &str, mut reached: impl FnMut() -> bool) {
        let waiting = async {
            while !reached() {
                self.clock.advance(20);
                self.issuer.flush();
                for _ in 0..YIELDS {
                    tokio::task::yield_now().await;
                }
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), waiting).await;
        assert!(waited.is_ok(), "waited for {what}: {:?}", self.guard.status());
    }

    /// Waits until the guard may answer from memory.
    pub(crate) async fn until_fresh(&self) {
        self.until_in_time("freshness", || self.lease_left_ms() > 0).await;
    }

    /// Lets time pass at a running issuer, no faster than leases are renewed.
    pub(crate) async fn pass(&self, millis: u64) {
        let mut left = millis;
        while left > 0 {
            let step = left.min(250);
            self.clock.advance(step);
            self.issuer.flush();
            self.until("a renewed lease", || self.lease_left_ms() >= 2_500).await;
            left -= step;
        }
    }

    /// Waits until the guard has applied a revision.
    pub(crate) async fn applied(&self, revision: u64) {
        let applied = || {
            let follower = self.guard.status().follower;
            follower.is_some_and(|follower| follower.applied.seq.get() >= revision)
        };
        self.until("a revision to be applied", applied).await;
    }

    pub(crate) fn lease_left_ms(&self) -> u64 {
        self.guard.status().lease_left_ms.unwrap_or(0)
    }

    pub(crate) fn counter(&self, name: &str) -> u64 {
        self.guard.status().counters.get(name).copied().unwrap_or(0)
    }

    pub(crate) fn freeze(&self) {
        let _previous = self.issuer.mode.send_replace(Process::Frozen);
    }

    pub(crate) fn thaw(&self) {
        let _previous = self.issuer.mode.send_replace(Process::Running);
    }
}

/// Turns for other tasks between two steps of time: enough for a message to travel.
const YIELDS: usize = 500;

pub(crate) fn bearer(path: &str, token: &str) -> Request<Body> {
    with_authorization(path, &format!("Bearer {token}"))
}

pub(crate) fn with_authorization(path: &str, value: &str) -> Request<Body> {
    let value = value.as_bytes();
    Request::get(path).header(header::AUTHORIZATION, value).body(Body::empty()).unwrap()
}

pub(crate) fn without_token(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

/// A response, read.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) challenge: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Value,
}

impl Reply {
    async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let header = |name| parts.headers.get(name).map(|v| v.to_str().unwrap().to_owned());
        let (challenge, retry_after) =
            (header(header::WWW_AUTHENTICATE), header(header::RETRY_AFTER));
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Self { status: parts.status, challenge, retry_after, body }
    }

    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }

    pub(crate) fn email(&self) -> &str {
        assert_eq!(self.status, 200, "{self:?}");
        self.body["email"].as_str().unwrap()
    }
}

async fn order(caller: Caller, Path(id): Path<u64>) -> Json<Value> {
    Json(json!({"order": id, "email": caller.email(), "source": caller.freshness().source.as_str(),
        "bound_ms": caller.freshness().bound_ms}))
}

async fn order_of_anybody(caller: Caller) -> Json<Value> {
    Json(json!({"email": caller.email(), "source": caller.freshness().source.as_str(),
        "bound_ms": caller.freshness().bound_ms}))
}

async fn admin(caller: Caller) -> Result<&'static str, ScopeDenied> {
    caller.demand(&["orders:read", "orders:delete"])?;
    Ok("deleted")
}

async fn greet(caller: Option<Caller>) -> Json<Value> {
    Json(json!({"anonymous": caller.is_none()}))
}
