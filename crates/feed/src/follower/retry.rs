use super::backoff::Backoff;
use rand_core::RngCore;

/// When to make a call, and which attempt it is.
#[derive(Debug, Default)]
pub(super) struct Retry {
    attempt: u64,
    stage: Stage,
    backoff: Backoff,
}

#[derive(Clone, Copy, Debug, Default)]
enum Stage {
    #[default]
    Idle,
    Due {
        at_ms: u64,
    },
    Running {
        since_ms: u64,
    },
}

impl Retry {
    /// Asks for the call at this time, or leaves it at an earlier one.
    pub(super) fn ask(&mut self, at_ms: u64) {
        let at_ms = match self.stage {
            Stage::Due { at_ms: before_ms } => at_ms.min(before_ms),
            Stage::Idle | Stage::Running { .. } => at_ms,
        };
        self.stage = Stage::Due { at_ms };
    }

    /// Gives the call up, running or not.
    pub(super) fn cancel(&mut self) {
        self.stage = Stage::Idle;
    }

    /// Starts the call if it is due, and names the attempt.
    pub(super) fn start(&mut self, now_ms: u64) -> Option<u64> {
        match self.stage {
            Stage::Due { at_ms } if at_ms <= now_ms => {
                self.attempt = self.attempt.wrapping_add(1);
                self.stage = Stage::Running { since_ms: now_ms };
                Some(self.attempt)
            }
            _ => None,
        }
    }

    /// Whether this attempt is the one that runs.
    pub(super) fn runs(&self, attempt: u64) -> bool {
        attempt == self.attempt && matches!(self.stage, Stage::Running { .. })
    }

    /// Since when it runs.
    pub(super) fn running_since_ms(&self) -> Option<u64> {
        match self.stage {
            Stage::Running { since_ms } => Some(since_ms),
            Stage::Idle | Stage::Due { .. } => None,
        }
    }

    /// When it is due.
    pub(super) fn due_ms(&self) -> Option<u64> {
        match self.stage {
            Stage::Due { at_ms } => Some(at_ms),
            Stage::Idle | Stage::Running { .. } => None,
        }
    }

    /// Asks again later.
    pub(super) fn back_off(&mut self, now_ms: u64, rng: &mut dyn RngCore) {
        let wait_ms = self.backoff.next_ms(rng);
        self.stage = Stage::Due { at_ms: now_ms.saturating_add(wait_ms) };
    }

    pub(super) fn succeeded(&mut self) {
        self.backoff.reset();
    }
}
