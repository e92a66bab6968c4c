//! A clock that only measures durations.

use counterfoil_server::{Clock, SystemClock};

/// Nanoseconds since some moment.
pub(crate) fn nanos() -> u64 {
    SystemClock.ticks()
}
