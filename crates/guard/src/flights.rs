//! One question per token at a time, whose answer is everybody's who came before it was sent.
//!
//! Under a lease more would do, because an answer is kept only if nothing has overtaken it. Without
//! one, an answer that left the issuer before a request came says nothing about a change that was
//! made in between: those requests share the next question.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use counterfoil_verifier::{CacheKey, Caller, Reject, Step};
use tokio::sync::watch;

/// A question that was not sent yet is younger than everybody who waits for it.
const NOT_SENT: u64 = u64::MAX;

/// The questions that are under way.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    board: Mutex<HashMap<CacheKey, Arc<Flight>>>,
    turns: AtomicU64,
}

/// When a request came, in turns of all requests and questions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival(u64);

/// One question.
#[derive(Debug)]
pub(crate) struct Flight {
    sent: AtomicU64,
    led: AtomicBool,
    outcome: watch::Sender<Option<Outcome>>,
    /// The question of those who came too late for this one.
    next: OnceLock<Arc<Flight>>,
}

/// What came of a question.
#[derive(Clone, Debug)]
enum Outcome {
    Accepted(Caller),
    Rejected(Reject),
    NotFresh(u64),
    /// It was given up, or its answer can't be shared.
    Lost,
}

/// What a request does about a question.
pub(crate) enum Join<'f> {
    /// Ask it.
    Lead(Landing<'f>),
    /// Somebody is asking it.
    Wait(Arc<Flight>),
}

impl Flights {
    /// Notes that a request came.
    pub(crate) fn arrive(&self) -> Arrival {
        Arrival(self.turns.fetch_add(1, Ordering::SeqCst))
    }

    /// Joins the question about a token, or begins it.
    pub(crate) fn join(&self, key: CacheKey) -> Join<'_> {
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = board.get(&key) {
            return Join::Wait(Arc::clone(flight));
        }
        let flight = Arc::new(Flight::new(true));
        board.insert(key, Arc::clone(&flight));
        Join::Lead(self.landing(key, flight))
    }

    /// Goes on to the question after one that came too early, whether or not somebody has begun or
    /// ended it already.
    pub(crate) fn join_next(&self, key: CacheKey, missed: &Flight) -> Join<'_> {
        let flight = missed.next();
        if flight.led.swap(true, Ordering::SeqCst) {
            return Join::Wait(flight);
        }
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        // Where somebody has begun another one meanwhile, there are two for once.
        board.entry(key).or_insert_with(|| Arc::clone(&flight));
        Join::Lead(self.landing(key, flight))
    }

    fn landing(&self, key: CacheKey, flight: Arc<Flight>) -> Landing<'_> {
        Landing { flights: self, key, flight, outcome: Outcome::Lost }
    }

    fn end(&self, key: CacheKey, flight: &Arc<Flight>) {
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        if board.get(&key).is_some_and(|held| Arc::ptr_eq(held, flight)) {
            board.remove(&key);
        }
    }
}

impl Flight {
    fn new(led: bool) -> Self {
        Self {
            sent: AtomicU64::new(NOT_SENT),
            led: AtomicBool::new(led),
            outcome: watch::Sender::new(None),
            next: OnceLock::new(),
        }
    }

    fn next(&self) -> Arc<Self> {
        Arc::clone(self.next.get_or_init(|| Arc::new(Self::new(false))))
    }

    /// Waits for the answer. `None`: it says nothing to a request that came at `arrival`.
    pub(crate) async fn landed(&self, arrival: Arrival) -> Option<Step> {
        let mut outcome = self.outcome.subscribe();
        let landed = outcome.wait_for(Option::is_some).await;
        let outcome = landed.ok().and_then(|landed| landed.clone())?;
        if self.sent.load(Ordering::SeqCst) < arrival.0 {
            return None;
        }
        match outcome {
            Outcome::Accepted(caller) => Some(Step::Accepted(caller)),
            Outcome::Rejected(reject) => Some(Step::Rejected(reject)),
            Outcome::NotFresh(retry_after_secs) => Some(Step::NotFresh { retry_after_secs }),
            Outcome::Lost => None,
        }
    }
}

/// The end of a question, which comes also when its request was given up.
pub(crate) struct Landing<'f> {
    flights: &'f Flights,
    key: CacheKey,
    flight: Arc<Flight>,
    outcome: Outcome,
}

impl Landing<'_> {
    /// Notes that the question leaves now.
    pub(crate) fn send(&self) {
        self.flight.sent.store(self.flights.arrive().0, Ordering::SeqCst);
    }

    /// Shares what came of it.
    pub(crate) fn land(mut self, step: &Step) {
        self.outcome = match step {
            Step::Accepted(caller) => Outcome::Accepted(caller.clone()),
            Step::Rejected(reject) => Outcome::Rejected(reject.clone()),
            Step::NotFresh { retry_after_secs } => Outcome::NotFresh(*retry_after_secs),
            Step::Faulty(_) => Outcome::NotFresh(1),
            Step::Introspect(_) | Step::FetchKeys(_) => Outcome::Lost,
        };
    }
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        // Off the board first: who comes now begins a question of its own.
        self.flights.end(self.key, &self.flight);
        let outcome = std::mem::replace(&mut self.outcome, Outcome::Lost);
        let _previous = self.flight.outcome.send_replace(Some(outcome));
    }
}
