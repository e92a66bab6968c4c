//! Time that passes when a test says so.

use counterfoil_feed::Now;
use counterfoil_guard::{Clock, Sleep};
use std::sync::Arc;
use tokio::sync::watch;

pub(crate) const START_SECS: i64 = 1_800_000_000;

#[derive(Clone, Debug)]
pub(crate) struct VirtualClock(Arc<watch::Sender<Now>>);

impl VirtualClock {
    pub(crate) fn new() -> Self {
        let start = Now { boot_ms: 1_000, wall_ms: START_SECS.unsigned_abs() * 1_000 };
        Self(Arc::new(watch::Sender::new(start)))
    }

    pub(crate) fn advance(&self, millis: u64) {
        self.0.send_modify(|now| {
            now.boot_ms += millis;
            now.wall_ms += millis;
        });
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Now {
        *self.0.borrow()
    }

    fn sleep_until(&self, boot_ms: u64) -> Sleep {
        let mut time = self.0.subscribe();
        Box::pin(async move {
            // A clock that is gone stands still.
            if time.wait_for(|now| now.boot_ms >= boot_ms).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
