use crate::lease_time::guard_window_ms;
use crate::{Gate, Nonce, Now, Revision};
use rand_core::RngCore;
use std::collections::VecDeque;

/// The most requests awaited at once: a guard sends about three per lease, and an answer that is
/// older than a lease is useless.
const MAX_AWAITED: usize = 8;

/// The most grants that wait for frames: as many as are sent in the life of one. Beyond it the
/// newest replaces the one before, so that a guard that is always a little behind still gets to
/// use the oldest.
const MAX_WAITING: usize = 4;

/// The requests that were sent and the grants that cannot be used yet.
#[derive(Debug, Default)]
pub(super) struct LeaseBook {
    awaited: VecDeque<(Nonce, Now)>,
    waiting: VecDeque<Waiting>,
    used_sent: Option<Now>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    committed: Revision,
    sent: Now,
    window_ms: u64,
}

/// What a grant says, once it is known to be an answer to `sent`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Granted {
    pub(super) committed: Revision,
    pub(super) lease_ms: u64,
    pub(super) rho_ppm: u32,
}

impl LeaseBook {
    /// Draws a nonce and notes when it leaves.
    pub(super) fn send(&mut self, now: Now, rng: &mut dyn RngCore) -> Nonce {
        let nonce = Nonce::draw(rng);
        if self.awaited.len() >= MAX_AWAITED {
            self.awaited.pop_front();
        }
        self.awaited.push_back((nonce, now));
        nonce
    }

    /// Takes a nonce back; each is good once. Returns when it was sent.
    pub(super) fn answered(&mut self, nonce: Nonce) -> Option<Now> {
        let at = self.awaited.iter().position(|(awaited, _)| *awaited == nonce)?;
        self.awaited.remove(at).map(|(_, sent)| sent)
    }

    /// Keeps a grant until everything that it names has been applied.
    pub(super) fn granted(&mut self, sent: Now, granted: Granted, now: Now) {
        let age_ms = |waiting: &Waiting| now.boot_ms.saturating_sub(waiting.sent.boot_ms);
        self.waiting.retain(|waiting| age_ms(waiting) < waiting.window_ms);
        if self.waiting.len() >= MAX_WAITING {
            self.waiting.pop_back();
        }
        let window_ms = guard_window_ms(granted.lease_ms, granted.rho_ppm);
        self.waiting.push_back(Waiting { committed: granted.committed, sent, window_ms });
    }

    /// Uses the grants whose revision has been applied. Returns whether one came into use.
    pub(super) fn settle(&mut self, applied: Revision, gate: &Gate) -> bool {
        let mut used = false;
        let latest = &mut self.used_sent;
        self.waiting.retain(|grant| {
            if grant.committed > applied {
                return true;
            }
            if latest.is_none_or(|sent| sent.boot_ms <= grant.sent.boot_ms) {
                gate.use_lease(grant.sent, grant.window_ms);
                *latest = Some(grant.sent);
                used = true;
            }
            false
        });
        used
    }

    /// Whether a grant names more than has been applied.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Gives everything up: what was asked before now is not used.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
