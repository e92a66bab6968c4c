use super::CacheKey;
use crate::limits::{NEGATIVE_ENTRIES, NEGATIVE_KEEP_MS};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Tokens that their issuer has called inactive. Apart from the identities, so that no flood of
/// dead tokens drives out a living one.
#[derive(Debug, Default)]
pub(crate) struct Negatives(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    until_ms: HashMap<CacheKey, u64>,
    order: VecDeque<CacheKey>,
}

impl Negatives {
    pub(crate) fn contains(&self, key: &CacheKey, now_ms: u64) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.until_ms.get(key).is_some_and(|until_ms| now_ms < *until_ms)
    }

    pub(crate) fn insert(&self, key: CacheKey, now_ms: u64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until_ms = now_ms.saturating_add(NEGATIVE_KEEP_MS);
        if known.until_ms.insert(key, until_ms).is_none() {
            known.order.push_back(key);
        }
        while known.order.len() > NEGATIVE_ENTRIES {
            let Some(oldest) = known.order.pop_front() else { return };
            known.until_ms.remove(&oldest);
        }
    }

    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Known::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::cache_key;

    #[test]
    fn it_is_small_and_forgets() {
        let negatives = Negatives::default();
        for number in 0..5_000 {
            negatives.insert(cache_key(number), 0);
        }
        let held = |now_ms| {
            (0..5_000).filter(|number| negatives.contains(&cache_key(*number), now_ms)).count()
        };
        assert_eq!(held(0), NEGATIVE_ENTRIES);
        assert_eq!(held(NEGATIVE_KEEP_MS), 0);
    }
}
