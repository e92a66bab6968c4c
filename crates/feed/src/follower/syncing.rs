use super::backoff::jitter_ms;
use super::{Action, BEHIND_MS, CALL_TIMEOUT_MS, Call, FollowError, Follower, SILENCE_MS};
use crate::lease_time::renew_after_ms;
use crate::{Now, Position, Revision, Snapshot, Verified};
use rand_core::RngCore;

/// Where every guard starts over at once, each waits up to this long first.
const HERD_JITTER_MS: u64 = 100;

impl Follower {
    /// Takes a snapshot.
    ///
    /// # Errors
    /// [`FollowError`]: nothing was taken, and another one is fetched after a while.
    pub fn snapshot(
        &mut self,
        attempt: u64,
        snapshot: &Verified<Snapshot>,
        now: Now,
        rng: &mut dyn RngCore,
    ) -> Result<(), FollowError> {
        if !self.snapshot.runs(attempt) {
            return Err(FollowError::StaleAttempt);
        }
        if self.snapshot_nonce != Some(snapshot.nonce) {
            return Err(FollowError::UnknownNonce);
        }
        if let Err(refused) = self.admit(snapshot.at) {
            // While frames keep coming they may overtake a snapshot that was fetched for the
            // profile alone; that one is good if it is of the profile that was asked for.
            let overtaken = self.following && snapshot.at.epoch == self.high_water.epoch;
            if overtaken && snapshot.revisions.config >= self.revisions.config {
                self.snapshot.cancel();
                self.take_terms(snapshot);
                return Ok(());
            }
            self.snapshot.back_off(now.boot_ms, rng);
            return Err(refused);
        }
        self.snapshot.cancel();
        self.snapshot.succeeded();
        self.take_snapshot(snapshot, now);
        Ok(())
    }

    /// Notes that the server ended the stream with "resync", or that a diff's cursor is gone.
    pub fn resync(&mut self, now: Now, rng: &mut dyn RngCore) {
        self.start_over(now, rng);
        self.report(now);
    }

    /// Notes a position seen elsewhere, in an introspection answer or a token: a guard that finds
    /// itself behind for long suspects its stream.
    pub fn hint(&mut self, seen: Position, now: Now, rng: &mut dyn RngCore) {
        let applied = self.gate.applied();
        if self.following && seen.epoch > applied.epoch {
            self.start_over(now, rng);
            self.report(now);
        } else if seen.epoch == applied.epoch {
            self.hinted = self.hinted.max(seen.seq);
            self.settle(now);
        }
    }

    fn admit(&self, at: Position) -> Result<(), FollowError> {
        let high_water = self.high_water;
        if at < high_water {
            return Err(FollowError::SnapshotRolledBack { got: at, high_water });
        }
        if at.seq < high_water.seq {
            return Err(FollowError::EpochOverlaps { got: at, high_water });
        }
        Ok(())
    }

    fn take_snapshot(&mut self, snapshot: &Snapshot, now: Now) {
        let another = self.gate.is_warm() && !snapshot.continues;
        self.gate.replace(&snapshot.watermarks, snapshot.floor, snapshot.at);
        if another {
            self.gate.new_history();
            self.must_reach = Revision::ZERO;
            self.hinted = Revision::ZERO;
            self.push(Action::DropIdentities);
        }
        self.chain = snapshot.head_hash;
        self.high_water = snapshot.at;
        self.take_terms(snapshot);
        self.heard_ms = now.boot_ms;
        if !self.following {
            self.following = true;
            self.stream.ask(now.boot_ms);
            self.lease_at_ms = Some(now.boot_ms);
        }
        self.settle(now);
    }

    fn take_terms(&mut self, snapshot: &Snapshot) {
        self.instance = Some(snapshot.instance.clone());
        self.lease_ms = Some(snapshot.lease_ms);
        self.rho_ppm = snapshot.rho_ppm;
        let grown = snapshot.revisions;
        if grown != self.revisions {
            self.revisions = grown;
            self.push(Action::Moved(grown));
        }
    }

    /// Gives up what has been followed: the next answers wait for a snapshot.
    pub(super) fn start_over(&mut self, now: Now, rng: &mut dyn RngCore) {
        self.lose_lease();
        self.behind_since_ms = None;
        self.gaps = 0;
        let underway = self.snapshot.due_ms().or(self.snapshot.running_since_ms());
        if !self.following && underway.is_some() {
            return;
        }
        self.following = false;
        self.stream.cancel();
        let wait_ms = jitter_ms(rng, HERD_JITTER_MS) + self.resync_backoff.next_ms(rng) / 2;
        self.snapshot.ask(now.boot_ms.saturating_add(wait_ms));
        self.report(now);
    }

    pub(super) fn lose_lease(&mut self) {
        self.gate.withdraw_lease();
        self.book.clear();
    }

    pub(super) fn behind_limit_ms(&self) -> u64 {
        self.lease_ms.map_or(BEHIND_MS, |lease_ms| BEHIND_MS.min(renew_after_ms(lease_ms)))
    }

    /// Judges streams by what arrives, not by whether a connection is up.
    pub(super) fn watch(&mut self, now: Now, rng: &mut dyn RngCore) {
        let past = |since_ms: u64, limit_ms| now.boot_ms.saturating_sub(since_ms) >= limit_ms;
        if self.snapshot.running_since_ms().is_some_and(|since| past(since, CALL_TIMEOUT_MS)) {
            self.snapshot.back_off(now.boot_ms, rng);
        }
        if !self.following {
            return;
        }
        let limit_ms = self.behind_limit_ms();
        let silent = past(self.heard_ms, SILENCE_MS);
        let behind = self.behind_since_ms.is_some_and(|since_ms| past(since_ms, limit_ms));
        if behind {
            self.behind_since_ms = Some(now.boot_ms);
        }
        if silent {
            self.heard_ms = now.boot_ms;
        }
        if (silent || behind) && self.stream.running_since_ms().is_some() {
            self.stream.back_off(now.boot_ms, rng);
        }
    }
}

/// The call that a driver makes for an action, to report its failure.
impl Action {
    /// What to hand to [`Follower::failed`] if the call fails; `None` where there is no call.
    #[must_use]
    pub fn call(&self) -> Option<Call> {
        match self {
            Self::FetchSnapshot { attempt, .. } => Some(Call::Snapshot(*attempt)),
            Self::OpenStream { attempt, .. } => Some(Call::Stream(*attempt)),
            Self::SendLease(_) => Some(Call::Lease),
            Self::Ready | Self::NotReady(_) | Self::DropIdentities | Self::Moved(_) => None,
        }
    }
}
