use super::lease_book::Granted;
use super::{Action, FollowError, Follower};
use crate::lease_time::{MAX_LEASE_MS, MIN_LEASE_MS, renew_after_ms};
use crate::{LeaseGrant, LeaseRefusal, LeaseRequest, Now, Verified};
use rand_core::RngCore;

/// How far in the future a grant's `iat` may lie: clocks of servers differ, by seconds at most.
pub const MAX_IAT_SKEW_SECS: i64 = 60;

/// The least time between an acknowledgement and the request before it, so that a burst of frames
/// is acknowledged once.
const ACK_GAP_MS: u64 = 20;

impl Follower {
    /// Takes a lease grant.
    ///
    /// # Errors
    /// [`FollowError`]: the grant is not used.
    pub fn grant(
        &mut self,
        grant: &Verified<LeaseGrant>,
        now: Now,
        rng: &mut dyn RngCore,
    ) -> Result<(), FollowError> {
        let sent = self.book.answered(grant.nonce).ok_or(FollowError::UnknownNonce)?;
        if self.instance.as_ref() != Some(&grant.instance) {
            return Err(FollowError::OtherInstance);
        }
        if grant.iat.since(now.unix()) > MAX_IAT_SKEW_SECS {
            return Err(FollowError::FutureIat);
        }
        if !(MIN_LEASE_MS..=MAX_LEASE_MS).contains(&grant.lease_ms) {
            return Err(FollowError::LeaseLength);
        }
        let applied = self.gate.applied();
        if grant.epoch < applied.epoch {
            return Err(FollowError::OldEpoch);
        }
        if grant.epoch > applied.epoch {
            self.start_over(now, rng);
            return Err(FollowError::EpochChanged);
        }
        self.lease_backoff.reset();
        let granted = Granted {
            committed: grant.committed_seq,
            lease_ms: grant.lease_ms,
            rho_ppm: self.rho_ppm,
        };
        self.book.granted(sent, granted, now);
        self.settle(now);
        Ok(())
    }

    /// Notes that the server refused a lease. Refusals are not signed; all they can do is make
    /// this guard start over.
    pub fn lease_refused(&mut self, refusal: LeaseRefusal, now: Now, rng: &mut dyn RngCore) {
        match refusal {
            LeaseRefusal::ServerBehind => self.lease_failed(now, rng),
            LeaseRefusal::EpochChanged | LeaseRefusal::TooOld | LeaseRefusal::HistoryLost => {
                self.start_over(now, rng);
            }
            LeaseRefusal::UnknownInstance => {
                self.instance = None;
                self.start_over(now, rng);
            }
        }
        self.report(now);
    }

    /// Puts leases to use whose revision has been applied.
    pub(super) fn settle(&mut self, now: Now) {
        let applied = self.gate.applied().seq;
        if self.following && applied >= self.must_reach {
            self.book.settle(applied, &self.gate);
        }
        if self.book.waits() || applied < self.must_reach.max(self.hinted) {
            self.behind_since_ms.get_or_insert(now.boot_ms);
        } else {
            self.behind_since_ms = None;
        }
        self.report(now);
    }

    pub(super) fn lease_if_due(&mut self, now: Now, rng: &mut dyn RngCore) {
        let lapsed = self.gate.lease_left_ms(now) == 0 && self.shown == crate::State::Fresh;
        let due = self.lease_at_ms.is_some_and(|at_ms| at_ms <= now.boot_ms);
        if due || lapsed {
            self.send_lease(now, rng);
        }
    }

    pub(super) fn send_lease(&mut self, now: Now, rng: &mut dyn RngCore) {
        let (Some(instance), Some(lease_ms)) = (self.instance.clone(), self.lease_ms) else {
            return;
        };
        let applied = self.gate.applied();
        let nonce = self.book.send(now, rng);
        self.lease_sent_ms = Some(now.boot_ms);
        self.lease_at_ms = Some(now.boot_ms.saturating_add(renew_after_ms(lease_ms)));
        self.push(Action::SendLease(LeaseRequest {
            instance,
            nonce,
            epoch: applied.epoch,
            applied_seq: applied.seq,
            head_hash: self.chain,
        }));
    }

    /// Acknowledges soon: a receipt may be waiting for this guard.
    pub(super) fn acknowledge(&mut self, now: Now) {
        let gap_end_ms = self.lease_sent_ms.map_or(0, |sent_ms| sent_ms.saturating_add(ACK_GAP_MS));
        let at_ms = gap_end_ms.max(now.boot_ms);
        self.lease_at_ms = Some(self.lease_at_ms.map_or(at_ms, |planned_ms| planned_ms.min(at_ms)));
    }

    pub(super) fn lease_failed(&mut self, now: Now, rng: &mut dyn RngCore) {
        let retry_ms = now.boot_ms.saturating_add(self.lease_backoff.next_ms(rng));
        self.lease_at_ms = Some(match self.lease_at_ms {
            Some(planned_ms) if planned_ms > now.boot_ms => planned_ms.min(retry_ms),
            _ => retry_ms,
        });
    }
}
