use super::{Action, FollowError, Follower};
use crate::{ChainHash, Frame, Now, Position, Revision, Revisions, Verified, block_end};
use rand_core::RngCore;

/// Gaps in a row before a snapshot is fetched instead of opening the stream again.
const MAX_GAPS: u32 = 3;

impl Follower {
    /// Takes a frame or a heartbeat.
    ///
    /// Frames may arrive twice, or overlap what has been applied; only a gap matters.
    ///
    /// # Errors
    /// [`FollowError`]: the frame was not applied, and what it takes to catch up is on its way.
    pub fn frame(
        &mut self,
        frame: &Verified<Frame>,
        now: Now,
        rng: &mut dyn RngCore,
    ) -> Result<(), FollowError> {
        let applied = self.gate.applied();
        if frame.epoch > applied.epoch && self.following {
            self.start_over(now, rng);
            return Err(FollowError::EpochChanged);
        }
        if !self.following {
            return Err(FollowError::NoSnapshot);
        }
        if frame.epoch < applied.epoch {
            return Err(FollowError::OldEpoch);
        }
        self.heard_ms = now.boot_ms;
        if frame.from_seq > applied.seq.next() {
            let from = Position::new(frame.epoch, frame.from_seq);
            self.fall_behind(frame.to_seq, now, rng);
            return Err(FollowError::Gap { applied, from });
        }
        if self.is_news(frame, applied.seq) {
            self.take(frame, applied.seq, now, rng)?;
        }
        self.moved(frame.revisions, now);
        self.settle(now);
        Ok(())
    }

    /// Whether the frame says anything about what lies after `applied`.
    fn is_news(&self, frame: &Frame, applied: Revision) -> bool {
        frame.to_seq > applied || (frame.is_empty_range() && frame.to_seq == applied)
    }

    fn take(
        &mut self,
        frame: &Frame,
        applied: Revision,
        now: Now,
        rng: &mut dyn RngCore,
    ) -> Result<(), FollowError> {
        let (known, new) = frame
            .watermarks
            .split_at(frame.watermarks.partition_point(|w| w.not_before <= applied));
        if known.iter().fold(frame.prev_hash, ChainHash::then) != self.chain {
            // The server continues another history. Fetching a snapshot tells it so.
            self.start_over(now, rng);
            return Err(FollowError::ChainBroken);
        }
        let chain = new.iter().fold(self.chain, ChainHash::then);
        self.gate.apply(new, frame.to_seq);
        let at = Position::new(frame.epoch, frame.to_seq);
        self.chain = if !frame.is_empty_range() && frame.to_seq == block_end(frame.from_seq) {
            ChainHash::anchor(&self.config.feed, frame.epoch, frame.to_seq)
        } else {
            chain
        };
        self.high_water = self.high_water.max(at);
        self.gaps = 0;
        self.stream.succeeded();
        if !new.is_empty() {
            self.acknowledge(now);
        }
        Ok(())
    }

    /// Frames are missing: no answer from the cache until they are here.
    fn fall_behind(&mut self, known_to_exist: Revision, now: Now, rng: &mut dyn RngCore) {
        self.must_reach = self.must_reach.max(known_to_exist);
        self.gaps = self.gaps.saturating_add(1);
        if self.gaps > MAX_GAPS {
            self.start_over(now, rng);
            return;
        }
        self.lose_lease();
        self.stream.ask(now.boot_ms);
        self.lease_at_ms = Some(now.boot_ms);
        self.report(now);
    }

    /// Notes the numbers that every frame carries; they only grow.
    pub(super) fn moved(&mut self, to: Revisions, now: Now) {
        let grown = Revisions {
            keys: self.revisions.keys.max(to.keys),
            permission: self.revisions.permission.max(to.permission),
            config: self.revisions.config.max(to.config),
        };
        if grown == self.revisions {
            return;
        }
        if grown.config > self.revisions.config && self.snapshot.running_since_ms().is_none() {
            self.snapshot.ask(now.boot_ms);
        }
        self.revisions = grown;
        self.push(Action::Moved(grown));
    }
}
