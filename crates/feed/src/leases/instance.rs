use super::InstanceState;
use crate::Revision;
use std::collections::VecDeque;

/// The most leases told apart per guard. A guard renews every third of a lease, so about four run
/// at once; one that renews more often has its oldest ones joined, to its disadvantage only.
const MAX_GRANTS: usize = 8;

/// What the server knows of one guard.
#[derive(Debug)]
pub(super) struct Guard {
    applied: Revision,
    since_ms: u64,
    /// Running leases, the oldest first.
    grants: VecDeque<Grant>,
    ends_ms: Option<u64>,
}

/// A lease that can be used by a guard that has applied `committed`.
#[derive(Clone, Copy, Debug)]
struct Grant {
    committed: Revision,
    ends_ms: u64,
}

impl Guard {
    pub(super) fn new(now_ms: u64) -> Self {
        Self { applied: Revision::ZERO, since_ms: now_ms, grants: VecDeque::new(), ends_ms: None }
    }

    pub(super) fn acknowledge(&mut self, applied: Revision) {
        self.applied = self.applied.max(applied);
    }

    pub(super) fn grant(&mut self, committed: Revision, now_ms: u64, ends_ms: u64) {
        self.grants.retain(|grant| grant.ends_ms > now_ms);
        self.grants.push_back(Grant { committed, ends_ms });
        self.ends_ms = self.ends_ms.max(Some(ends_ms));
        while self.grants.len() > MAX_GRANTS {
            let Some(oldest) = self.grants.pop_front() else { return };
            // Joined, they count from the older one's revision and to the later one's end.
            if let Some(next) = self.grants.front_mut() {
                next.committed = next.committed.min(oldest.committed);
                next.ends_ms = next.ends_ms.max(oldest.ends_ms);
            }
        }
    }

    pub(super) fn applied(&self) -> Revision {
        self.applied
    }

    /// When the last lease ends that could be used without having applied `seq`.
    pub(super) fn ends_without_ms(&self, seq: Revision) -> u64 {
        let usable = self.grants.iter().filter(|grant| grant.committed < seq);
        usable.map(|grant| grant.ends_ms).max().unwrap_or(0)
    }

    /// When the last lease ends; when the guard was first seen, if it had none.
    pub(super) fn ends_ms(&self) -> u64 {
        self.ends_ms.unwrap_or(self.since_ms)
    }

    pub(super) fn state(&self, now_ms: u64) -> InstanceState {
        match self.ends_ms {
            None => InstanceState::Syncing,
            Some(ends_ms) if ends_ms > now_ms => InstanceState::Leased,
            Some(_) => InstanceState::Lapsed,
        }
    }
}
