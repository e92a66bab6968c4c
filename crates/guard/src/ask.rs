//! The way of a token through the verifier, with the calls that it asks for.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use counterfoil_feed::{FeedName, Gate, Route, Status as FollowerStatus};
use counterfoil_verifier::{IssuerIndex, Question, Reject, Step, Verifier};
use tokio::{
    sync::{OnceCell, Semaphore, watch},
    task::JoinHandle,
};

use crate::{
    Caller, Clock, ConnectError, Status,
    http::{CallError, DOCUMENT_BYTES_MAX, Http},
    status::Counters,
};

/// Introspections at once: a flood of unknown tokens must not become a flood at the issuer.
const ASKS_MAX: usize = 64;

/// Rounds of one request through the verifier: keys, question, question again.
const ROUNDS_MAX: usize = 6;

/// Longest introspection answer.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Why a request has no caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// The token is bad: 401.
    Rejected(Reject),
    /// It can't be known now: 503.
    NotFresh {
        /// For `Retry-After`.
        retry_after_secs: u64,
    },
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(reject) => reject.fmt(f),
            Self::NotFresh { retry_after_secs } => {
                write!(f, "this can't be known now; try again in {retry_after_secs} s")
            }
        }
    }
}

impl std::error::Error for Denied {}

/// Everything that a guard's clones share.
pub(crate) struct Inner {
    pub(crate) verifier: Verifier,
    pub(crate) http: Http,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) counters: Counters,
    gate: Option<Arc<Gate>>,
    feed: FeedName,
    resource: Arc<str>,
    ready: watch::Sender<bool>,
    follower: Mutex<Option<FollowerStatus>>,
    trouble: Mutex<Option<String>>,
    asks: Semaphore,
    /// One question per token at a time; the others wait for its answer.
    flights: Mutex<HashMap<counterfoil_verifier::CacheKey, watch::Receiver<()>>>,
    endpoints: Vec<OnceCell<Endpoints>>,
    key_fetches: tokio::sync::Mutex<()>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// What an issuer's metadata says.
#[derive(Clone, Debug)]
struct Endpoints {
    jwks: Option<String>,
    introspection: Option<String>,
}

/// What a guard is made of.
pub(crate) struct Parts {
    pub(crate) verifier: Verifier,
    pub(crate) gate: Option<Arc<Gate>>,
    pub(crate) http: Http,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) resource: String,
}

impl Inner {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let issuers: Vec<String> =
            parts.verifier.issuers().map(|(_, url)| url.to_owned()).collect();
        let feed =
            FeedName { iss: issuers.first().cloned().unwrap_or_default(), aud: parts.resource };
        // Without a feed there is nothing to wait for.
        let ready = watch::Sender::new(parts.gate.is_none());
        Arc::new(Self {
            verifier: parts.verifier,
            http: parts.http,
            clock: parts.clock,
            counters: Counters::default(),
            gate: parts.gate,
            resource: Arc::from(feed.aud.as_str()),
            feed,
            ready,
            follower: Mutex::new(None),
            trouble: Mutex::new(None),
            asks: Semaphore::new(ASKS_MAX),
            flights: Mutex::new(HashMap::new()),
            endpoints: issuers.iter().map(|_| OnceCell::new()).collect(),
            key_fetches: tokio::sync::Mutex::new(()),
            tasks: Mutex::new(Vec::new()),
        })
    }

    pub(crate) fn own(&self, task: JoinHandle<()>) {
        lock(&self.tasks).push(task);
    }

    pub(crate) const fn feed_name(&self) -> &FeedName {
        &self.feed
    }

    pub(crate) fn resource(&self) -> Arc<str> {
        Arc::clone(&self.resource)
    }

    pub(crate) fn set_ready(&self, ready: bool) {
        if ready {
            *lock(&self.trouble) = None;
        }
        let _previous = self.ready.send_replace(ready);
    }

    pub(crate) fn show(&self, status: FollowerStatus) {
        *lock(&self.follower) = Some(status);
    }

    pub(crate) fn trouble(&self, what: &str, why: &str) {
        tracing::warn!(what, why, "following the issuer's feed has a difficulty");
        *lock(&self.trouble) = Some(format!("{what}: {why}"));
    }

    pub(crate) async fn ready(&self, timeout: Duration) -> Result<(), ConnectError> {
        let mut ready = self.ready.subscribe();
        let waited = tokio::time::timeout(timeout, ready.wait_for(|ready| *ready)).await;
        match waited {
            Ok(Ok(_)) => Ok(()),
            _ => Err(ConnectError::NotFresh { because: lock(&self.trouble).clone() }),
        }
    }

    pub(crate) fn status(&self) -> Status {
        let now = self.clock.now();
        Status {
            ready: *self.ready.borrow(),
            follower: lock(&self.follower).clone(),
            lease_left_ms: self.gate.as_ref().map(|gate| gate.lease_left_ms(now)),
            cached: self.verifier.cached(),
            counters: self.counters.view(),
            trouble: lock(&self.trouble).clone(),
        }
    }

    /// The first look, which is all that a known token needs.
    pub(crate) fn look(&self, token: &str, route: Route) -> Step {
        self.verifier.check(token, route, || self.clock.now())
    }

    /// Checks a token, asking the issuer where that is needed.
    pub(crate) async fn check(&self, token: &str, route: Route) -> Result<Caller, Denied> {
        let first = self.look(token, route);
        self.settle(token, route, first).await
    }

    /// Goes on from a first look.
    pub(crate) async fn settle(
        &self,
        token: &str,
        route: Route,
        first: Step,
    ) -> Result<Caller, Denied> {
        let mut step = first;
        for _ in 0..ROUNDS_MAX {
            step = match step {
                Step::Accepted(caller) => {
                    self.counters.accepted(caller.freshness().source);
                    return Ok(Caller::new(caller, self.resource()));
                }
                Step::Rejected(reject) => {
                    self.counters.rejected(reject.reason());
                    tracing::info!(reason = %reject.reason(), "a token was refused: {reject}");
                    return Err(Denied::Rejected(reject));
                }
                Step::NotFresh { retry_after_secs } => return Err(self.not_fresh(retry_after_secs)),
                Step::Faulty(fault) => {
                    tracing::error!(%fault, "the issuer's answer can't be used");
                    return Err(self.not_fresh(1));
                }
                Step::FetchKeys(issuer) => {
                    self.fetch_keys(issuer).await;
                    match self.look(token, route) {
                        // Asking again would only ask again.
                        Step::FetchKeys(_) => return Err(self.not_fresh(1)),
                        next => next,
                    }
                }
                Step::Introspect(question) => self.ask(token, route, question).await,
            };
        }
        Err(self.not_fresh(1))
    }

    fn not_fresh(&self, retry_after_secs: u64) -> Denied {
        self.counters.not_fresh();
        Denied::NotFresh { retry_after_secs: retry_after_secs.max(1) }
    }

    /// Asks once for everybody who waits for the same token.
    async fn ask(&self, token: &str, route: Route, question: Question) -> Step {
        let key = question.key();
        let (sender, receiver) = watch::channel(());
        let waiting = {
            let mut flights = lock(&self.flights);
            match flights.get(&key) {
                Some(flight) => Some(flight.clone()),
                None => {
                    flights.insert(key, receiver);
                    None
                }
            }
        };
        if let Some(mut flight) = waiting {
            self.counters.coalesced();
            // The sender's end says that there is an answer.
            let _ended = flight.changed().await;
            return self.look(token, route);
        }
        let landing = Landing { inner: self, key };
        let step = self.introspect(token, question).await;
        drop(landing);
        drop(sender);
        step
    }

    async fn introspect(&self, token: &str, question: Question) -> Step {
        let Ok(_permit) = self.asks.try_acquire() else {
            tracing::warn!("too many introspections at once");
            return Step::NotFresh { retry_after_secs: 1 };
        };
        self.counters.asked();
        let issuer = question.issuer();
        match self.call(issuer, token).await {
            Ok(body) => self.verifier.answered(question, &body, self.clock.now()),
            Err(error) => {
                tracing::warn!(%error, "introspection brought no answer");
                self.verifier.unanswered(&question, self.clock.now())
            }
        }
    }

    async fn call(&self, issuer: IssuerIndex, token: &str) -> Result<Vec<u8>, CallError> {
        let url = self.issuer_url(issuer);
        let endpoints = self.endpoints(issuer).await?;
        let endpoint =
            endpoints.introspection.as_deref().ok_or(CallError::Unexpected("introspectable"))?;
        self.http.introspect(&url, endpoint, token, ANSWER_BYTES_MAX).await
    }

    /// Fetches an issuer's keys, one fetch at a time.
    pub(crate) async fn fetch_keys(&self, issuer: IssuerIndex) {
        let _one = self.key_fetches.lock().await;
        let Some(fetch) = self.verifier.begin_key_fetch(issuer, self.clock.now()) else { return };
        let body = match self.keys_of(issuer).await {
            Ok(body) => Some(body),
            Err(error) => {
                tracing::warn!(%error, "an issuer's keys can't be fetched");
                None
            }
        };
        let outcome = self.verifier.keys_fetched(fetch, body.as_deref(), self.clock.now());
        tracing::debug!(?outcome, "fetched an issuer's keys");
    }

    async fn keys_of(&self, issuer: IssuerIndex) -> Result<Vec<u8>, CallError> {
        let endpoints = self.endpoints(issuer).await?;
        let url = endpoints.jwks.as_deref().ok_or(CallError::Unexpected("metadata with keys"))?;
        self.http.document(url, DOCUMENT_BYTES_MAX).await
    }

    fn issuer_url(&self, issuer: IssuerIndex) -> String {
        let found = self.verifier.issuers().find(|(index, _)| *index == issuer);
        found.map(|(_, url)| url.to_owned()).unwrap_or_default()
    }

    async fn endpoints(&self, issuer: IssuerIndex) -> Result<&Endpoints, CallError> {
        let cell = self.endpoints.get(issuer.get()).ok_or(CallError::Unexpected("configured"))?;
        cell.get_or_try_init(|| self.discover(issuer)).await
    }

    /// OpenID Connect Discovery 1.0 §4, then RFC 8414 §3. The document must be the issuer's own.
    async fn discover(&self, issuer: IssuerIndex) -> Result<Endpoints, CallError> {
        let url = self.issuer_url(issuer);
        let appended = format!("{url}/.well-known/openid-configuration");
        let body = match self.http.document(&appended, DOCUMENT_BYTES_MAX).await {
            Ok(body) => body,
            Err(CallError::Status(404)) => {
                let inserted = inserted(&url).ok_or(CallError::Status(404))?;
                self.http.document(&inserted, DOCUMENT_BYTES_MAX).await?
            }
            Err(error) => return Err(error),
        };
        let document: serde_json::Value =
            serde_json::from_slice(&body).map_err(|_| CallError::Unexpected("JSON"))?;
        let text = |name: &str| document.get(name).and_then(|v| v.as_str()).map(str::to_owned);
        let named = text("issuer").unwrap_or_default();
        if named != url {
            let differs = url.chars().zip(named.chars()).position(|(a, b)| a != b);
            let at = differs.unwrap_or_else(|| url.len().min(named.len()));
            tracing::error!(
                configured = url,
                named,
                "the issuer names itself otherwise; they differ at character {at}"
            );
            return Err(CallError::Unexpected("the metadata of this issuer"));
        }
        let safe = |url: Option<String>| url.filter(|url| is_safe(url));
        Ok(Endpoints {
            jwks: safe(text("jwks_uri")),
            introspection: safe(text("introspection_endpoint")),
        })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for task in lock(&self.tasks).drain(..) {
            task.abort();
        }
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

/// Takes a question off the board, also when its request was given up.
struct Landing<'a> {
    inner: &'a Inner,
    key: counterfoil_verifier::CacheKey,
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        lock(&self.inner.flights).remove(&self.key);
    }
}

/// `https`, or `http` to a loopback host: nothing that metadata names may lead elsewhere in clear.
fn is_safe(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

/// RFC 8414 §3.1: the well-known string goes between host and path.
fn inserted(issuer: &str) -> Option<String> {
    let url = url::Url::parse(issuer).ok()?;
    let origin = url.origin().ascii_serialization();
    let path = url.path().trim_end_matches('/');
    Some(format!("{origin}/.well-known/oauth-authorization-server{path}"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
