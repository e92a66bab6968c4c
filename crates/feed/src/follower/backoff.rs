use rand_core::RngCore;

/// The first wait after a failure.
const FIRST_MS: u64 = 50;

/// The longest wait between tries: a guard is back within this and a few round trips, and a
/// thousand of them ask a failing server a thousand times in this long.
pub const BACKOFF_MAX_MS: u64 = 2_000;

/// Doubles waits from failure to failure, with jitter so that guards do not march in step.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// How long to wait after one more failure: half of the bound for sure, half by chance.
    pub(super) fn next_ms(&mut self, rng: &mut dyn RngCore) -> u64 {
        let bound_ms = FIRST_MS.saturating_mul(1 << self.failures.min(16)).min(BACKOFF_MAX_MS);
        self.failures = self.failures.saturating_add(1);
        bound_ms / 2 + jitter_ms(rng, bound_ms / 2)
    }

    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// A number of milliseconds up to and with `bound_ms`.
pub(super) fn jitter_ms(rng: &mut dyn RngCore, bound_ms: u64) -> u64 {
    rng.next_u64() % bound_ms.saturating_add(1)
}
