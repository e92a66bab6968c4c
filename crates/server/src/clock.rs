//! The clock is read at the door and handed down.

use std::{fmt, sync::Arc, time::SystemTime};

use counterfoil_jose::UnixTime;

/// Where the server gets the moment from. Tests bring their own.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64;

    /// Milliseconds since the machine booted, sleep included: what leases are counted by. It never
    /// goes back, and a suspended machine wakes up to find its leases over.
    fn boot_ms(&self) -> u64;

    /// Nanoseconds on a clock that only measures durations.
    fn ticks(&self) -> u64;

    /// Whole seconds since the Unix epoch.
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.now_ms().div_euclid(1_000))
    }
}

/// The machine's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl SystemClock {
    /// The machine's wall clock, shared.
    #[must_use]
    pub fn shared() -> Arc<dyn Clock> {
        Arc::new(Self)
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the door: the one reading of the clock")]
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn boot_ms(&self) -> u64 {
        let at = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let secs = u64::try_from(at.tv_sec).unwrap_or(0);
        let nanos = u64::try_from(at.tv_nsec).unwrap_or(0);
        secs.saturating_mul(1_000).saturating_add(nanos / 1_000_000)
    }

    fn ticks(&self) -> u64 {
        let at = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let secs = u64::try_from(at.tv_sec).unwrap_or(0);
        secs.saturating_mul(1_000_000_000).saturating_add(u64::try_from(at.tv_nsec).unwrap_or(0))
    }
}
