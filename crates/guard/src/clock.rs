use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use counterfoil_feed::Now;
use rustix::time::{ClockId, clock_gettime};

/// Ends when the time is over.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Reads both clocks that a lease is judged by, and waits by them.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The moment.
    fn now(&self) -> Now;

    /// Waits until the boot clock shows this.
    fn sleep_until(&self, boot_ms: u64) -> Sleep;
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

    fn sleep_until(&self, boot_ms: u64) -> Sleep {
        let wait_ms = boot_ms.saturating_sub(self.now().boot_ms);
        Box::pin(tokio::time::sleep(Duration::from_millis(wait_ms)))
    }
}
