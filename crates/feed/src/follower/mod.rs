//! The guard's end of one feed: what arrives goes in, what to do comes out.

mod action;
mod backoff;
mod frames;
mod lease_book;
mod leasing;
mod retry;
mod syncing;

use crate::{
    ChainHash, FeedName, Gate, Head, Instance, Nonce, Now, Position, Revision, Revisions, Route,
    SnapshotRequest, State,
};
use backoff::Backoff;
use lease_book::LeaseBook;
use rand_core::RngCore;
use retry::Retry;
use std::collections::VecDeque;
use std::sync::Arc;

pub use action::{Action, Call, FollowError};
pub use backoff::BACKOFF_MAX_MS;
pub use leasing::MAX_IAT_SKEW_SECS;

/// A call that has not ended after this long is given up.
pub const CALL_TIMEOUT_MS: u64 = 10_000;

/// A stream that has been silent for this long is opened again: four heartbeats.
pub const SILENCE_MS: u64 = 4 * crate::HEARTBEAT_MS;

/// A guard that has been behind a granted revision for this long, or a third of its lease if that
/// is shorter, opens its stream again: frames follow a commit within milliseconds, so one that is
/// missing for a second will not come.
pub const BEHIND_MS: u64 = 1_000;

/// How long after its last right to answer from them a guard keeps identities in memory.
pub const IDENTITY_KEEP_MS: u64 = 60_000;

/// How often expired watermarks are forgotten.
const PRUNE_MS: u64 = 10_000;

/// The most actions waiting: a driver takes them after each call, so a handful is usual.
const MAX_ACTIONS: usize = 64;

/// What a follower must be told at its start.
#[derive(Clone, Debug)]
pub struct FollowerConfig {
    /// Which feed.
    pub feed: FeedName,
    /// The newest position followed before a restart, off the disk. Nothing older is taken.
    pub high_water: Option<Position>,
    /// The longest `stale_ok` grace of any route; 0 where there is none.
    pub longest_grace_ms: u64,
}

/// How a follower stands, for metrics and logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The state as a route with the longest grace sees it.
    pub state: State,
    /// Up to where the feed has been applied.
    pub applied: Position,
    /// The name that the server gave to this guard.
    pub instance: Option<Instance>,
    /// Milliseconds for which the lease may still be used.
    pub lease_left_ms: u64,
    /// The length of a lease, once known.
    pub lease_ms: Option<u64>,
    /// Milliseconds since the last frame or heartbeat.
    pub silent_ms: u64,
}

/// Follows one feed.
///
/// Five kinds of method: what arrived ([`Follower::snapshot`], [`Follower::frame`],
/// [`Follower::grant`], [`Follower::lease_refused`], [`Follower::resync`], [`Follower::hint`]),
/// what failed ([`Follower::failed`]), what time it is ([`Follower::tick`], at
/// [`Follower::wake_at_ms`] and after each of the others), what to do
/// ([`Follower::next_action`], until there is none), and how it stands ([`Follower::status`]).
/// Request threads never touch it: they read its [`Gate`].
#[derive(Debug)]
pub struct Follower {
    config: FollowerConfig,
    gate: Arc<Gate>,
    /// Whether frames may continue what has been applied.
    following: bool,
    high_water: Position,
    chain: ChainHash,
    instance: Option<Instance>,
    lease_ms: Option<u64>,
    rho_ppm: u32,
    revisions: Revisions,
    /// No lease is used before this has been applied: a frame beyond a gap has shown it.
    must_reach: Revision,
    book: LeaseBook,
    lease_at_ms: Option<u64>,
    lease_sent_ms: Option<u64>,
    lease_backoff: Backoff,
    snapshot: Retry,
    snapshot_nonce: Option<Nonce>,
    stream: Retry,
    resync_backoff: Backoff,
    gaps: u32,
    heard_ms: u64,
    behind_since_ms: Option<u64>,
    /// Seen in answers and tokens: the feed must get here too.
    hinted: Revision,
    pruned_ms: u64,
    fresh_ms: u64,
    identities: bool,
    shown: State,
    actions: VecDeque<Action>,
}

impl Follower {
    /// Starts cold; the first [`Follower::tick`] asks for a snapshot.
    #[must_use]
    pub fn new(config: FollowerConfig, now: Now) -> Self {
        let mut snapshot = Retry::default();
        snapshot.ask(now.boot_ms);
        Self {
            high_water: config.high_water.unwrap_or_default(),
            config,
            gate: Arc::default(),
            following: false,
            chain: ChainHash::from_bytes([0; 32]),
            instance: None,
            lease_ms: None,
            rho_ppm: 0,
            revisions: Revisions::default(),
            must_reach: Revision::ZERO,
            book: LeaseBook::default(),
            lease_at_ms: None,
            lease_sent_ms: None,
            lease_backoff: Backoff::default(),
            snapshot,
            snapshot_nonce: None,
            stream: Retry::default(),
            resync_backoff: Backoff::default(),
            gaps: 0,
            heard_ms: now.boot_ms,
            behind_since_ms: None,
            hinted: Revision::ZERO,
            pruned_ms: now.boot_ms,
            fresh_ms: now.boot_ms,
            identities: false,
            shown: State::Cold,
            actions: VecDeque::new(),
        }
    }

    /// The face for request threads.
    #[must_use]
    pub fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate)
    }

    /// Does what time has made due.
    pub fn tick(&mut self, now: Now, rng: &mut dyn RngCore) {
        self.watch(now, rng);
        if let Some(attempt) = self.snapshot.start(now.boot_ms) {
            let nonce = Nonce::draw(rng);
            self.snapshot_nonce = Some(nonce);
            let instance = self.instance.clone();
            let have = self.gate.is_warm().then(|| self.head());
            let request = SnapshotRequest { nonce, instance, have };
            self.push(Action::FetchSnapshot { attempt, request });
        }
        if self.following {
            if let Some(attempt) = self.stream.start(now.boot_ms) {
                self.push(Action::OpenStream { attempt, after: self.head() });
            }
            self.lease_if_due(now, rng);
        }
        if now.boot_ms.saturating_sub(self.pruned_ms) >= PRUNE_MS {
            self.pruned_ms = now.boot_ms;
            self.gate.prune(now);
        }
        self.report(now);
    }

    /// When the next [`Follower::tick`] is needed, on the boot clock.
    #[must_use]
    pub fn wake_at_ms(&self, now: Now) -> u64 {
        let lease_end_ms = now.boot_ms.saturating_add(self.gate.lease_left_ms(now).max(1));
        let running_ms = |retry: &Retry| Some(retry.running_since_ms()? + CALL_TIMEOUT_MS);
        let due = [
            (self.shown == State::Fresh).then_some(lease_end_ms),
            self.snapshot.due_ms(),
            running_ms(&self.snapshot),
            self.stream.due_ms().filter(|_| self.following),
            self.lease_at_ms.filter(|_| self.following),
            self.behind_since_ms.map(|since_ms| since_ms + self.behind_limit_ms()),
        ];
        let idle_ms = now.boot_ms.saturating_add(crate::HEARTBEAT_MS);
        due.into_iter().flatten().fold(idle_ms, u64::min)
    }

    /// Takes the next action. Call it until there is none, after every other call.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// How this guard stands.
    #[must_use]
    pub fn status(&self, now: Now) -> Status {
        Status {
            state: self.gate.state(self.widest_route(), now),
            applied: self.gate.applied(),
            instance: self.instance.clone(),
            lease_left_ms: self.gate.lease_left_ms(now),
            lease_ms: self.lease_ms,
            silent_ms: now.boot_ms.saturating_sub(self.heard_ms),
        }
    }

    /// The newest position followed. Keep it on disk and hand it to the next start: it keeps an
    /// old snapshot from being replayed to this guard.
    #[must_use]
    pub fn high_water(&self) -> Position {
        self.high_water
    }

    /// Notes that a call has failed; it is made again after a while.
    pub fn failed(&mut self, call: Call, now: Now, rng: &mut dyn RngCore) {
        match call {
            Call::Snapshot(attempt) if self.snapshot.runs(attempt) => {
                self.snapshot.back_off(now.boot_ms, rng);
            }
            Call::Stream(attempt) if self.stream.runs(attempt) => {
                self.stream.back_off(now.boot_ms, rng);
            }
            Call::Lease => self.lease_failed(now, rng),
            Call::Snapshot(_) | Call::Stream(_) => {}
        }
        self.report(now);
    }

    /// What has been applied, and the chain there.
    fn head(&self) -> Head {
        Head { at: self.gate.applied(), hash: self.chain }
    }

    fn widest_route(&self) -> Route {
        match self.config.longest_grace_ms {
            0 => Route::Strict,
            grace_ms => Route::StaleOk { grace_ms },
        }
    }

    /// Tells the driver when the state has changed.
    fn report(&mut self, now: Now) {
        let state = self.gate.state(self.widest_route(), now);
        let was = std::mem::replace(&mut self.shown, state);
        if state == State::Fresh {
            self.fresh_ms = now.boot_ms;
            self.identities = true;
            if was != state {
                self.resync_backoff.reset();
                self.push(Action::Ready);
            }
            return;
        }
        if was == State::Fresh {
            self.push(Action::NotReady(state));
        }
        let keep_ms = self.config.longest_grace_ms.saturating_add(IDENTITY_KEEP_MS);
        if self.identities && now.boot_ms.saturating_sub(self.fresh_ms) > keep_ms {
            self.identities = false;
            self.push(Action::DropIdentities);
        }
    }

    fn push(&mut self, action: Action) {
        if self.actions.len() >= MAX_ACTIONS {
            self.actions.pop_front();
        }
        self.actions.push_back(action);
    }
}
