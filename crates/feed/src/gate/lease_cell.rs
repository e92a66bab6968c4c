use crate::Now;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How often a reader tries again while the lease is being written, which takes nanoseconds.
/// Then it answers as if there were none.
const MAX_READS: usize = 64;

/// The lease as all request threads see it: written by one, read by many, never torn.
///
/// A sequence lock out of atomics: `version` is odd during a write, and a reader that saw it odd
/// or changing reads again.
#[derive(Debug, Default)]
pub(super) struct LeaseCell {
    version: AtomicU64,
    usable: AtomicBool,
    sent_boot_ms: AtomicU64,
    sent_wall_ms: AtomicU64,
    window_ms: AtomicU64,
}

/// How a lease stands at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Usable,
    /// Ran out so many milliseconds ago; `None` where a clock went backwards.
    Ended {
        ago_ms: Option<u64>,
    },
    /// There never was one, or it was given up before its end.
    Withdrawn {
        ago_ms: Option<u64>,
    },
}

#[derive(Clone, Copy)]
struct Lease {
    usable: bool,
    sent: Now,
    window_ms: u64,
}

impl Lease {
    /// Time since the request was sent, by whichever clock says more. The boot clock is the
    /// lease's; the wall clock can only shorten it, and one that went back ends it.
    fn age_ms(&self, now: Now) -> Option<u64> {
        let boot_ms = now.boot_ms.checked_sub(self.sent.boot_ms)?;
        let wall_ms = now.wall_ms.checked_sub(self.sent.wall_ms)?;
        Some(boot_ms.max(wall_ms))
    }

    fn left_ms(&self, now: Now) -> u64 {
        let age_ms = self.age_ms(now).unwrap_or(u64::MAX);
        if self.usable { self.window_ms.saturating_sub(age_ms) } else { 0 }
    }

    fn ended_ago_ms(&self, now: Now) -> Option<u64> {
        self.age_ms(now).filter(|_| self.window_ms > 0)?.checked_sub(self.window_ms).or(Some(0))
    }
}

impl LeaseCell {
    pub(super) fn standing(&self, now: Now) -> Standing {
        let Some(lease) = self.read() else { return Standing::Ended { ago_ms: None } };
        if lease.left_ms(now) > 0 {
            return Standing::Usable;
        }
        let ago_ms = lease.ended_ago_ms(now);
        if lease.usable { Standing::Ended { ago_ms } } else { Standing::Withdrawn { ago_ms } }
    }

    pub(super) fn left_ms(&self, now: Now) -> u64 {
        self.read().map_or(0, |lease| lease.left_ms(now))
    }

    pub(super) fn set(&self, sent: Now, window_ms: u64) {
        self.write(|| {
            self.sent_boot_ms.store(sent.boot_ms, Ordering::SeqCst);
            self.sent_wall_ms.store(sent.wall_ms, Ordering::SeqCst);
            self.window_ms.store(window_ms, Ordering::SeqCst);
            self.usable.store(true, Ordering::SeqCst);
        });
    }

    /// Ends the lease; its end stays known, because a route's grace counts from it.
    pub(super) fn withdraw(&self) {
        self.write(|| self.usable.store(false, Ordering::SeqCst));
    }

    fn write(&self, stores: impl FnOnce()) {
        self.version.fetch_add(1, Ordering::SeqCst);
        stores();
        self.version.fetch_add(1, Ordering::SeqCst);
    }

    fn read(&self) -> Option<Lease> {
        for _ in 0..MAX_READS {
            let before = self.version.load(Ordering::SeqCst);
            let lease = Lease {
                usable: self.usable.load(Ordering::SeqCst),
                sent: Now {
                    boot_ms: self.sent_boot_ms.load(Ordering::SeqCst),
                    wall_ms: self.sent_wall_ms.load(Ordering::SeqCst),
                },
                window_ms: self.window_ms.load(Ordering::SeqCst),
            };
            if before.is_multiple_of(2) && self.version.load(Ordering::SeqCst) == before {
                return Some(lease);
            }
            std::hint::spin_loop();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(boot_ms: u64, wall_ms: u64) -> Now {
        Now { boot_ms, wall_ms }
    }

    #[test]
    fn either_clock_ends_a_lease() {
        let cell = LeaseCell::default();
        assert_eq!(cell.standing(at(0, 0)), Standing::Withdrawn { ago_ms: None });
        cell.set(at(1_000, 9_000), 100);
        assert_eq!(cell.standing(at(1_099, 9_099)), Standing::Usable);
        assert_eq!(cell.standing(at(1_100, 9_099)), Standing::Ended { ago_ms: Some(0) });
        assert_eq!(cell.standing(at(1_050, 9_250)), Standing::Ended { ago_ms: Some(150) });
        assert_eq!(cell.standing(at(1_050, 8_999)), Standing::Ended { ago_ms: None });
        assert_eq!(cell.standing(at(999, 9_050)), Standing::Ended { ago_ms: None });
        assert_eq!(cell.left_ms(at(1_050, 9_060)), 40);
    }

    #[test]
    fn a_withdrawn_lease_remembers_its_end() {
        let cell = LeaseCell::default();
        cell.set(at(1_000, 9_000), 100);
        cell.withdraw();
        assert_eq!(cell.standing(at(1_050, 9_050)), Standing::Withdrawn { ago_ms: Some(0) });
        assert_eq!(cell.standing(at(1_130, 9_130)), Standing::Withdrawn { ago_ms: Some(30) });
    }
}
