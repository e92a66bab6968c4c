//! Compressed sorted rows: for each key, the values that belong to it.

use std::ops::Range;

/// Rows of values by key, in one array (compressed sparse rows).
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    starts: Starts,
    values: Vec<u32>,
}

/// Where rows start: by key where most keys have a row, else by the key's place among those that do.
#[derive(Clone, Debug)]
enum Starts {
    Dense(Vec<u32>),
    Sparse { keys: Vec<u32>, starts: Vec<u32> },
}

impl Default for Starts {
    fn default() -> Self {
        Self::Dense(Vec::new())
    }
}

impl Rows {
    /// Lays out pairs of key and value that are sorted and distinct, fewer than 2³² of them.
    pub(super) fn new(pairs: &[(u32, u32)]) -> Self {
        let mut keys = Vec::new();
        let mut starts = Vec::new();
        let mut values = Vec::with_capacity(pairs.len());
        for ((key, value), place) in pairs.iter().zip(0..) {
            if keys.last() != Some(key) {
                keys.push(*key);
                starts.push(place);
            }
            values.push(*value);
        }
        starts.push(end(&values));
        let span = keys.last().map_or(0, |last| *last as usize + 1);
        // A dense start costs one word per key, a sparse one two per row.
        if span > keys.len().saturating_mul(2) {
            return Self { starts: Starts::Sparse { keys, starts }, values };
        }
        let mut dense = Vec::with_capacity(span + 1);
        for (key, start) in keys.iter().zip(&starts) {
            dense.resize(*key as usize + 1, *start);
        }
        dense.push(end(&values));
        Self { starts: Starts::Dense(dense), values }
    }

    /// The values of a key, sorted, and the place of the first among all.
    pub(crate) fn row(&self, key: u32) -> (usize, &[u32]) {
        let range = self.range(key).unwrap_or(0..0);
        (range.start, self.values.get(range).unwrap_or_default())
    }

    /// Where a value is in the row of a key.
    pub(crate) fn find(&self, key: u32, value: u32) -> Option<usize> {
        let (start, row) = self.row(key);
        row.binary_search(&value).ok().map(|place| start + place)
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    fn range(&self, key: u32) -> Option<Range<usize>> {
        let (place, starts) = match &self.starts {
            Starts::Dense(starts) => (key as usize, starts),
            Starts::Sparse { keys, starts } => (keys.binary_search(&key).ok()?, starts),
        };
        Some(*starts.get(place)? as usize..*starts.get(place + 1)? as usize)
    }
}

fn end(values: &[u32]) -> u32 {
    u32::try_from(values.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::Rows;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn rows_hold_what_was_put_in(
            pairs in proptest::collection::btree_set((0u32..40, 0u32..20), 0..60),
            stretch in 1u32..50,
        ) {
            let pairs: BTreeSet<_> = pairs.into_iter().map(|(k, v)| (k * stretch, v)).collect();
            let rows = Rows::new(&pairs.iter().copied().collect::<Vec<_>>());
            for key in 0..40 * stretch + 2 {
                let expected: Vec<u32> =
                    pairs.iter().filter(|(k, _)| *k == key).map(|(_, v)| *v).collect();
                prop_assert_eq!(rows.row(key).1, expected.as_slice());
                prop_assert_eq!(rows.find(key, 7).is_some(), expected.contains(&7));
            }
        }
    }
}
