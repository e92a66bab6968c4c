use super::KeyPolicy;
use counterfoil_jose::crypto::sha256;
use std::collections::HashMap;

/// The most `kid`s remembered as absent. Beyond it all are forgotten: a flood of random names then
/// costs what the budget allows, and no more.
const MAX_ABSENT: usize = 256;

/// How long an absent `kid` is not asked about again.
const ABSENT_KEEP_MS: u64 = 300_000;

/// The longest wait after failures.
const MAX_BACKOFF_MS: u64 = 60_000;

/// A fetch that has not ended after this long is given up: its driver is gone.
const FETCH_TIMEOUT_MS: u64 = 30_000;

/// What a `kid` that is not known may cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permit {
    Fetch,
    KnownAbsent,
    Wait,
}

/// When the set was asked for, and what was missing in it.
#[derive(Debug)]
pub(super) struct Book {
    policy: KeyPolicy,
    running: Option<(u64, u64)>,
    last_ticket: u64,
    failures: u32,
    not_before_ms: u64,
    wanted: bool,
    /// Fetches for misses that are left, and when one was last added.
    miss_tokens: u32,
    refilled_ms: u64,
    missed_ms: Option<u64>,
    absent: HashMap<[u8; 32], u64>,
    asked_for: Vec<[u8; 32]>,
}

impl Book {
    pub(super) fn new(policy: KeyPolicy) -> Self {
        Self {
            policy,
            running: None,
            last_ticket: 0,
            failures: 0,
            not_before_ms: 0,
            wanted: true,
            miss_tokens: policy.miss_tokens,
            refilled_ms: 0,
            missed_ms: None,
            absent: HashMap::new(),
            asked_for: Vec::new(),
        }
    }

    /// Decides about a `kid` that was not found, or, without one, about a set that is too old.
    pub(super) fn permit(
        &mut self,
        kid: Option<&str>,
        fetched: Option<u64>,
        now_ms: u64,
    ) -> Permit {
        let kid = kid.map(|kid| sha256(kid.as_bytes()));
        if let Some(kid) = kid
            && self.absent.get(&kid).is_some_and(|until_ms| now_ms < *until_ms)
            && !self.wanted
        {
            return Permit::KnownAbsent;
        }
        if self.is_running(now_ms) {
            self.note(kid);
            return Permit::Fetch;
        }
        if now_ms < self.not_before_ms {
            return Permit::Wait;
        }
        let Some(kid) = kid else { return Permit::Fetch };
        if !self.wanted {
            // The issuer said what it has a moment ago. Time alone counts, not who asks.
            let fresh = |since_ms: u64| now_ms.saturating_sub(since_ms) < self.policy.cooldown_ms;
            if fetched.is_some_and(fresh) {
                return Permit::KnownAbsent;
            }
            if self.missed_ms.is_some_and(fresh) || !self.take_miss(now_ms) {
                return Permit::Wait;
            }
            self.missed_ms = Some(now_ms);
        }
        self.note(Some(kid));
        Permit::Fetch
    }

    fn note(&mut self, kid: Option<[u8; 32]>) {
        if self.asked_for.len() < MAX_ABSENT {
            self.asked_for.extend(kid);
        }
    }

    fn take_miss(&mut self, now_ms: u64) -> bool {
        let refill_ms = self.policy.miss_refill_ms.max(1);
        let refilled = now_ms.saturating_sub(self.refilled_ms) / refill_ms;
        if refilled > 0 {
            let grown = u64::from(self.miss_tokens).saturating_add(refilled);
            let capped = grown.min(u64::from(self.policy.miss_tokens));
            self.miss_tokens = u32::try_from(capped).unwrap_or(self.policy.miss_tokens);
            self.refilled_ms = now_ms;
        }
        let left = self.miss_tokens.checked_sub(1);
        self.miss_tokens = left.unwrap_or(0);
        left.is_some()
    }

    pub(super) fn due(&self, fetched_ms: Option<u64>, now_ms: u64) -> bool {
        let old = |at_ms: u64| now_ms.saturating_sub(at_ms) >= self.policy.refresh_after_ms;
        let needed = self.wanted || fetched_ms.is_none_or(old);
        needed && !self.is_running(now_ms) && now_ms >= self.not_before_ms
    }

    pub(super) fn begin(&mut self, now_ms: u64) -> Option<u64> {
        if self.is_running(now_ms) {
            return None;
        }
        self.last_ticket += 1;
        self.running = Some((self.last_ticket, now_ms));
        self.wanted = false;
        Some(self.last_ticket)
    }

    /// Ends a fetch. Returns whether it is the one that runs.
    pub(super) fn end(&mut self, ticket: u64, good: bool, now_ms: u64) -> bool {
        if self.running.is_none_or(|(running, _)| running != ticket) {
            return false;
        }
        self.running = None;
        let asked_for = std::mem::take(&mut self.asked_for);
        if good {
            self.failures = 0;
            self.not_before_ms = 0;
            self.remember_absent(asked_for, now_ms);
        } else if self.wanted {
            // Since it began there was news: what failed then says nothing now.
            self.not_before_ms = 0;
        } else {
            self.wanted = true;
            let wait_ms = 1_000_u64.saturating_mul(1 << self.failures.min(6)).min(MAX_BACKOFF_MS);
            self.failures = self.failures.saturating_add(1);
            self.not_before_ms = now_ms.saturating_add(wait_ms);
        }
        true
    }

    /// Keys that turn out to be there are found before this list is looked at.
    fn remember_absent(&mut self, kids: Vec<[u8; 32]>, now_ms: u64) {
        self.absent.retain(|_, until_ms| now_ms < *until_ms);
        for kid in kids {
            if self.absent.len() >= MAX_ABSENT {
                self.absent.clear();
            }
            self.absent.insert(kid, now_ms.saturating_add(ABSENT_KEEP_MS));
        }
    }

    pub(super) fn forget_absent(&mut self) {
        self.absent.clear();
    }

    pub(super) fn want(&mut self) {
        self.wanted = true;
        self.not_before_ms = 0;
    }

    pub(super) fn wanted(&self) -> bool {
        self.wanted || self.running.is_some()
    }

    fn is_running(&self, now_ms: u64) -> bool {
        self.running.is_some_and(|(_, since_ms)| now_ms.saturating_sub(since_ms) < FETCH_TIMEOUT_MS)
    }
}
