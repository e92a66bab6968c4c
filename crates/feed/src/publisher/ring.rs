use crate::{ChainHash, Frame, Head, Position, Revision};
use std::collections::VecDeque;
use std::sync::Arc;

/// The most frames kept for guards that come back: more than a minute under full load.
pub const RING_FRAMES: usize = 4_096;

/// The most bytes of frames kept: bounds memory per API.
pub const RING_BYTES: usize = 8 * 1024 * 1024;

/// The most frames in one answer to a diff or a long poll.
pub const DIFF_FRAMES: usize = 64;

/// A frame and its signed form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedFrame {
    /// The frame.
    pub frame: Frame,
    /// The compact JWS.
    pub compact: String,
    /// The chain after the frame.
    pub next_hash: ChainHash,
}

impl SealedFrame {
    /// Where a guard stands that has applied the frame.
    #[must_use]
    pub fn head(&self) -> Head {
        let at = Position::new(self.frame.epoch, self.frame.to_seq);
        Head { at, hash: self.next_hash }
    }
}

/// What a guard that comes back needs.
#[derive(Clone, Debug)]
#[must_use]
pub enum Resume {
    /// These frames, then the live ones. Empty where nothing was missed.
    Frames(Vec<Arc<SealedFrame>>),
    /// A snapshot.
    Resync(ResyncReason),
}

/// Why a guard needs a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResyncReason {
    /// It follows another epoch.
    EpochChanged,
    /// What it missed is no longer kept.
    TooOld,
    /// It has applied what the log does not hold: the log lost its tail. Raise the epoch.
    HistoryLost,
}

impl ResyncReason {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EpochChanged => "epoch_changed",
            Self::TooOld => "too_old",
            Self::HistoryLost => "history_lost",
        }
    }
}

/// Recent frames, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Ring {
    frames: VecDeque<Arc<SealedFrame>>,
    bytes: usize,
}

impl Ring {
    pub(super) fn push(&mut self, frame: Arc<SealedFrame>) {
        self.bytes = self.bytes.saturating_add(frame.compact.len());
        self.frames.push_back(frame);
        while self.frames.len() > RING_FRAMES || self.bytes > RING_BYTES {
            let Some(gone) = self.frames.pop_front() else { return };
            self.bytes = self.bytes.saturating_sub(gone.compact.len());
        }
    }

    /// What follows `after`, given that everything up to `flushed` was framed once.
    pub(super) fn after(&self, after: Revision, flushed: Revision) -> Resume {
        if after >= flushed {
            return Resume::Frames(Vec::new());
        }
        let first = self.frames.partition_point(|sealed| sealed.frame.to_seq <= after);
        let rest: Vec<_> = self.frames.range(first..).map(Arc::clone).collect();
        match rest.first() {
            Some(next) if next.frame.from_seq <= after.next() => Resume::Frames(rest),
            _ => Resume::Resync(ResyncReason::TooOld),
        }
    }
}
