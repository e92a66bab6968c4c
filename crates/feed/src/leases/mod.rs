//! The server's book of leases: who may be answering from a cache, and until when.

mod instance;

use crate::lease_time::{DEFAULT_LEASE_MS, DEFAULT_RHO_PPM, MAX_LEASE_MS, MAX_RHO_PPM};
use crate::lease_time::{MIN_LEASE_MS, server_wait_ms};
use crate::{
    Epoch, Head, HeadCheck, Instance, LeaseGrant, LeaseRequest, Position, Publisher, Revision,
};
use counterfoil_jose::{UnixTime, b64};
use instance::Guard;
use std::collections::BTreeMap;
use std::fmt;

/// The most instances remembered per API: ten times the largest fleet we have heard of.
pub const MAX_INSTANCES: usize = 10_000;

/// How long an instance is remembered after its lease ended, so that it shows in listings.
pub const FORGET_AFTER_MS: u64 = 10 * 60 * 1_000;

/// What a lease is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseTerms {
    lease_ms: u64,
    rho_ppm: u32,
}

impl Default for LeaseTerms {
    fn default() -> Self {
        Self { lease_ms: DEFAULT_LEASE_MS, rho_ppm: DEFAULT_RHO_PPM }
    }
}

impl LeaseTerms {
    /// Takes a length and a bound on clock drift, brought within their limits.
    #[must_use]
    pub fn new(lease_ms: u64, rho_ppm: u32) -> Self {
        let lease_ms = lease_ms.clamp(MIN_LEASE_MS, MAX_LEASE_MS);
        Self { lease_ms, rho_ppm: rho_ppm.min(MAX_RHO_PPM) }
    }

    /// The length of a lease.
    #[must_use]
    pub const fn lease_ms(self) -> u64 {
        self.lease_ms
    }

    /// The bound on clock drift, in parts per million.
    #[must_use]
    pub const fn rho_ppm(self) -> u32 {
        self.rho_ppm
    }
}

/// Why a lease was refused. The guard must fetch a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseRefusal {
    /// The instance isn't known here: the server was restarted, or forgot it.
    UnknownInstance,
    /// The guard follows an older epoch.
    EpochChanged,
    /// The guard follows an epoch that this server hasn't heard of: read the epoch again.
    ServerBehind,
    /// The guard is so far behind that nobody can tell whether it follows the same history.
    TooOld,
    /// The guard has applied what this log doesn't hold: raise the epoch.
    HistoryLost,
}

impl LeaseRefusal {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownInstance => "unknown_instance",
            Self::EpochChanged => "epoch_changed",
            Self::ServerBehind => "server_behind",
            Self::TooOld => "too_old",
            Self::HistoryLost => "history_lost",
        }
    }

    /// The refusal with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::UnknownInstance,
            Self::EpochChanged,
            Self::ServerBehind,
            Self::TooOld,
            Self::HistoryLost,
        ]
        .into_iter()
        .find(|refusal| refusal.as_str() == word)
    }
}

impl fmt::Display for LeaseRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::error::Error for LeaseRefusal {}

/// There are [`MAX_INSTANCES`] already, and none may be forgotten yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyInstances;

impl fmt::Display for TooManyInstances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there are {MAX_INSTANCES} instances already")
    }
}

impl std::error::Error for TooManyInstances {}

/// Whether a change is in force at every leased guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Effective {
    /// Not yet. Ask again after the next renewal, and at `wait_until_ms` at the latest.
    Pending {
        /// Guards that have neither acknowledged nor lapsed.
        waiting_for: u64,
        /// When the last of them will have lapsed, by the server's clock.
        wait_until_ms: u64,
    },
    /// From now on no leased guard accepts what the change has ended.
    Effective {
        /// Guards that have applied it.
        acknowledged: u64,
        /// Guards whose lease ended without.
        lapsed: u64,
    },
}

impl Effective {
    /// Joins the answers of several APIs.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (
                Self::Effective { acknowledged, lapsed },
                Self::Effective { acknowledged: more_acknowledged, lapsed: more_lapsed },
            ) => Self::Effective {
                acknowledged: acknowledged.saturating_add(more_acknowledged),
                lapsed: lapsed.saturating_add(more_lapsed),
            },
            (
                Self::Pending { waiting_for, wait_until_ms },
                Self::Pending { waiting_for: more, wait_until_ms: later_ms },
            ) => Self::Pending {
                waiting_for: waiting_for.saturating_add(more),
                wait_until_ms: wait_until_ms.max(later_ms),
            },
            (pending @ Self::Pending { .. }, _) | (_, pending) => pending,
        }
    }
}

/// One instance, as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceView {
    /// Its name.
    pub instance: Instance,
    /// How it stands.
    pub state: InstanceState,
    /// Up to where it has acknowledged.
    pub applied_seq: Revision,
    /// By how many revisions it is behind the last watermark.
    pub lag: u64,
    /// Milliseconds until its lease ends by the server's reckoning.
    pub lease_left_ms: u64,
}

/// How an instance stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceState {
    /// Has fetched a snapshot and no lease yet.
    Syncing,
    /// Holds a lease.
    Leased,
    /// Its lease ended.
    Lapsed,
}

/// The leases of one API's guards.
///
/// All times are the server's boot clock in milliseconds.
#[derive(Debug)]
pub struct Leases {
    terms: LeaseTerms,
    epoch: Epoch,
    silent_until_ms: u64,
    guards: BTreeMap<Instance, Guard>,
}

impl Leases {
    /// Starts an empty book. Leases that an earlier process granted may still run, so nothing is
    /// effective before they have ended.
    #[must_use]
    pub fn restart(terms: LeaseTerms, epoch: Epoch, now_ms: u64) -> Self {
        let silent_until_ms = now_ms.saturating_add(server_wait_ms(terms.lease_ms, terms.rho_ppm));
        Self { terms, epoch, silent_until_ms, guards: BTreeMap::new() }
    }

    /// Starts over in a new epoch. Every guard must fetch a snapshot, and nothing is effective
    /// before the leases of the old epoch have ended.
    pub fn raise_epoch(&mut self, epoch: Epoch, now_ms: u64) {
        let wait_ms = server_wait_ms(self.terms.lease_ms, self.terms.rho_ppm);
        let last_ms = self.guards.values().map(Guard::ends_ms).max().unwrap_or(0);
        let ended_ms = now_ms.saturating_add(wait_ms).max(last_ms);
        self.silent_until_ms = self.silent_until_ms.max(ended_ms);
        self.epoch = epoch;
        self.guards.values_mut().for_each(|guard| *guard = Guard::new(now_ms));
    }

    /// Changes the terms of later leases. Those already granted keep theirs.
    pub fn set_terms(&mut self, terms: LeaseTerms) {
        self.terms = terms;
    }

    /// Names a guard that fetches a snapshot.
    ///
    /// # Errors
    /// [`TooManyInstances`].
    pub fn register(
        &mut self,
        now_ms: u64,
        rng: &mut dyn rand_core::RngCore,
    ) -> Result<Instance, TooManyInstances> {
        let mut name = [0; 16];
        rng.fill_bytes(&mut name);
        let instance = Instance::parse(&b64::encode(&name)).ok_or(TooManyInstances)?;
        self.adopt(instance.clone(), now_ms)?;
        Ok(instance)
    }

    /// Takes up a guard that another server, or this one before its restart, has named. Only for
    /// names whose origin the caller has checked.
    ///
    /// # Errors
    /// [`TooManyInstances`].
    pub fn adopt(&mut self, instance: Instance, now_ms: u64) -> Result<(), TooManyInstances> {
        if self.guards.len() >= MAX_INSTANCES {
            self.forget(now_ms);
        }
        if self.guards.len() >= MAX_INSTANCES && !self.guards.contains_key(&instance) {
            return Err(TooManyInstances);
        }
        self.guards.entry(instance).or_insert_with(|| Guard::new(now_ms));
        Ok(())
    }

    /// Whether the instance is known.
    #[must_use]
    pub fn knows(&self, instance: &Instance) -> bool {
        self.guards.contains_key(instance)
    }

    /// Takes an acknowledgement and grants a lease. Never withheld from a guard that is behind:
    /// the grant names what it must have applied first.
    ///
    /// `publisher` must have read the log up to a head that was looked up *after* the request
    /// arrived, or a server that has lost its database would keep guards going.
    ///
    /// # Errors
    /// [`LeaseRefusal`] says what the guard, or the server, must do first.
    pub fn renew(
        &mut self,
        request: &LeaseRequest,
        publisher: &Publisher,
        now_ms: u64,
        iat: UnixTime,
    ) -> Result<LeaseGrant, LeaseRefusal> {
        let head = publisher.head();
        if self.epoch != head.epoch {
            self.raise_epoch(head.epoch, now_ms);
        }
        if request.epoch > head.epoch {
            return Err(LeaseRefusal::ServerBehind);
        }
        if request.epoch < head.epoch {
            return Err(LeaseRefusal::EpochChanged);
        }
        let at = Position::new(request.epoch, request.applied_seq);
        match publisher.check_head(&Head { at, hash: request.head_hash }) {
            HeadCheck::Beyond | HeadCheck::Forked => return Err(LeaseRefusal::HistoryLost),
            HeadCheck::Unknown => return Err(LeaseRefusal::TooOld),
            HeadCheck::Same => {}
        }
        let guard = self.guards.get_mut(&request.instance);
        let guard = guard.ok_or(LeaseRefusal::UnknownInstance)?;
        let wait_ms = server_wait_ms(self.terms.lease_ms, self.terms.rho_ppm);
        let committed_seq = publisher.committed();
        guard.acknowledge(request.applied_seq);
        guard.grant(committed_seq, now_ms, now_ms.saturating_add(wait_ms));
        Ok(LeaseGrant {
            feed: publisher.feed().clone(),
            instance: request.instance.clone(),
            nonce: request.nonce,
            epoch: head.epoch,
            committed_seq,
            lease_ms: self.terms.lease_ms,
            iat,
        })
    }

    /// Whether the change at `seq` is in force at every guard: each has acknowledged it, or every
    /// lease that it could use without has ended.
    pub fn effective(&self, seq: Revision, now_ms: u64) -> Effective {
        let (mut acknowledged, mut lapsed) = (0, 0);
        let (mut waiting_for, mut wait_until_ms) = (0, self.silent_until_ms);
        for guard in self.guards.values() {
            if guard.applied() >= seq {
                acknowledged += 1;
                continue;
            }
            let ends_ms = guard.ends_without_ms(seq);
            if ends_ms > now_ms {
                waiting_for += 1;
                wait_until_ms = wait_until_ms.max(ends_ms);
            } else {
                lapsed += 1;
            }
        }
        if wait_until_ms > now_ms {
            return Effective::Pending { waiting_for, wait_until_ms };
        }
        Effective::Effective { acknowledged, lapsed }
    }

    /// Every instance that is remembered.
    #[must_use]
    pub fn view(&self, committed: Revision, now_ms: u64) -> Vec<InstanceView> {
        let view = |(instance, guard): (&Instance, &Guard)| InstanceView {
            instance: instance.clone(),
            state: guard.state(now_ms),
            applied_seq: guard.applied(),
            lag: committed.get().saturating_sub(guard.applied().get()),
            lease_left_ms: guard.ends_ms().saturating_sub(now_ms),
        };
        self.guards.iter().map(view).collect()
    }

    /// Forgets instances that have been silent for [`FORGET_AFTER_MS`]. Call it every minute.
    pub fn forget(&mut self, now_ms: u64) {
        let keep_ms = |guard: &Guard| guard.ends_ms().saturating_add(FORGET_AFTER_MS);
        self.guards.retain(|_, guard| keep_ms(guard) > now_ms);
    }
}
