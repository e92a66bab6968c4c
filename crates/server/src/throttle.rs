//! Sign-in throttling per account and per address, built so that an attacker can't lock the victim
//! out: an account's own budget is kept apart for browsers that signed in there before.

use std::{hash::Hash, net::IpAddr};

use papaya::{Compute, HashMap, Operation};

/// Failures allowed at once from one address.
const ADDRESS_BURST: i64 = 20;
/// Milliseconds after which an address gets one try back.
const ADDRESS_REFILL_MS: i64 = 6_000;
/// Failures allowed at once for one account, from browsers it doesn't know.
const ACCOUNT_BURST: i64 = 10;
/// Milliseconds after which an account gets one try back.
const ACCOUNT_REFILL_MS: i64 = 30_000;
/// Failures allowed at once for one account from a browser that signed in there before.
const KNOWN_BURST: i64 = 10;
/// Most keys remembered; the map is emptied beyond it, which forgives and never locks out.
const KEYS_MAX: usize = 100_000;

/// Who tries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// From where; IPv6 by its /64, which is one household.
    Address([u8; 16]),
    /// An account, from anywhere.
    Account(String),
    /// An account, from a browser that proved to have signed in there before.
    Known(String),
}

/// Remembers failures as the moment at which a key's budget is full again (GCRA).
#[derive(Default)]
pub(crate) struct Throttle {
    full_at: HashMap<Key, i64>,
}

/// One attempt's place in the budgets.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    keys: Vec<Key>,
}

impl Attempt {
    /// `known`: the browser carries proof of an earlier sign-in to this very account.
    pub(crate) fn new(address: IpAddr, username: &str, known: bool) -> Self {
        let account = username.to_lowercase();
        let account = if known { Key::Known(account) } else { Key::Account(account) };
        Self { keys: vec![Key::Address(household(address)), account] }
    }
}

impl Throttle {
    /// Seconds to wait before this attempt may be made; `None` when it may be made now.
    pub(crate) fn wait_secs(&self, attempt: &Attempt, now_ms: i64) -> Option<u64> {
        let map = self.full_at.pin();
        let wait = attempt.keys.iter().filter_map(|key| {
            let (burst, refill) = budget(key);
            let over = map.get(key)? - now_ms - (burst - 1) * refill;
            (over > 0).then_some(over)
        });
        wait.max().map(|ms| u64::try_from(ms).unwrap_or(0).div_ceil(1_000))
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, attempt: &Attempt, now_ms: i64) {
        if self.full_at.len() > KEYS_MAX {
            self.full_at.pin().clear();
        }
        for key in &attempt.keys {
            let (_, refill) = budget(key);
            let map = self.full_at.pin();
            let _: Compute<'_, _, _, ()> = map.compute(key.clone(), |slot| {
                let full_at = slot.map_or(now_ms, |(_, at)| (*at).max(now_ms));
                Operation::Insert(full_at + refill)
            });
        }
    }

    /// A success gives the account its tries back; the address keeps its failures.
    pub(crate) fn succeeded(&self, attempt: &Attempt) {
        let map = self.full_at.pin();
        for key in attempt.keys.iter().filter(|key| !matches!(key, Key::Address(_))) {
            map.remove(key);
        }
    }
}

const fn budget(key: &Key) -> (i64, i64) {
    match key {
        Key::Address(_) => (ADDRESS_BURST, ADDRESS_REFILL_MS),
        Key::Account(_) => (ACCOUNT_BURST, ACCOUNT_REFILL_MS),
        Key::Known(_) => (KNOWN_BURST, ACCOUNT_REFILL_MS),
    }
}

fn household(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => {
            let mut octets = v6.octets();
            if v6.to_ipv4_mapped().is_none() {
                octets.iter_mut().skip(8).for_each(|byte| *byte = 0);
            }
            octets
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    fn fail(throttle: &Throttle, attempt: &Attempt, times: usize, now: i64) -> usize {
        (0..times)
            .take_while(|_| {
                let free = throttle.wait_secs(attempt, now).is_none();
                throttle.failed(attempt, now);
                free
            })
            .count()
    }

    #[test]
    fn an_attacker_uses_up_his_own_budget_not_the_victims() {
        let throttle = Throttle::default();
        let stranger =
            Attempt::new(IpAddr::V4(std::net::Ipv4Addr::new(9, 9, 9, 9)), "Alice", false);
        assert_eq!(fail(&throttle, &stranger, 50, 0), 10);
        assert_eq!(throttle.wait_secs(&stranger, 0), Some(60));
        let alice_at_home = Attempt::new(HOME, "alice", true);
        assert_eq!(throttle.wait_secs(&alice_at_home, 0), None);
    }

    #[test]
    fn budgets_refill_and_success_clears_the_account() {
        let throttle = Throttle::default();
        let attempt = Attempt::new(HOME, "bob", false);
        fail(&throttle, &attempt, 10, 0);
        assert!(throttle.wait_secs(&attempt, 0).is_some());
        assert_eq!(throttle.wait_secs(&attempt, 30_000), None);
        throttle.succeeded(&attempt);
        assert_eq!(throttle.wait_secs(&attempt, 0), None);
    }

    #[test]
    fn one_household_shares_an_address() {
        let at = |text: &str| household(text.parse().unwrap());
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_eq!(at("::ffff:10.0.0.1"), at("10.0.0.1"));
    }
}
