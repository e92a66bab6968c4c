//! Clocks that drift, stop and jump. True time is in microseconds.

use counterfoil_feed::Now;

/// 2023-11-14, in microseconds.
const WALL_START_US: i64 = 1_700_000_000_000_000;

#[derive(Clone, Debug)]
pub(super) struct Clock {
    boot_offset_us: i64,
    drift_ppm: i64,
    wall_offset_us: i64,
    /// True time during which the boot clock stood still: a hypervisor's pause.
    frozen_us: i64,
}

impl Clock {
    pub(super) fn new(boot_offset_us: i64, drift_ppm: i64) -> Self {
        Self { boot_offset_us, drift_ppm, wall_offset_us: WALL_START_US, frozen_us: 0 }
    }

    pub(super) fn read(&self, true_us: u64) -> Now {
        let us = i64::try_from(true_us).unwrap();
        let ran_us = us - self.frozen_us;
        let boot_us = self.boot_offset_us + ran_us + ran_us * self.drift_ppm / 1_000_000;
        let wall_us = self.wall_offset_us + us + us * self.drift_ppm / 1_000_000;
        Now { boot_ms: millis(boot_us), wall_ms: millis(wall_us) }
    }

    /// The boot clock stood still for so long, and the wall clock was set right afterwards.
    pub(super) fn freeze(&mut self, us: u64) {
        self.frozen_us += i64::try_from(us).unwrap();
    }

    pub(super) fn was_frozen(&self) -> bool {
        self.frozen_us > 0
    }

    pub(super) fn was_stepped(&self) -> bool {
        self.wall_offset_us != WALL_START_US
    }

    /// Somebody sets the wall clock.
    pub(super) fn step_wall(&mut self, us: i64) {
        self.wall_offset_us += us;
    }

    /// A true time, not before `true_us`, by which the boot clock has come to `boot_ms`.
    pub(super) fn when_boot(&self, boot_ms: u64, true_us: u64) -> u64 {
        let left_ms = boot_ms.saturating_sub(self.read(true_us).boot_ms);
        // Slow clocks need a little longer; a second look is cheap.
        true_us + (left_ms * 1_000).max(50)
    }
}

fn millis(us: i64) -> u64 {
    u64::try_from(us / 1_000).unwrap_or(0)
}
