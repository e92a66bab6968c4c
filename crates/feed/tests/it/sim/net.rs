//! The network: what travels, and what may happen to it on the way.

use super::chance::Chance;
use counterfoil_feed::{
    Frame, Head, LeaseGrant, LeaseRefusal, LeaseRequest, Nonce, Position, Snapshot, SnapshotRequest,
};

/// From a guard to the issuer.
#[derive(Clone, Debug)]
pub(super) enum ToIssuer {
    Snapshot { attempt: u64, request: SnapshotRequest },
    Stream { attempt: u64, after: Head },
    Lease(LeaseRequest),
    Ask { ask: u64, token: usize },
}

/// From the issuer to a guard.
#[derive(Clone, Debug)]
pub(super) enum ToGuard {
    Snapshot { attempt: u64, snapshot: Box<Snapshot> },
    Frame { attempt: u64, frame: Box<Frame> },
    StreamOpen { attempt: u64 },
    Resync { attempt: u64 },
    StreamClosed { attempt: u64 },
    Lease { nonce: Nonce, outcome: Result<LeaseGrant, LeaseRefusal> },
    Answered { ask: u64, active: Option<Position> },
}

/// One guard's link, and how bad it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Link {
    pub(super) loss_percent: u64,
    pub(super) duplicate_percent: u64,
    pub(super) slow_percent: u64,
    pub(super) slow_us: u64,
    pub(super) cut_up: bool,
    pub(super) cut_down: bool,
}

impl Link {
    pub(super) fn random(chance: &mut Chance) -> Self {
        if chance.percent(30) {
            return Self::default();
        }
        Self {
            loss_percent: chance.below(15),
            duplicate_percent: chance.below(20),
            slow_percent: chance.below(20),
            slow_us: chance.between(10_000, 3_000_000),
            ..Self::default()
        }
    }

    /// When each copy of a message arrives, if any does.
    pub(super) fn delays_us(&self, cut: bool, chance: &mut Chance) -> Vec<u64> {
        let copies = 1 + u64::from(chance.percent(self.duplicate_percent));
        let mut delays = Vec::new();
        for _ in 0..copies {
            if cut || chance.percent(self.loss_percent) {
                continue;
            }
            let slow = chance.percent(self.slow_percent);
            let slow_us = if slow { chance.below(self.slow_us) } else { 0 };
            delays.push(chance.between(50, 2_000) + slow_us);
        }
        delays
    }
}
