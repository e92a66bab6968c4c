//! The server's end of one feed: committed changes in, frames out.

mod history;
mod ring;

use crate::{
    ChainHash, Diff, Epoch, FeedName, Frame, Head, Instance, Position, PseudonymKey, Reason,
    Revision, Revisions, Snapshot, SnapshotRequest, Watermark, WatermarkKey, WatermarkKind,
    Watermarks, block_end,
};
use counterfoil_jose::UnixTime;
use history::ChainHistory;
use ring::Ring;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

pub use history::HeadCheck;
pub use ring::{DIFF_FRAMES, RING_BYTES, RING_FRAMES, Resume, ResyncReason, SealedFrame};

/// How long changes are gathered while frames follow one another. A change after a pause leaves
/// at once.
pub const BATCH_MS: u64 = 20;

/// How long commits without a watermark may wait for a frame; nobody waits for those.
pub const QUIET_BATCH_MS: u64 = 250;

/// How often an idle feed says that it lives.
pub const HEARTBEAT_MS: u64 = 1_000;

/// The most watermarks of one frame: a receiver applies them in well under a millisecond, and the
/// frame stays below [`crate::MAX_FRAME_BYTES`].
pub const MAX_FRAME_WATERMARKS: usize = 256;

/// A committed change that bears a watermark for this API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which kind of thing it is about.
    pub kind: WatermarkKind,
    /// The thing's internal id, in the bytes of the change log.
    pub id: Vec<u8>,
    /// The change's place in the log.
    pub revision: Revision,
    /// Dead, or ask again.
    pub mode: crate::Mode,
    /// Why.
    pub reason: Reason,
    /// When every token of this API from before it has expired; see [`Watermark::expires_at`].
    pub expires_at: UnixTime,
}

/// What a snapshot says beyond the feed itself.
#[derive(Clone, Debug)]
pub struct SnapshotTerms {
    /// The length of a lease.
    pub lease_ms: u64,
    /// The bound on clock drift.
    pub rho_ppm: u32,
    /// The API's profile, as far as guards need it.
    pub facts: crate::ApiFacts,
    /// The keys of the outer MAC, the current one first.
    pub mac_keys: Vec<crate::MacKey>,
}

/// A change came out of the order of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfOrder {
    /// Up to where the publisher has read.
    pub head: Revision,
    /// What it was given next.
    pub got: Revision,
}

impl fmt::Display for OutOfOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "revision {} came after {}: the log must be read in order", self.got, self.head)
    }
}

impl std::error::Error for OutOfOrder {}

/// Turns one issuer's log into one API's frames.
///
/// Give it every commit in order ([`Publisher::commit`], [`Publisher::advance`]), call
/// [`Publisher::flush`] when [`Publisher::due_ms`] says, and send what comes out to every open
/// stream. All servers that read the same log make the same chain.
#[derive(Debug)]
pub struct Publisher {
    feed: FeedName,
    pseudonyms: PseudonymKey,
    epoch: Epoch,
    head: Revision,
    flushed: Revision,
    committed: Revision,
    chain: ChainHash,
    history: ChainHistory,
    table: Watermarks,
    pending: VecDeque<Watermark>,
    revisions: Revisions,
    announce: bool,
    last_frame_ms: Option<u64>,
    last_batch_ms: Option<u64>,
    ring: Ring,
}

impl Publisher {
    /// Opens a feed at the head of the log.
    ///
    /// `history` is every change with a watermark for this API that is after
    /// [`crate::block_start`]`(head)` or has not expired, in order. Where a feed starts in a new
    /// epoch, `head` is at least [`Revision::next_epoch_base`] of the old one.
    ///
    /// # Errors
    /// [`OutOfOrder`] if `history` is not ascending or goes beyond `head`.
    pub fn open(
        feed: FeedName,
        pseudonyms: PseudonymKey,
        head: Position,
        history: impl IntoIterator<Item = Change>,
    ) -> Result<Self, OutOfOrder> {
        let start = crate::block_start(head.seq);
        let anchor = ChainHash::anchor(&feed, head.epoch, start);
        let mut publisher = Self {
            feed,
            pseudonyms,
            epoch: head.epoch,
            head: Revision::ZERO,
            flushed: start,
            committed: Revision::ZERO,
            chain: anchor,
            history: ChainHistory::new(start, anchor),
            table: Watermarks::default(),
            pending: VecDeque::new(),
            revisions: Revisions::default(),
            announce: false,
            last_frame_ms: None,
            last_batch_ms: None,
            ring: Ring::default(),
        };
        for change in history {
            publisher.commit(&change)?;
        }
        publisher.advance(head.seq)?;
        publisher.settle_history(start);
        Ok(publisher)
    }

    /// Takes what was read at the start as published: nobody is owed a frame for it.
    fn settle_history(&mut self, start: Revision) {
        for watermark in std::mem::take(&mut self.pending) {
            if watermark.not_before > start {
                self.chain = self.chain.then(&watermark);
                self.history.push(watermark.not_before, self.chain);
            }
        }
        self.flushed = self.head;
    }

    /// Takes the next change of the log that bears a watermark for this API.
    ///
    /// # Errors
    /// [`OutOfOrder`]: nothing was taken.
    pub fn commit(&mut self, change: &Change) -> Result<(), OutOfOrder> {
        if change.revision <= self.head {
            return Err(OutOfOrder { head: self.head, got: change.revision });
        }
        let id = self.pseudonyms.id(change.kind, &change.id);
        let watermark = Watermark {
            key: WatermarkKey { kind: change.kind, id },
            not_before: change.revision,
            mode: change.mode,
            reason: change.reason,
            expires_at: change.expires_at,
        };
        self.head = change.revision;
        self.committed = change.revision;
        self.table.apply(&watermark);
        self.pending.push_back(watermark);
        Ok(())
    }

    /// Notes that the log has been read up to here, with no further watermark for this API.
    ///
    /// # Errors
    /// [`OutOfOrder`] if it was read further already.
    pub fn advance(&mut self, to: Revision) -> Result<(), OutOfOrder> {
        if to < self.head {
            return Err(OutOfOrder { head: self.head, got: to });
        }
        self.head = to;
        Ok(())
    }

    /// Notes how far other things have moved. The next frame leaves at once and says so.
    pub fn announce(&mut self, revisions: Revisions) {
        self.announce |= revisions != self.revisions;
        self.revisions = revisions;
    }

    /// When [`Publisher::flush`] should be called next, by the server's clock.
    #[must_use]
    pub fn due_ms(&self, now_ms: u64) -> u64 {
        let (last_ms, pause_ms) = if self.announce || !self.pending.is_empty() {
            (self.last_batch_ms, BATCH_MS)
        } else if self.head > self.flushed {
            (self.last_frame_ms, QUIET_BATCH_MS)
        } else {
            (self.last_frame_ms, HEARTBEAT_MS)
        };
        last_ms.map_or(now_ms, |last_ms| last_ms.saturating_add(pause_ms))
    }

    /// Makes the next frame, if one is due; call again until there is none.
    ///
    /// `seal` signs it, as [`crate::FeedSigner::frame`] does. A frame of an empty range is a
    /// heartbeat, which no stream needs to be given later.
    pub fn flush(
        &mut self,
        now_ms: u64,
        iat: UnixTime,
        seal: impl FnOnce(&Frame) -> String,
    ) -> Option<Arc<SealedFrame>> {
        if self.due_ms(now_ms) > now_ms {
            return None;
        }
        let frame = self.next_frame(iat);
        let next_hash = self.hash_after(&frame);
        let sealed = Arc::new(SealedFrame { compact: seal(&frame), frame, next_hash });
        self.take(&sealed, now_ms);
        Some(sealed)
    }

    /// The frame after the last one: bounded in watermarks, and never across a block of the chain.
    fn next_frame(&self, iat: UnixTime) -> Frame {
        let from_seq = self.flushed.next();
        let last = self.head.min(block_end(from_seq));
        let watermarks: Vec<Watermark> = self
            .pending
            .iter()
            .take_while(|watermark| watermark.not_before <= last)
            .take(MAX_FRAME_WATERMARKS)
            .copied()
            .collect();
        let more = self.pending.get(watermarks.len()).is_some_and(|next| next.not_before <= last);
        let to_seq = match watermarks.last() {
            Some(cut) if more => cut.not_before,
            _ => last,
        };
        Frame {
            feed: self.feed.clone(),
            epoch: self.epoch,
            from_seq,
            to_seq,
            prev_hash: self.chain,
            iat,
            watermarks,
            revisions: self.revisions,
        }
    }

    fn hash_after(&self, frame: &Frame) -> ChainHash {
        if !frame.is_empty_range() && frame.to_seq == block_end(frame.from_seq) {
            return ChainHash::anchor(&self.feed, self.epoch, frame.to_seq);
        }
        frame.watermarks.iter().fold(self.chain, ChainHash::then)
    }

    fn take(&mut self, sealed: &Arc<SealedFrame>, now_ms: u64) {
        let frame = &sealed.frame;
        self.pending.drain(..frame.watermarks.len());
        let mut chain = self.chain;
        for watermark in &frame.watermarks {
            chain = chain.then(watermark);
            self.history.push(watermark.not_before, chain);
        }
        if chain != sealed.next_hash {
            self.history.push(frame.to_seq, sealed.next_hash);
        }
        self.chain = sealed.next_hash;
        self.flushed = frame.to_seq;
        // Where one frame could not hold everything the next one follows at once.
        let done = self.flushed == self.head;
        self.last_frame_ms = done.then_some(now_ms);
        if self.announce || !frame.watermarks.is_empty() {
            self.last_batch_ms = done.then_some(now_ms);
        }
        self.announce = false;
        if !frame.is_empty_range() {
            self.ring.push(Arc::clone(sealed));
        }
    }

    /// The frames that a stream must be sent before the live ones.
    ///
    /// As for a lease, the log must have been read up to a head that was looked up after the
    /// request arrived; then [`ResyncReason::HistoryLost`] means that the epoch must be raised.
    pub fn resume(&self, after: &Head) -> Resume {
        if after.at.epoch != self.epoch {
            return Resume::Resync(ResyncReason::EpochChanged);
        }
        match self.check_head(after) {
            HeadCheck::Forked | HeadCheck::Beyond => Resume::Resync(ResyncReason::HistoryLost),
            HeadCheck::Unknown => Resume::Resync(ResyncReason::TooOld),
            HeadCheck::Same => self.ring.after(after.at.seq, self.flushed),
        }
    }

    /// Answers a diff query or a long poll: frames after the cursor, at most [`DIFF_FRAMES`].
    #[must_use]
    pub fn diff(&self, cursor: &Head) -> Diff {
        let Resume::Frames(frames) = self.resume(cursor) else {
            return Diff { diff_set: Vec::new(), cursor: None, more: true };
        };
        let some: Vec<_> = frames.iter().take(DIFF_FRAMES).collect();
        Diff {
            diff_set: some.iter().map(|sealed| sealed.compact.clone()).collect(),
            cursor: Some(some.last().map_or(*cursor, |sealed| sealed.head())),
            more: frames.len() > some.len(),
        }
    }

    /// A snapshot for one guard, which the server knows as `instance`; the caller signs it.
    ///
    /// What the guard says it has is compared with this history first: see
    /// [`Publisher::check_head`].
    #[must_use]
    pub fn snapshot(
        &self,
        request: &SnapshotRequest,
        instance: Instance,
        terms: SnapshotTerms,
        iat: UnixTime,
    ) -> Snapshot {
        let continues = request.have.is_some_and(|have| self.check_head(&have) == HeadCheck::Same);
        Snapshot {
            feed: self.feed.clone(),
            at: Position::new(self.epoch, self.flushed),
            instance,
            nonce: request.nonce,
            head_hash: self.chain,
            continues,
            iat,
            watermarks: self.table.live(self.pseudonyms.id(WatermarkKind::Api, &[])),
            floor: self.table.floor(),
            revisions: self.revisions,
            lease_ms: terms.lease_ms,
            rho_ppm: terms.rho_ppm,
            facts: terms.facts,
            mac_keys: terms.mac_keys,
        }
    }

    /// Forgets watermarks that have expired. Call it every few seconds.
    pub fn prune(&mut self, now: UnixTime) {
        self.table.prune(now);
    }

    /// Compares a guard's position with this history. [`HeadCheck::Forked`] and
    /// [`HeadCheck::Beyond`] mean that acknowledged history was lost: raise the epoch.
    pub fn check_head(&self, head: &Head) -> HeadCheck {
        if head.at.epoch != self.epoch {
            return HeadCheck::Unknown;
        }
        if head.at.seq > self.head {
            return HeadCheck::Beyond;
        }
        self.history.check(head.at.seq, head.hash)
    }

    /// The live watermarks, for the server's own introspection.
    #[must_use]
    pub fn watermarks(&self) -> &Watermarks {
        &self.table
    }

    /// Keys an internal id for this API, for introspection answers and JWTs.
    #[must_use]
    pub fn keyed_id(&self, kind: WatermarkKind, internal: &[u8]) -> crate::KeyedId {
        self.pseudonyms.id(kind, internal)
    }

    /// Whose feed, for which API.
    #[must_use]
    pub fn feed(&self) -> &FeedName {
        &self.feed
    }

    /// Up to where the log has been read.
    #[must_use]
    pub fn head(&self) -> Position {
        Position::new(self.epoch, self.head)
    }

    /// The last revision that bears a watermark for this API.
    #[must_use]
    pub fn committed(&self) -> Revision {
        self.committed
    }
}
