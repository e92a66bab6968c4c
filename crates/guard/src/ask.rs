//! The way of a token through the verifier, with the calls that it asks for.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use counterfoil_feed::{FeedName, Gate, Route, Status as FollowerStatus};
use counterfoil_verifier::{IssuerIndex, Level, Question, Reject, Step, Verifier};
use tokio::{
    sync::{OnceCell, Semaphore, watch},
    task::JoinHandle,
};

use crate::{
    Caller, Clock, ConnectError, Status,
    discover::{Endpoints, discover},
    flights::{Arrival, Flights, Join, Landing},
    http::{ASK_TIMEOUT_MS, CallError, DOCUMENT_BYTES_MAX, Http},
    respond::Responder,
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
    pub(crate) responder: Arc<Responder>,
    gate: Option<Arc<Gate>>,
    feed: FeedName,
    ready: watch::Sender<bool>,
    follower: Mutex<Option<FollowerStatus>>,
    trouble: Mutex<Option<String>>,
    asks: Semaphore,
    flights: Flights,
    /// In the order of the configuration.
    sides: Vec<IssuerSide>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// What is known of one issuer's endpoints, and what is being fetched from them.
#[derive(Default)]
struct IssuerSide {
    endpoints: OnceCell<Endpoints>,
    fetching_keys: tokio::sync::Mutex<()>,
    key_fetches: AtomicU64,
}

/// What a guard is made of.
pub(crate) struct Parts {
    pub(crate) verifier: Verifier,
    pub(crate) gate: Option<Arc<Gate>>,
    pub(crate) http: Http,
    pub(crate) clock: Arc<dyn Clock>,
    /// The feed that is followed; its issuer is empty where there is none.
    pub(crate) feed: FeedName,
}

impl Inner {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        // Without a feed there is nothing to wait for.
        let ready = watch::Sender::new(parts.gate.is_none());
        Arc::new(Self {
            responder: Arc::new(Responder::new(&parts.feed.aud)),
            sides: parts.verifier.issuers().map(|_| IssuerSide::default()).collect(),
            verifier: parts.verifier,
            http: parts.http,
            clock: parts.clock,
            counters: Counters::default(),
            gate: parts.gate,
            feed: parts.feed,
            ready,
            follower: Mutex::new(None),
            trouble: Mutex::new(None),
            asks: Semaphore::new(ASKS_MAX),
            flights: Flights::default(),
            tasks: Mutex::new(Vec::new()),
        })
    }

    pub(crate) fn own(&self, task: JoinHandle<()>) {
        lock(&self.tasks).push(task);
    }

    pub(crate) const fn feed_name(&self) -> &FeedName {
        &self.feed
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
        let follower = lock(&self.follower).clone();
        Status {
            ready: *self.ready.borrow(),
            level: if self.gate.is_some() { Level::L2 } else { Level::L0 },
            bound_ms: follower.as_ref().and_then(|follower| follower.lease_ms),
            follower,
            lease_left_ms: self.gate.as_ref().map(|gate| gate.lease_left_ms(now)),
            cached: self.verifier.cached(),
            counters: self.counters.view(),
            trouble: lock(&self.trouble).clone(),
        }
    }

    /// Fails where an issuer is reachable and calls itself otherwise. One that does not answer is
    /// not this question's business.
    pub(crate) async fn confirm_issuers(&self) -> Result<(), ConnectError> {
        for (issuer, _) in self.verifier.issuers() {
            if let Err(CallError::OtherIssuer { configured, named }) = self.endpoints(issuer).await
            {
                return Err(ConnectError::OtherIssuer { configured, named });
            }
        }
        Ok(())
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
        let arrival = self.flights.arrive();
        let mut step = first;
        for _ in 0..ROUNDS_MAX {
            step = match step {
                Step::Accepted(caller) => {
                    self.counters.accepted(caller.freshness().source);
                    return Ok(Caller::new(caller, Arc::clone(&self.responder)));
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
                Step::Introspect(question) => self.ask(token, route, question, arrival).await,
            };
        }
        Err(self.not_fresh(1))
    }

    fn not_fresh(&self, retry_after_secs: u64) -> Denied {
        self.counters.not_fresh();
        Denied::NotFresh { retry_after_secs: retry_after_secs.max(1) }
    }

    /// Asks once for everybody who waits for the same token.
    async fn ask(&self, token: &str, route: Route, question: Question, arrival: Arrival) -> Step {
        let key = question.key();
        match self.flights.join(key) {
            Join::Lead(landing) => self.lead(token, question, landing).await,
            Join::Wait(flight) => {
                self.counters.coalesced();
                if let Some(step) = flight.landed(arrival).await {
                    return step;
                }
                // Under a lease the answer is in memory now, and good.
                let question = match self.look(token, route) {
                    Step::Introspect(question) => question,
                    step => return step,
                };
                match self.flights.join_next(key, &flight) {
                    Join::Lead(landing) => self.lead(token, question, landing).await,
                    Join::Wait(next) => match next.landed(arrival).await {
                        Some(step) => step,
                        None => Step::Introspect(question),
                    },
                }
            }
        }
    }

    async fn lead(&self, token: &str, question: Question, landing: Landing<'_>) -> Step {
        let step = self.introspect(token, question, &landing).await;
        landing.land(&step);
        step
    }

    /// Asks until there is an answer that no change has overtaken; the verifier says how often.
    async fn introspect(&self, token: &str, first: Question, landing: &Landing<'_>) -> Step {
        let Ok(_permit) = self.asks.try_acquire() else {
            tracing::warn!("too many introspections at once");
            return Step::NotFresh { retry_after_secs: 1 };
        };
        let mut question = first;
        loop {
            self.counters.asked();
            landing.send();
            let answer = tokio::select! {
                answer = self.call(question.issuer(), token) => answer,
                () = self.clock.sleep_until(self.clock.now().boot_ms + ASK_TIMEOUT_MS) => {
                    Err(CallError::Unreachable("timed out".to_owned()))
                }
            };
            let step = match answer {
                Ok(body) => self.verifier.answered(question, &body, self.clock.now()),
                Err(error) => {
                    tracing::warn!(%error, "introspection brought no answer");
                    self.verifier.unanswered(&question, self.clock.now())
                }
            };
            match step {
                Step::Introspect(again) => question = again,
                step => return step,
            }
        }
    }

    async fn call(&self, issuer: IssuerIndex, token: &str) -> Result<Vec<u8>, CallError> {
        let endpoints = self.endpoints(issuer).await?;
        let endpoint =
            endpoints.introspection.as_deref().ok_or(CallError::Unexpected("introspectable"))?;
        self.http.introspect(self.issuer_url(issuer), endpoint, token, ANSWER_BYTES_MAX).await
    }

    /// Fetches an issuer's keys, one fetch at a time; who has waited for one needs no other.
    pub(crate) async fn fetch_keys(&self, issuer: IssuerIndex) {
        let Some(side) = self.sides.get(issuer.get()) else { return };
        let seen = side.key_fetches.load(Ordering::SeqCst);
        let _one = side.fetching_keys.lock().await;
        if side.key_fetches.load(Ordering::SeqCst) != seen {
            return;
        }
        self.fetch_keys_alone(issuer, side).await;
    }

    async fn fetch_keys_alone(&self, issuer: IssuerIndex, side: &IssuerSide) {
        let Some(fetch) = self.verifier.begin_key_fetch(issuer, self.clock.now()) else { return };
        let body = match self.keys_of(issuer).await {
            Ok(body) => Some(body),
            Err(error) => {
                tracing::warn!(%error, "an issuer's keys can't be fetched");
                None
            }
        };
        let outcome = self.verifier.keys_fetched(fetch, body.as_deref(), self.clock.now());
        side.key_fetches.fetch_add(1, Ordering::SeqCst);
        tracing::debug!(?outcome, "fetched an issuer's keys");
    }

    /// Fetches the keys of every issuer whose set is old or said to have changed.
    pub(crate) async fn fetch_due_keys(&self) {
        let issuers: Vec<IssuerIndex> = self.verifier.issuers().map(|(index, _)| index).collect();
        for (issuer, side) in issuers.into_iter().zip(&self.sides) {
            // A fetch that runs may have begun before the change.
            let _one = side.fetching_keys.lock().await;
            if self.verifier.keys_due(issuer, self.clock.now()) {
                self.fetch_keys_alone(issuer, side).await;
            }
        }
    }

    async fn keys_of(&self, issuer: IssuerIndex) -> Result<Vec<u8>, CallError> {
        let endpoints = self.endpoints(issuer).await?;
        let url = endpoints.jwks.as_deref().ok_or(CallError::Unexpected("metadata with keys"))?;
        self.http.document(url, DOCUMENT_BYTES_MAX).await
    }

    fn issuer_url(&self, issuer: IssuerIndex) -> &str {
        let found = self.verifier.issuers().find(|(index, _)| *index == issuer);
        found.map_or("", |(_, url)| url)
    }

    async fn endpoints(&self, issuer: IssuerIndex) -> Result<&Endpoints, CallError> {
        let side = self.sides.get(issuer.get()).ok_or(CallError::Unexpected("configured"))?;
        let found =
            side.endpoints.get_or_try_init(|| discover(&self.http, self.issuer_url(issuer))).await;
        if let Err(error @ CallError::OtherIssuer { .. }) = &found {
            tracing::error!(%error, "nothing of this issuer is believed");
        }
        found
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
