//! What request threads read: is this guard fresh, and is this token still alive?

mod lease_cell;

use crate::{
    Epoch, Now, Position, Revision, Stamp, TokenKeys, Verdict, Watermark, Watermarks,
    install_allowed,
};
use lease_cell::{LeaseCell, Standing};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// How long no request asks an issuer that has just failed to answer, so that its outage costs
/// each caller a 503 at once instead of a timeout.
pub const ASK_PAUSE_MS: u64 = 1_000;

/// What a route accepts while this guard has no usable lease.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// Nothing out of the cache.
    #[default]
    Strict,
    /// Answers out of the cache for so long after the lease ended. The route's bound on
    /// staleness becomes lease + grace.
    StaleOk {
        /// Milliseconds after the end of the last usable lease.
        grace_ms: u64,
    },
}

/// Where a guard stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// No snapshot since the start. Not ready.
    Cold,
    /// A snapshot, but no lease that it may use: just started, or missed something.
    Syncing,
    /// A usable lease: answers from the cache.
    Fresh,
    /// The lease ran out.
    Lapsed,
    /// The lease ran out, and the route accepts that for a while.
    Grace,
    /// The route's grace ran out too.
    Closed,
}

impl State {
    /// The word in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Syncing => "syncing",
            Self::Fresh => "fresh",
            Self::Lapsed => "lapsed",
            Self::Grace => "grace",
            Self::Closed => "closed",
        }
    }
}

/// What to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Answer {
    /// The cache may answer.
    FromCache,
    /// The cache may answer, beyond the lease: count it as served stale.
    FromCacheStale,
    /// Ask the issuer about this one request, and answer 503 if it does not answer.
    AskIssuer,
    /// Answer 503 `verifier_not_fresh`.
    Unavailable {
        /// For `Retry-After`, at least 1.
        retry_after_secs: u64,
    },
}

impl Answer {
    /// Whether the cache may answer.
    #[must_use]
    pub const fn is_from_cache(self) -> bool {
        matches!(self, Self::FromCache | Self::FromCacheStale)
    }
}

/// Names a state of the table. While it is the same, so is every verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Generation(u64);

/// Names one history of the issuer's log as this guard saw it. What was learned in another is not
/// answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct History(u64);

/// The face of a [`crate::Follower`] that request threads share, behind an `Arc`.
///
/// An answer from the cache takes four steps, in this order and with no waiting between them:
///
/// 1. `generation()`, then [`Gate::verdict`] unless the entry was already found alive at that
///    generation;
/// 2. everything else about the token (`exp`, binding, audience);
/// 3. read both clocks;
/// 4. [`Gate::confirm`] with that generation and those clocks. If it says no, start over.
///
/// At the moment of step 3 the lease was good and nothing that this guard had acknowledged was
/// missing from the verdict, so no receipt can have been given out before it.
#[derive(Debug, Default)]
pub struct Gate {
    table: RwLock<Watermarks>,
    generation: AtomicU64,
    history: AtomicU64,
    warm: AtomicBool,
    lease: LeaseCell,
    epoch: AtomicU64,
    applied: AtomicU64,
    ask_after_boot_ms: AtomicU64,
}

impl Gate {
    /// Decides what a request on this route may be answered from. A few nanoseconds.
    pub fn decide(&self, route: Route, now: Now) -> Answer {
        match self.state(route, now) {
            State::Fresh => Answer::FromCache,
            State::Grace => Answer::FromCacheStale,
            // Without a snapshot there are no keys to tell junk from tokens: ask nothing.
            State::Cold => Answer::Unavailable { retry_after_secs: 1 },
            State::Syncing | State::Lapsed | State::Closed => self.ask(now),
        }
    }

    /// Where a route stands.
    #[must_use]
    pub fn state(&self, route: Route, now: Now) -> State {
        if !self.is_warm() {
            return State::Cold;
        }
        let (given_up, ago_ms) = match self.lease.standing(now) {
            Standing::Usable => return State::Fresh,
            Standing::Ended { ago_ms } => (false, ago_ms),
            Standing::Withdrawn { ago_ms } => (true, ago_ms),
        };
        match route {
            Route::StaleOk { grace_ms } if ago_ms.is_some_and(|ago_ms| ago_ms < grace_ms) => {
                State::Grace
            }
            _ if given_up => State::Syncing,
            Route::StaleOk { .. } => State::Closed,
            Route::Strict => State::Lapsed,
        }
    }

    /// Milliseconds for which the lease may still be used.
    #[must_use]
    pub fn lease_left_ms(&self, now: Now) -> u64 {
        self.lease.left_ms(now)
    }

    /// The table's present generation. Read it before the verdict.
    pub fn generation(&self) -> Generation {
        Generation(self.generation.load(Ordering::SeqCst))
    }

    /// Looks a token up in the table.
    pub fn verdict(&self, keys: &TokenKeys, stamp: Stamp) -> Verdict {
        self.table.read().unwrap_or_else(PoisonError::into_inner).verdict(keys, stamp)
    }

    /// The last step before an answer from the cache; see [`Gate`].
    #[must_use]
    pub fn confirm(&self, verdict_at: Generation, route: Route, now: Now) -> bool {
        self.decide(route, now).is_from_cache() && self.generation() == verdict_at
    }

    /// Admits an introspection answer to the cache and says at which revision it counts as
    /// learned, or `None`: then ask again. See [`install_allowed`].
    ///
    /// `asked` is the [`Gate::history`] read before asking. An answer from ahead of the feed
    /// counts as learned where the feed stands, so that whatever comes next is held against it.
    #[must_use]
    pub fn install(&self, asked: History, answer: Position, keys: &TokenKeys) -> Option<Revision> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let applied = self.applied();
        let allowed = install_allowed(answer, keys, applied.epoch, &table);
        (allowed && asked == self.history()).then(|| answer.seq.min(applied.seq))
    }

    /// The history that new cache entries belong to. Read it before asking the issuer, keep it
    /// with the entry, and treat an entry of another history as absent.
    pub fn history(&self) -> History {
        History(self.history.load(Ordering::SeqCst))
    }

    /// Up to where this guard has applied the feed.
    #[must_use]
    pub fn applied(&self) -> Position {
        let epoch = Epoch::new(self.epoch.load(Ordering::SeqCst));
        Position::new(epoch, Revision::new(self.applied.load(Ordering::SeqCst)))
    }

    /// How many keys the table names.
    #[must_use]
    pub fn table_len(&self) -> usize {
        self.table.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Notes that the issuer did not answer: for [`ASK_PAUSE_MS`] nobody asks.
    pub fn ask_failed(&self, now: Now) {
        let until = now.boot_ms.saturating_add(ASK_PAUSE_MS);
        self.ask_after_boot_ms.store(until, Ordering::SeqCst);
    }

    /// Notes that the issuer answered.
    pub fn ask_succeeded(&self) {
        self.ask_after_boot_ms.store(0, Ordering::SeqCst);
    }

    fn ask(&self, now: Now) -> Answer {
        let after = self.ask_after_boot_ms.load(Ordering::SeqCst);
        match after.saturating_sub(now.boot_ms) {
            0 => Answer::AskIssuer,
            left_ms => Answer::Unavailable { retry_after_secs: left_ms.div_ceil(1_000) },
        }
    }

    /// Joins watermarks in, and only then says that they are applied.
    pub(crate) fn apply(&self, watermarks: &[Watermark], applied: Revision) {
        if !watermarks.is_empty() {
            let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
            let changed = watermarks.iter().fold(false, |any, each| table.apply(each) | any);
            if changed {
                self.generation.fetch_add(1, Ordering::SeqCst);
            }
        }
        self.applied.store(applied.get(), Ordering::SeqCst);
    }

    /// Replaces the table by a snapshot's.
    pub(crate) fn replace(&self, watermarks: &[Watermark], floor: Revision, at: Position) {
        let mut fresh = Watermarks::default();
        fresh.raise_floor(floor);
        watermarks.iter().for_each(|each| _ = fresh.apply(each));
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        *table = fresh;
        self.epoch.store(at.epoch.get(), Ordering::SeqCst);
        self.applied.store(at.seq.get(), Ordering::SeqCst);
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.warm.store(true, Ordering::SeqCst);
    }

    /// Forgets what has expired.
    pub(crate) fn prune(&self, now: Now) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if table.prune(now.unix()) {
            self.generation.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Whether there ever was a snapshot.
    pub(crate) fn is_warm(&self) -> bool {
        self.warm.load(Ordering::SeqCst)
    }

    pub(crate) fn new_history(&self) {
        self.history.fetch_add(1, Ordering::SeqCst);
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn use_lease(&self, sent: Now, window_ms: u64) {
        self.lease.set(sent, window_ms);
    }

    pub(crate) fn withdraw_lease(&self) {
        self.lease.withdraw();
    }
}
