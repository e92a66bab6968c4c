use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use counterfoil_feed::Status as FollowerStatus;
use counterfoil_verifier::{Level, Reason, Source};

/// How a guard stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// Whether it may answer from memory.
    pub ready: bool,
    /// The feed's side: state, position, lease. `None` without a feed, or before the start.
    pub follower: Option<FollowerStatus>,
    /// Which promise of freshness holds.
    pub level: Level,
    /// How old an answer can be, in milliseconds: the lease, once it is known. `None` without a
    /// feed, where each token has a bound of its own.
    pub bound_ms: Option<u64>,
    /// Milliseconds for which the lease may still be used.
    pub lease_left_ms: Option<u64>,
    /// Identities in memory.
    pub cached: usize,
    /// What has been counted since the start.
    pub counters: BTreeMap<String, u64>,
    /// The last difficulty in following the feed, if it hasn't been overcome.
    pub trouble: Option<String>,
}

/// What a guard counts.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    push: AtomicU64,
    cache: AtomicU64,
    origin: AtomicU64,
    asked: AtomicU64,
    coalesced: AtomicU64,
    not_fresh: AtomicU64,
    rejects: Mutex<BTreeMap<&'static str, u64>>,
}

impl Counters {
    pub(crate) fn accepted(&self, source: Source) {
        let counter = match source {
            Source::Push => &self.push,
            Source::Cache => &self.cache,
            Source::Origin => &self.origin,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn asked(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn coalesced(&self) {
        self.coalesced.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn not_fresh(&self) {
        self.not_fresh.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn rejected(&self, reason: Reason) {
        let mut rejects = self.rejects.lock().unwrap_or_else(PoisonError::into_inner);
        *rejects.entry(reason.code()).or_default() += 1;
    }

    pub(crate) fn view(&self) -> BTreeMap<String, u64> {
        let counters = [
            ("accepted_push", &self.push),
            ("accepted_cache", &self.cache),
            ("accepted_origin", &self.origin),
            ("introspections", &self.asked),
            ("coalesced", &self.coalesced),
            ("not_fresh", &self.not_fresh),
        ];
        let rejects = self.rejects.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = counters
            .into_iter()
            .map(|(name, counter)| (name.to_owned(), counter.load(Ordering::Relaxed)));
        let refused = rejects.iter().map(|(code, count)| (format!("rejected_{code}"), *count));
        counted.chain(refused).collect()
    }
}
