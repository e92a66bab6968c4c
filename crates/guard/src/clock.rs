use std::{fmt, sync::Arc, time::SystemTime};

use counterfoil_feed::Now;
use rustix::time::{ClockId, clock_gettime};

/// Reads both clocks that a lease is judged by.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The moment.
    fn now(&self) -> Now;
}

/// The machine's clocks: `CLOCK_BOOTTIME`, which counts the time that a machine is suspended, and
/// the wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl SystemClock {
    /// The machine's clocks, shared.
    #[must_use]
    pub fn shared() -> Arc<dyn Clock> {
        Arc::new(Self)
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the door: the one reading of the clock")]
    fn now(&self) -> Now {
        let boot = clock_gettime(ClockId::Boottime);
        let secs = u64::try_from(boot.tv_sec).unwrap_or(0);
        let millis = u64::try_from(boot.tv_nsec).unwrap_or(0) / 1_000_000;
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Now {
            boot_ms: secs.saturating_mul(1_000).saturating_add(millis),
            wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
