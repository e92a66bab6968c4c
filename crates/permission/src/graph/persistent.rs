//! Collections of which a changed copy shares what did not change.

use std::sync::Arc;

/// How many children a node has, twice: 4,096 leaves keep those of a delta at a few entries each.
const FAN: usize = 64;
/// The words of the filter: 65,536 bits, so that most keys that are not there are told in one look.
const FILTER_WORDS: usize = 1024;
/// How many items a page has.
const PAGE: usize = 256;

/// A map from numbers.
#[derive(Clone, Debug)]
pub(super) struct Trie<V> {
    filter: Arc<Vec<u64>>,
    nodes: Vec<Arc<Vec<Arc<Leaf<V>>>>>,
    len: usize,
}

/// Sorted by key.
type Leaf<V> = Vec<(u64, V)>;

impl<V> Default for Trie<V> {
    fn default() -> Self {
        Self { filter: Arc::default(), nodes: Vec::new(), len: 0 }
    }
}

/// Where a key belongs: node, leaf, and bit of the filter.
#[inline]
fn places(key: u64) -> (usize, usize, usize) {
    let mixed = key.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let bits = |from: u32, count: u32| {
        usize::try_from((mixed >> from) & ((1 << count) - 1)).unwrap_or_default()
    };
    (bits(58, 6), bits(52, 6), bits(36, 16))
}

impl<V> Trie<V> {
    #[inline]
    pub(super) fn get(&self, key: u64) -> Option<&V> {
        if self.len == 0 {
            return None;
        }
        let (node, leaf, bit) = places(key);
        let seen = self.filter.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1);
        if !seen {
            return None;
        }
        let leaf = self.nodes.get(node)?.get(leaf)?;
        let at = leaf.binary_search_by_key(&key, |(known, _)| *known).ok()?;
        leaf.get(at).map(|(_, value)| value)
    }

    /// All, in no order.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &V)> {
        let leaves = self.nodes.iter().flat_map(|node| node.iter());
        leaves.flat_map(|leaf| leaf.iter()).map(|(key, value)| (*key, value))
    }
}

impl<V: Clone + Default> Trie<V> {
    /// Changes a value, a new one if there is none.
    pub(super) fn change(&mut self, key: u64, change: impl FnOnce(&mut V)) {
        let (node, leaf, bit) = places(key);
        if self.nodes.is_empty() {
            self.filter = Arc::new(vec![0; FILTER_WORDS]);
            self.nodes =
                std::iter::repeat_with(|| Arc::new(vec![Arc::default(); FAN])).take(FAN).collect();
        }
        let filter = Arc::make_mut(&mut self.filter);
        if let Some(word) = filter.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
        let node = self.nodes.get_mut(node).map(Arc::make_mut);
        let Some(leaf) = node.and_then(|node| node.get_mut(leaf)).map(Arc::make_mut) else {
            return;
        };
        let at = leaf.binary_search_by_key(&key, |(known, _)| *known).unwrap_or_else(|at| {
            leaf.insert(at, (key, V::default()));
            self.len += 1;
            at
        });
        if let Some((_, value)) = leaf.get_mut(at) {
            change(value);
        }
    }
}

/// A list that grows.
#[derive(Clone, Debug)]
pub(super) struct Paged<T> {
    pages: Vec<Arc<Vec<T>>>,
    len: u32,
}

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Self { pages: Vec::new(), len: 0 }
    }
}

impl<T: Clone> Paged<T> {
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    pub(super) fn get(&self, at: u32) -> Option<&T> {
        self.pages.get(at as usize / PAGE)?.get(at as usize % PAGE)
    }

    pub(super) fn push(&mut self, item: T) {
        if (self.len as usize).is_multiple_of(PAGE) {
            self.pages.push(Arc::default());
        }
        if let Some(page) = self.pages.last_mut() {
            Arc::make_mut(page).push(item);
            self.len += 1;
        }
    }

    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.pages.iter().flat_map(|page| page.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::{Paged, Trie};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn a_changed_copy_leaves_the_original_as_it_was(
            keys in proptest::collection::vec(0u64..3_000, 0..2_000),
            cut in 0usize..2_000,
        ) {
            let (mut trie, mut list) = (Trie::<u64>::default(), Paged::default());
            let mut expected = BTreeMap::new();
            let mut kept = (trie.clone(), list.clone(), expected.clone());
            for (at, key) in keys.iter().enumerate() {
                if at == cut {
                    kept = (trie.clone(), list.clone(), expected.clone());
                }
                trie.change(*key, |value| *value += 1);
                list.push(*key);
                *expected.entry(*key).or_insert(0) += 1;
            }
            for (trie, list, expected) in [(trie, list, expected), kept] {
                prop_assert_eq!(trie.len, expected.len());
                prop_assert_eq!(&trie.iter().map(|(k, v)| (k, *v)).collect::<BTreeMap<_, _>>(), &expected);
                for key in 0..3_000 {
                    prop_assert_eq!(trie.get(key), expected.get(&key));
                }
                let len = expected.values().sum::<u64>();
                prop_assert_eq!(u64::from(list.len()), len);
                prop_assert!(list.iter().eq(keys.iter().take(usize::try_from(len).unwrap())));
                prop_assert_eq!(list.get(list.len()), None);
            }
        }
    }
}
