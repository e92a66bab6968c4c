use super::InstanceState;
use crate::Revision;
use std::collections::VecDeque;

/// Leases granted within this part of a lease are told apart no further. It bounds the list at
/// about ten, and what a guard can gain by renewing without end at an eighth of a lease.
const PARTS_OF_LEASE: u64 = 8;

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
    since_ms: u64,
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
        self.ends_ms = self.ends_ms.max(Some(ends_ms));
        self.grants.retain(|grant| grant.ends_ms > now_ms);
        let part_ms = ends_ms.saturating_sub(now_ms) / PARTS_OF_LEASE;
        match self.grants.back_mut() {
            // Joined, they count from the older one's revision and to the later one's end.
            Some(last)
                if last.committed == committed
                    || now_ms.saturating_sub(last.since_ms) < part_ms =>
            {
                last.ends_ms = last.ends_ms.max(ends_ms);
            }
            _ => self.grants.push_back(Grant { since_ms: now_ms, committed, ends_ms }),
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
