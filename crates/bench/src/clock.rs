//! The one place where the bench reads clocks.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// A moment to measure from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since(Instant);

impl Since {
    #[expect(clippy::disallowed_methods, reason = "measuring time is what a bench is for")]
    pub(crate) fn now() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    pub(crate) fn secs(self) -> f64 {
        self.elapsed().as_secs_f64()
    }
}

/// Nanoseconds of CPU time that this thread has had: what others do on the machine counts less.
pub(crate) fn thread_cpu_ns() -> u64 {
    let at = clock_gettime(ClockId::ThreadCPUTime);
    let secs = u64::try_from(at.tv_sec).unwrap_or(0);
    secs.saturating_mul(1_000_000_000).saturating_add(u64::try_from(at.tv_nsec).unwrap_or(0))
}
