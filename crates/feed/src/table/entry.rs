use crate::{Mode, Reason, Revision, Watermark, WatermarkKey};
use counterfoil_jose::UnixTime;

/// What is known about one key: the newest watermark of each mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    hard: Option<Mark>,
    soft: Option<Mark>,
}

/// Ordered by revision first, so that the greater mark is the one that counts; the reason only
/// breaks ties, which keeps joining order-free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    not_before: Revision,
    reason: Reason,
    expires_at: UnixTime,
}

impl Entry {
    pub(super) fn join(&mut self, watermark: &Watermark) -> bool {
        let Watermark { not_before, reason, expires_at, .. } = *watermark;
        let new = Mark { not_before, reason, expires_at };
        let half = match watermark.mode {
            Mode::Hard => &mut self.hard,
            Mode::Soft => &mut self.soft,
        };
        let old = *half;
        let mut joined = old.map_or(new, |old| old.max(new));
        // The older mark's end still counts: what it kills is killed by the newer one now.
        joined.expires_at = joined.expires_at.max(expires_at);
        if let Some(old) = old {
            joined.expires_at = joined.expires_at.max(old.expires_at);
        }
        *half = Some(joined);
        old != Some(joined)
    }

    pub(super) fn hard_before(&self) -> Revision {
        self.hard.map_or(Revision::ZERO, |mark| mark.not_before)
    }

    pub(super) fn hard_reason(&self) -> Reason {
        self.hard.map_or(Reason::Other, |mark| mark.reason)
    }

    pub(super) fn soft_before(&self) -> Revision {
        self.soft.map_or(Revision::ZERO, |mark| mark.not_before)
    }

    pub(super) fn newest(&self) -> Revision {
        self.hard_before().max(self.soft_before())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.hard.is_none() && self.soft.is_none()
    }

    pub(super) fn forget_expired(&mut self, now: UnixTime, floor: &mut Revision) -> bool {
        let mut forgotten = false;
        for half in [&mut self.hard, &mut self.soft] {
            if let Some(mark) = half.take_if(|mark| mark.expires_at <= now) {
                *floor = (*floor).max(mark.not_before);
                forgotten = true;
            }
        }
        forgotten
    }

    pub(super) fn watermarks(&self, key: WatermarkKey) -> impl Iterator<Item = Watermark> + use<> {
        let of = move |mode, mark: Mark| Watermark {
            key,
            not_before: mark.not_before,
            mode,
            reason: mark.reason,
            expires_at: mark.expires_at,
        };
        let soft = self.soft.map(|mark| of(Mode::Soft, mark));
        let hard = self.hard.map(|mark| of(Mode::Hard, mark));
        soft.into_iter().chain(hard)
    }
}
