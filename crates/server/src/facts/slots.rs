use std::{
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use counterfoil_oauth::model::Revision;
use papaya::{Compute, HashMap, Operation};

/// A bounded map of facts, each loaded at a revision, that never shows a fact older than the last
/// change the node has applied to it.
///
/// A loader may lose a race with a change: it read the database before the change and arrives
/// after it. So a change leaves a tombstone with its revision, and a value loaded before that
/// revision isn't kept.
pub(crate) struct Slots<K, V> {
    map: HashMap<K, Slot<V>>,
    capacity: usize,
    /// Values loaded before this revision aren't kept: tombstones up to it were dropped.
    floor: AtomicU64,
}

enum Slot<V> {
    Value(Arc<V>),
    Changed(Revision),
}

impl<V> Clone for Slot<V> {
    fn clone(&self) -> Self {
        match self {
            Self::Value(value) => Self::Value(Arc::clone(value)),
            Self::Changed(at) => Self::Changed(*at),
        }
    }
}

impl<K: Hash + Eq + Clone, V> Slots<K, V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { map: HashMap::new(), capacity, floor: AtomicU64::new(0) }
    }

    pub(crate) fn get<Q>(&self, key: &Q) -> Option<Arc<V>>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        match self.map.pin().get(key) {
            Some(Slot::Value(value)) => Some(Arc::clone(value)),
            _ => None,
        }
    }

    /// Keeps a value that was loaded at `revision`, unless something newer is known.
    pub(crate) fn put(&self, key: K, value: Arc<V>, revision: Revision) {
        if revision.get() < self.floor.load(Ordering::Acquire) {
            return;
        }
        let map = self.map.pin();
        let _: Compute<'_, _, _, ()> = map.compute(key, |slot| match slot {
            Some((_, Slot::Changed(at))) if *at > revision => Operation::Abort(()),
            _ => Operation::Insert(Slot::Value(Arc::clone(&value))),
        });
    }

    /// Forgets a value that changed at `revision`.
    pub(crate) fn changed(&self, key: K, revision: Revision) {
        self.map.pin().insert(key, Slot::Changed(revision));
        if self.map.len() > self.capacity {
            self.clear(revision);
        }
    }

    /// Forgets everything, as of a revision.
    pub(crate) fn clear(&self, revision: Revision) {
        self.floor.fetch_max(revision.get(), Ordering::AcqRel);
        self.map.pin().clear();
    }

    /// Drops everything when the map has outgrown its bound; called off the hot path.
    pub(crate) fn bound(&self, applied: Revision) {
        if self.map.len() > self.capacity {
            self.clear(applied);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(slots: &Slots<u8, u8>, expected: Option<u8>) {
        assert_eq!(slots.get(&1).map(|value| *value), expected);
    }

    #[test]
    fn a_slow_loader_never_brings_back_what_changed() {
        let slots = Slots::new(10);
        slots.put(1, Arc::new(7), Revision::new(1));
        check(&slots, Some(7));
        slots.changed(1, Revision::new(5));
        check(&slots, None);
        slots.put(1, Arc::new(7), Revision::new(4));
        check(&slots, None);
        slots.put(1, Arc::new(8), Revision::new(5));
        check(&slots, Some(8));
        slots.clear(Revision::new(9));
        slots.put(1, Arc::new(8), Revision::new(8));
        check(&slots, None);
    }

    #[test]
    fn outgrowing_the_bound_clears() {
        let slots = Slots::new(2);
        for key in 0..3 {
            slots.put(key, Arc::new(key), Revision::new(1));
        }
        slots.bound(Revision::new(2));
        check(&slots, None);
    }
}
