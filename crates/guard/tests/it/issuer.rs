//! An issuer out of the feed crate's server machines: its endpoints, its faults, its counters.

use crate::clock::VirtualClock;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use counterfoil_feed::{
    ApiFacts, Change, Epoch, FeedName, FeedSigner, Head, Instance, LeaseRequest, LeaseTerms,
    Leases, MacKey, Mode, Nonce, Position, PseudonymKey, Publisher, Reason, Resume, Revision,
    Revisions, SnapshotRequest, SnapshotTerms, WatermarkKind, sse,
};
use counterfoil_guard::Clock;
use counterfoil_jose::crypto::{HmacKey, SealKey, Secret32, SystemRng};
use counterfoil_jose::{JwkSet, JwsAlgorithm, SigningKey, UnixTime, b64};
use counterfoil_oauth::model::{ApiId, GrantId, Revision as OauthRevision};
use counterfoil_oauth::token::opaque::{self, OpaqueToken, SealingKeys};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{broadcast, watch};

pub(crate) const AUD: &str = "https://orders.example";
pub(crate) const CLIENT_ID: &str = "orders-api";
pub(crate) const CLIENT_SECRET: &str = "s3cret/with+signs";

/// What the outside does to the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Process {
    /// It answers.
    Running,
    /// SIGSTOP: connections stay, nothing is answered.
    Frozen,
}

/// What an introspection is answered with.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Json(Value),
    Raw(StatusCode, &'static str, &'static str),
}

/// The memory that outlives a process: keys, log, tokens.
pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) clock: VirtualClock,
    address: SocketAddr,
    feed: Mutex<Feed>,
    answers: Mutex<HashMap<String, VecDeque<Answer>>>,
    counts: Mutex<HashMap<&'static str, u64>>,
    live: broadcast::Sender<String>,
    pub(crate) mode: watch::Sender<Process>,
    /// While true, introspections wait.
    pub(crate) hold: watch::Sender<bool>,
    /// While true, lease requests wait.
    pub(crate) hold_leases: watch::Sender<bool>,
    pub(crate) open_streams: Arc<AtomicUsize>,
    names_itself: Mutex<Option<String>>,
    signing_keys: Mutex<Vec<SigningKey>>,
    process: Mutex<Option<Runtime>>,
}

struct Feed {
    publisher: Publisher,
    leases: Leases,
}

pub(crate) fn pseudonyms() -> PseudonymKey {
    PseudonymKey::new(&Secret32::from([9; 32]))
}

fn signer() -> FeedSigner {
    let key = SigningKey::from_seed(JwsAlgorithm::EdDsa, &Secret32::from([7; 32])).unwrap();
    FeedSigner::new(Arc::new(key.with_kid("feed-1"))).unwrap()
}

fn feed_jwks() -> Value {
    let key = SigningKey::from_seed(JwsAlgorithm::EdDsa, &Secret32::from([7; 32])).unwrap();
    JwkSet::from_keys(vec![key.with_kid("feed-1").public_jwk()]).to_json()
}

pub(crate) fn signing_key() -> SigningKey {
    let seed = Secret32::from([1; 32]);
    SigningKey::from_seed(JwsAlgorithm::Es256, &seed).unwrap().with_kid("es")
}

impl Issuer {
    /// An issuer that listens, with its process not started.
    pub(crate) async fn new(clock: VirtualClock) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}");
        let head = Position::new(Epoch::new(1), Revision::new(100));
        Arc::new(Self {
            feed: Mutex::new(Feed::open(&url, head, &clock)),
            url,
            clock,
            address,
            answers: Mutex::default(),
            counts: Mutex::default(),
            live: broadcast::Sender::new(256),
            mode: watch::Sender::new(Process::Running),
            hold: watch::Sender::new(false),
            hold_leases: watch::Sender::new(false),
            open_streams: Arc::default(),
            names_itself: Mutex::default(),
            signing_keys: Mutex::new(vec![signing_key()]),
            process: Mutex::default(),
        })
    }

    /// Starts a process of its own, whose end closes every connection.
    pub(crate) async fn start(self: &Arc<Self>) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        // The process before may not have let go of the port yet.
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener.into_std().unwrap(),
                Err(error) => assert_eq!(error.kind(), ErrorKind::AddrInUse),
            }
            tokio::task::yield_now().await;
        };
        let issuer = Arc::clone(self);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            axum::serve(listener, routes(issuer)).await.unwrap();
        });
        *lock(&self.process) = Some(runtime);
    }

    /// SIGKILL.
    pub(crate) fn kill(&self) {
        if let Some(runtime) = lock(&self.process).take() {
            runtime.shutdown_background();
        }
    }

    /// SIGKILL and a new start: leases are forgotten, the log is not.
    pub(crate) async fn restart(self: &Arc<Self>) {
        self.kill();
        let epoch = lock(&self.feed).publisher.head().epoch;
        let now_ms = self.clock.now().boot_ms;
        lock(&self.feed).leases = Leases::restart(LeaseTerms::default(), epoch, now_ms);
        self.start().await;
    }

    /// A restore from a backup: another history.
    pub(crate) fn raise_epoch(&self) {
        let head = lock(&self.feed).publisher.head();
        let next = Position::new(head.epoch.next(), head.seq.next_epoch_base());
        *lock(&self.feed) = Feed::open(&self.url, next, &self.clock);
    }

    /// Calls itself otherwise in its metadata.
    pub(crate) fn call_itself(&self, name: &str) {
        *lock(&self.names_itself) = Some(name.to_owned());
    }

    pub(crate) fn sign_with(&self, keys: Vec<SigningKey>) {
        *lock(&self.signing_keys) = keys;
    }

    pub(crate) fn answer(&self, token: &str, answer: Answer) {
        self.answer_in_turn(token, [answer]);
    }

    /// Each question gets the next answer, and all later ones the last.
    pub(crate) fn answer_in_turn(&self, token: &str, answers: impl IntoIterator<Item = Answer>) {
        lock(&self.answers).insert(token.to_owned(), answers.into_iter().collect());
    }

    fn next_answer(&self, token: &str) -> Option<Answer> {
        let mut answers = lock(&self.answers);
        let turn = answers.get_mut(token)?;
        if turn.len() > 1 { turn.pop_front() } else { turn.front().cloned() }
    }

    /// How often a route was called.
    pub(crate) fn count(&self, route: &str) -> u64 {
        lock(&self.counts).get(route).copied().unwrap_or(0)
    }

    fn counted(&self, route: &'static str) {
        *lock(&self.counts).entry(route).or_default() += 1;
    }

    pub(crate) fn head(&self) -> Position {
        lock(&self.feed).publisher.head()
    }

    /// Commits a change.
    pub(crate) fn commit(&self, kind: WatermarkKind, id: &[u8], mode: Mode) -> u64 {
        let revision = self.head().seq.next();
        let change = Change {
            kind,
            id: id.to_vec(),
            revision,
            mode,
            reason: Reason::AdminRevoked,
            expires_at: self.clock.now().unix().plus_secs(3_600),
        };
        lock(&self.feed).publisher.commit(&change).unwrap();
        self.flush();
        revision.get()
    }

    /// Commits a change of the keys, and says so.
    pub(crate) fn announce_keys(&self) {
        let keys = self.head().seq.next();
        let mut feed = lock(&self.feed);
        feed.publisher.advance(keys).unwrap();
        feed.publisher.announce(Revisions { keys, ..Revisions::default() });
        drop(feed);
        self.flush();
    }

    /// Sends the frames that are due, unless the process does nothing.
    pub(crate) fn flush(&self) {
        if *self.mode.borrow() == Process::Frozen || lock(&self.process).is_none() {
            return;
        }
        let now = self.clock.now();
        let signer = signer();
        let mut feed = lock(&self.feed);
        while let Some(sealed) =
            feed.publisher.flush(now.boot_ms, now.unix(), |frame| signer.frame(frame))
        {
            // Nobody may be listening.
            let _sent = self.live.send(sse::frame_event(&sealed));
        }
    }

    /// An opaque token for this API.
    pub(crate) fn opaque(&self, grant: i64) -> String {
        opaque_token(&self.url, &mac(), grant)
    }

    /// What the issuer knows about the usual token, at its present revision.
    pub(crate) fn active(&self, email: &str) -> Value {
        let head = self.head();
        let now = self.clock.now().unix().as_secs();
        json!({
            "active": true, "iss": self.url, "sub": "248289761001", "aud": AUD,
            "client_id": "web-app", "token_type": "Bearer", "exp": now + 600, "iat": now,
            "jti": "j-1", "scope": "orders:read", "principal": "user",
            "cf_epoch": head.epoch.get(), "cf_rev": head.seq.get(), "cf_token_rev": 100,
            "cf_keys": cf_keys(), "email": email,
        })
    }

    async fn alive(&self) {
        let mut mode = self.mode.subscribe();
        mode.wait_for(|mode| *mode == Process::Running).await.unwrap();
    }
}

impl Feed {
    fn open(url: &str, head: Position, clock: &VirtualClock) -> Self {
        let feed = FeedName { iss: url.to_owned(), aud: AUD.to_owned() };
        let publisher = Publisher::open(feed, pseudonyms(), head, []).unwrap();
        let leases = Leases::restart(LeaseTerms::default(), head.epoch, clock.now().boot_ms);
        Self { publisher, leases }
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

pub(crate) fn mac() -> Secret32 {
    Secret32::from([3; 32])
}

pub(crate) fn cf_keys() -> String {
    let id = |kind, id: &[u8]| *pseudonyms().id(kind, id).as_bytes();
    let ids = [
        id(WatermarkKind::User, b"alice"),
        id(WatermarkKind::Client, b"web-app"),
        [0; 16],
        id(WatermarkKind::Grant, b"grant-1"),
        id(WatermarkKind::Token, b"token-1"),
    ];
    b64::encode(&ids.concat())
}

pub(crate) fn opaque_token(issuer: &str, mac: &Secret32, grant: i64) -> String {
    let token = OpaqueToken {
        grant: GrantId::new(grant),
        api: Some(ApiId::new(1)),
        scopes: 1,
        revision: OauthRevision::new(100),
        issued_at: UnixTime::from_secs(crate::clock::START_SECS),
        lifetime_secs: 600,
        id: opaque::token_id([4; 12]),
        confirmation: None,
    };
    let seal = SealKey::new(&Secret32::from([5; 32]));
    let mac = HmacKey::new(mac.expose());
    opaque::mint(&token, [4; 12], &SealingKeys { issuer, kid: [1; 4], seal: &seal, mac: &mac })
}

type Shared = State<Arc<Issuer>>;

fn routes(issuer: Arc<Issuer>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(metadata))
        .route("/jwks", get(jwks))
        .route("/introspect", post(introspect))
        .route("/feed/v1/keys", get(feed_keys))
        .route("/feed/v1/snapshot", get(snapshot))
        .route("/feed/v1/stream", get(open_stream))
        .route("/feed/v1/lease", post(lease))
        .with_state(issuer)
}

async fn metadata(State(issuer): Shared) -> Json<Value> {
    issuer.counted("metadata");
    issuer.alive().await;
    let name = lock(&issuer.names_itself).clone().unwrap_or_else(|| issuer.url.clone());
    Json(json!({
        "issuer": name,
        "jwks_uri": format!("{}/jwks", issuer.url),
        "introspection_endpoint": format!("{}/introspect", issuer.url),
    }))
}

async fn jwks(State(issuer): Shared) -> Json<Value> {
    issuer.counted("jwks");
    issuer.alive().await;
    let keys = lock(&issuer.signing_keys).iter().map(SigningKey::public_jwk).collect();
    Json(JwkSet::from_keys(keys).to_json())
}

/// RFC 6749 §2.3.1: form-encoded before it is joined.
fn is_the_api(headers: &HeaderMap) -> bool {
    let secret = "s3cret%2Fwith%2Bsigns";
    let pair = format!("{CLIENT_ID}:{secret}");
    let expected = format!("Basic {}", base64(pair.as_bytes()));
    headers.get(header::AUTHORIZATION).is_some_and(|value| value.as_bytes() == expected.as_bytes())
}

/// The alphabet of RFC 4648 §4, out of that of §5.
fn base64(bytes: &[u8]) -> String {
    let text = b64::encode(bytes).replace('-', "+").replace('_', "/");
    let padding = "=".repeat((4 - text.len() % 4) % 4);
    text + &padding
}

fn denied() -> Response {
    StatusCode::UNAUTHORIZED.into_response()
}

async fn introspect(State(issuer): Shared, headers: HeaderMap, body: String) -> Response {
    issuer.counted("introspect");
    issuer.alive().await;
    issuer.hold.subscribe().wait_for(|hold| !hold).await.unwrap();
    if !is_the_api(&headers) {
        return denied();
    }
    let token = body.split('&').find_map(|pair| pair.strip_prefix("token=")).unwrap();
    match issuer.next_answer(token) {
        None => Json(json!({"active": false})).into_response(),
        Some(Answer::Json(value)) => Json(value).into_response(),
        Some(Answer::Raw(status, kind, body)) => {
            (status, [(header::CONTENT_TYPE, kind)], body).into_response()
        }
    }
}

async fn feed_keys(State(issuer): Shared) -> Json<Value> {
    issuer.counted("feed_keys");
    issuer.alive().await;
    Json(feed_jwks())
}

fn terms() -> SnapshotTerms {
    SnapshotTerms {
        lease_ms: 5_000,
        rho_ppm: 500,
        facts: ApiFacts {
            format: "opaque".to_owned(),
            alg: None,
            typ: None,
            max_lifetime_secs: 600,
        },
        mac_keys: vec![MacKey { id: 1, key: mac() }],
    }
}

async fn snapshot(
    State(issuer): Shared,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    issuer.counted("snapshot");
    issuer.alive().await;
    if !is_the_api(&headers) {
        return denied();
    }
    let request = SnapshotRequest {
        nonce: Nonce::parse(&query["nonce"]).unwrap(),
        instance: query.get("instance").and_then(|name| Instance::parse(name)),
        have: query.get("have").and_then(|head| Head::parse(head)),
    };
    let now = issuer.clock.now();
    let mut feed = lock(&issuer.feed);
    let known = request.instance.clone().filter(|instance| feed.leases.knows(instance));
    let instance =
        known.unwrap_or_else(|| feed.leases.register(now.boot_ms, &mut SystemRng).unwrap());
    let snapshot = feed.publisher.snapshot(&request, instance, terms(), now.unix());
    signer().snapshot(&snapshot).into_response()
}

async fn lease(State(issuer): Shared, headers: HeaderMap, body: Bytes) -> Response {
    issuer.counted("lease");
    issuer.alive().await;
    issuer.hold_leases.subscribe().wait_for(|hold| !hold).await.unwrap();
    if !is_the_api(&headers) {
        return denied();
    }
    let request = LeaseRequest::parse(&body).unwrap();
    let now = issuer.clock.now();
    let mut feed = lock(&issuer.feed);
    let Feed { publisher, leases } = &mut *feed;
    match leases.renew(&request, publisher, now.boot_ms, now.unix()) {
        Ok(grant) => signer().grant(&grant).into_response(),
        Err(refusal) => {
            (StatusCode::CONFLICT, Json(json!({"error": refusal.as_str()}))).into_response()
        }
    }
}

async fn open_stream(
    State(issuer): Shared,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    issuer.counted("stream");
    issuer.alive().await;
    if !is_the_api(&headers) {
        return denied();
    }
    let after = Head::parse(&query["after"]).unwrap();
    let live = issuer.live.subscribe();
    let resumed = lock(&issuer.feed).publisher.resume(&after);
    let backlog: Vec<String> = match resumed {
        Resume::Resync(reason) => return sse::resync_event(reason).into_response(),
        Resume::Frames(frames) => frames.iter().map(|frame| sse::frame_event(frame)).collect(),
    };
    let counted = Counted::new(&issuer.open_streams);
    let live = stream::unfold((live, counted), |(mut live, counted)| async move {
        let event = live.recv().await.ok()?;
        Some((event, (live, counted)))
    });
    let first = stream::once(async { sse::KEEP_ALIVE.to_owned() });
    let events = first.chain(stream::iter(backlog)).chain(live);
    let events = events.map(|event| Ok::<_, std::convert::Infallible>(Bytes::from(event)));
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response()
}

struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(open))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
