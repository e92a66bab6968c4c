//! What was learned, by the hash of the token. Bounded, and nearly free of locks.

mod entry;
mod key;
mod negative;
pub(crate) mod recent;

pub(crate) use entry::{Entry, NativeMark, SignedBy};
pub use key::CacheKey;
pub(crate) use key::KeyPrefix;
pub(crate) use negative::Negatives;

use counterfoil_jose::UnixTime;
use key::TakenAsHash;
use papaya::HashMap;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How often an insertion passes over entries in use before it takes the next one anyway.
const MAX_CHANCES: usize = 16;

/// Keeps entries up to a number of them.
///
/// Reads take no lock. Insertions queue up in the order of a clock: an entry that was read since
/// its last turn goes around once more, so one that nobody asks for makes room first. Every entry
/// of the map stands in the queue, so the queue's bound is the map's.
pub(crate) struct Cache {
    entries: HashMap<CacheKey, Arc<Entry>, TakenAsHash>,
    queue: Mutex<VecDeque<Arc<Entry>>>,
    capacity: usize,
}

impl Cache {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            entries: HashMap::builder().hasher(TakenAsHash).build(),
            queue: Mutex::default(),
            capacity,
        }
    }

    pub(crate) fn get<T>(&self, key: &CacheKey, read: impl FnOnce(&Arc<Entry>) -> T) -> Option<T> {
        self.entries.pin().get(key).map(read)
    }

    pub(crate) fn insert(&self, entry: Arc<Entry>) {
        self.entries.pin().insert(entry.key, Arc::clone(&entry));
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push_back(entry);
        let mut chances = MAX_CHANCES;
        while queue.len() > self.capacity {
            let Some(oldest) = queue.pop_front() else { return };
            if chances > 0 && self.holds(&oldest) && oldest.was_used() {
                chances -= 1;
                queue.push_back(oldest);
            } else {
                self.remove(&oldest);
            }
        }
    }

    pub(crate) fn remove(&self, entry: &Arc<Entry>) {
        // A newer entry under the same key stays.
        let _ = self.entries.pin().remove_if(&entry.key, |_, held| Arc::ptr_eq(held, entry));
    }

    /// Forgets tokens that are over. Returns how many are left.
    pub(crate) fn sweep(&self, now: UnixTime) -> usize {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.retain(|entry| {
            let keep = entry.identity.expires_at > now && self.holds(entry);
            if !keep {
                self.remove(entry);
            }
            keep
        });
        self.entries.len()
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.clear();
        self.entries.pin().clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn holds(&self, entry: &Arc<Entry>) -> bool {
        self.entries.pin().get(&entry.key).is_some_and(|held| Arc::ptr_eq(held, entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::entry;

    #[test]
    fn it_stays_within_its_bound_and_keeps_what_is_used() {
        let cache = Cache::new(100);
        let favourite = entry(0, 1_000);
        cache.insert(Arc::clone(&favourite));
        for number in 1..1_000 {
            cache.insert(entry(number, 1_000));
            assert!(cache.len() <= 100);
            assert!(cache.get(&favourite.key, |entry| entry.use_it()).is_some(), "{number}");
        }
        assert_eq!(cache.len(), 100);
    }

    #[test]
    fn all_in_use_cannot_stop_an_insertion() {
        let cache = Cache::new(10);
        for number in 0..100 {
            cache.insert(entry(number, 1_000));
            for used in 0..=number {
                let _ = cache.get(&entry(used, 1_000).key, |entry| entry.use_it());
            }
            assert!(cache.len() <= 10);
        }
    }

    #[test]
    fn sweeping_forgets_what_is_over() {
        let cache = Cache::new(10);
        cache.insert(entry(1, 50));
        cache.insert(entry(2, 51));
        assert_eq!(cache.sweep(UnixTime::from_secs(50)), 1);
        cache.clear();
        assert_eq!(cache.len(), 0);
    }
}
