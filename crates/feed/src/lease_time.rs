//! The arithmetic of leases, in one place for both ends.

/// The longest lease that either end agrees to: a minute is no longer "fresh".
pub const MAX_LEASE_MS: u64 = 60_000;

/// The shortest lease: below it, network jitter alone makes guards lapse.
pub const MIN_LEASE_MS: u64 = 100;

/// The default lease.
pub const DEFAULT_LEASE_MS: u64 = 5_000;

/// The default bound on clock drift, in parts per million: five times what quartz does.
pub const DEFAULT_RHO_PPM: u32 = 500;

/// The greatest drift bound that makes sense; beyond it a clock is broken.
pub const MAX_RHO_PPM: u32 = 100_000;

/// A millisecond clock shows up to one millisecond less than has passed.
const CLOCK_GRAIN_MS: u64 = 1;

/// For how long a guard may use a lease, from when it sent the request, by its own clocks:
/// `L·(1 − ρ)`, less a millisecond for the clock's grain.
#[must_use]
pub fn guard_window_ms(lease_ms: u64, rho_ppm: u32) -> u64 {
    lease_ms.saturating_sub(drift_ms(lease_ms, rho_ppm)).saturating_sub(CLOCK_GRAIN_MS)
}

/// How long the server waits, from when it granted, before it counts the lease as ended:
/// `L·(1 + ρ)`, and a millisecond for the clock's grain.
#[must_use]
pub fn server_wait_ms(lease_ms: u64, rho_ppm: u32) -> u64 {
    lease_ms.saturating_add(drift_ms(lease_ms, rho_ppm)).saturating_add(CLOCK_GRAIN_MS)
}

/// When a guard renews: a third of the lease after the last request, so that two may be lost.
#[must_use]
pub fn renew_after_ms(lease_ms: u64) -> u64 {
    (lease_ms / 3).max(1)
}

/// `L·ρ`, rounded up.
fn drift_ms(lease_ms: u64, rho_ppm: u32) -> u64 {
    lease_ms.saturating_mul(u64::from(rho_ppm)).div_ceil(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_example() {
        assert_eq!(guard_window_ms(5_000, 500), 4_996);
        assert_eq!(server_wait_ms(5_000, 500), 5_004);
        assert_eq!(renew_after_ms(5_000), 1_666);
    }

    #[test]
    fn extremes_do_not_wrap() {
        assert_eq!(guard_window_ms(0, MAX_RHO_PPM), 0);
        assert_eq!(guard_window_ms(1, MAX_RHO_PPM), 0);
        assert_eq!(server_wait_ms(u64::MAX, MAX_RHO_PPM), u64::MAX);
    }
}
