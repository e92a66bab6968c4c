//! Compressed rows: for each object, the tuples of each part.
//!
//! A row holds a slot for each part that it has tuples of, in the order of the parts: a word with
//! the part and how many tuples there are (if they are too many for its half, another word with
//! their number), the sorted values and, in parts whose tuples have terms, the number of the terms
//! of each.

use super::patch::Patch;

/// A part: tuples that are alike in everything that a model can tell apart. Those of odd number have
/// terms: a condition or an expiry.
pub(crate) type PartId = u16;

/// The terms of a tuple that has none.
pub(crate) const NO_TERMS: u32 = u32::MAX;

const COUNT_BITS: u32 = 16;
const COUNT_MANY: u32 = 0xFFFF;

/// The rows of all objects of a type, in one array.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    starts: Vec<u32>,
    words: Vec<u32>,
}

/// A tuple in a row: the other end, and its terms.
pub(super) type Entry = (PartId, u32, u32);

impl Rows {
    /// The words of an object's row.
    pub(super) fn row(&self, object: u32) -> &[u32] {
        let mut ends = self.starts.get(object as usize..).unwrap_or_default().iter();
        match (ends.next(), ends.next()) {
            (Some(start), Some(end)) => {
                self.words.get(*start as usize..*end as usize).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// How many objects have a place, empty ones included.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.starts.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }
}

/// Writes rows in the order of their objects.
#[derive(Debug, Default)]
pub(super) struct RowsWriter {
    rows: Rows,
}

impl RowsWriter {
    pub(super) fn with_capacity(words: usize) -> Self {
        Self { rows: Rows { starts: Vec::new(), words: Vec::with_capacity(words) } }
    }

    /// Starts the row of an object; those left out are empty. None past 2³² words.
    pub(super) fn start(&mut self, object: u32) -> Option<()> {
        let here = u32::try_from(self.rows.words.len()).ok()?;
        self.rows.starts.resize((object as usize + 1).max(self.rows.starts.len()), here);
        Some(())
    }

    /// Adds a whole row as it is.
    pub(super) fn copy(&mut self, words: &[u32]) {
        self.rows.words.extend_from_slice(words);
    }

    /// What was written so far.
    pub(super) fn words(&self) -> &[u32] {
        &self.rows.words
    }

    /// Adds the slots of a row from entries sorted by part and value.
    pub(super) fn slots(&mut self, mut entries: &[Entry]) {
        while let Some((part, ..)) = entries.first() {
            let count = entries.iter().take_while(|entry| entry.0 == *part).count();
            let Some((slot, rest)) = entries.split_at_checked(count) else { return };
            self.head(*part, count);
            self.rows.words.extend(slot.iter().map(|(_, value, _)| *value));
            if has_terms(*part) {
                self.rows.words.extend(slot.iter().map(|(.., terms)| *terms));
            }
            entries = rest;
        }
    }

    fn head(&mut self, part: PartId, count: usize) {
        // A row has fewer words than 2³², see `start`.
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.rows.words.push(u32::from(part) << COUNT_BITS | count.min(COUNT_MANY));
        if count >= COUNT_MANY {
            self.rows.words.push(count);
        }
    }

    pub(super) fn finish(mut self) -> Option<Rows> {
        let end = u32::try_from(self.rows.words.len()).ok()?;
        self.rows.starts.push(end);
        self.rows.words.shrink_to_fit();
        self.rows.starts.shrink_to_fit();
        Some(self.rows)
    }
}

#[inline]
pub(crate) fn has_terms(part: PartId) -> bool {
    part % 2 == 1
}

/// Slots of a row: part, values, terms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slots<'a>(pub(super) &'a [u32]);

impl<'a> Iterator for Slots<'a> {
    type Item = (PartId, &'a [u32], &'a [u32]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_first()?;
        let part = u16::try_from(head >> COUNT_BITS).ok()?;
        let (count, rest) = match head & COUNT_MANY {
            COUNT_MANY => rest.split_first().map(|(count, rest)| (*count, rest))?,
            count => (count, rest),
        };
        let (values, rest) = rest.split_at_checked(count as usize)?;
        let (terms, rest) =
            if has_terms(part) { rest.split_at_checked(count as usize)? } else { (&[][..], rest) };
        self.0 = rest;
        Some((part, values, terms))
    }
}

/// The tuples of an object, later changes included.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Row<'a> {
    pub(super) words: &'a [u32],
    pub(super) patch: Option<&'a Patch>,
}

/// The tuples of an object in one part.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Slot<'a> {
    values: &'a [u32],
    terms: &'a [u32],
    /// Sorted, with their terms. These win over what is below.
    added: &'a [(u32, u32)],
    /// Sorted; none of them counts below.
    removed: &'a [u32],
}

impl<'a> Row<'a> {
    #[inline]
    pub(crate) fn slot(self, part: PartId) -> Slot<'a> {
        let mut slot = Slot::default();
        for (known, values, terms) in Slots(self.words) {
            if known >= part {
                if known == part {
                    slot.values = values;
                    slot.terms = terms;
                }
                break;
            }
        }
        if let Some(patch) = self.patch {
            (slot.added, slot.removed) = patch.slot(part);
        }
        slot
    }

    /// The slots, if none was changed.
    #[inline]
    pub(crate) fn unchanged(self) -> Option<Slots<'a>> {
        self.patch.is_none().then_some(Slots(self.words))
    }

    /// Every part that the row may have tuples of, in no order and perhaps twice.
    pub(super) fn parts(self) -> impl Iterator<Item = PartId> + use<'a> {
        let patched = self.patch.into_iter().flat_map(Patch::parts);
        Slots(self.words).map(|(part, ..)| part).chain(patched)
    }
}

impl<'a> Slot<'a> {
    /// A slot that was not changed.
    #[inline]
    pub(crate) fn new(values: &'a [u32], terms: &'a [u32]) -> Self {
        Self { values, terms, ..Self::default() }
    }

    /// At least as many as there are.
    #[inline]
    pub(crate) fn len_at_most(self) -> usize {
        self.values.len() + self.added.len()
    }

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.len_at_most() == 0 || self.iter().next().is_none()
    }

    /// The values, if none was changed.
    #[inline]
    pub(crate) fn unchanged(self) -> Option<&'a [u32]> {
        (self.added.is_empty() && self.removed.is_empty()).then_some(self.values)
    }

    /// The terms of a tuple, [`NO_TERMS`] if it has none; none if it is not there.
    #[inline]
    pub(crate) fn find(self, value: u32) -> Option<u32> {
        if !self.added.is_empty()
            && let Ok(at) = self.added.binary_search_by_key(&value, |(known, _)| *known)
        {
            return self.added.get(at).map(|(_, terms)| *terms);
        }
        let at = search(self.values, value)?;
        if !self.removed.is_empty() && self.removed.binary_search(&value).is_ok() {
            return None;
        }
        Some(self.terms.get(at).copied().unwrap_or(NO_TERMS))
    }

    /// The values and terms, sorted by value.
    #[inline]
    pub(crate) fn iter(self) -> SlotIter<'a> {
        SlotIter { slot: self, at: 0 }
    }
}

/// Where a value is in a sorted slice.
#[inline]
pub(crate) fn search(values: &[u32], value: u32) -> Option<usize> {
    /// Below this a scan is as fast as halving.
    const SCAN: usize = 8;
    if values.len() <= SCAN {
        values.iter().position(|known| *known == value)
    } else {
        values.binary_search(&value).ok()
    }
}

/// See [`Slot::iter`].
#[derive(Clone, Debug)]
pub(crate) struct SlotIter<'a> {
    slot: Slot<'a>,
    at: usize,
}

impl Iterator for SlotIter<'_> {
    type Item = (u32, u32);

    #[inline]
    fn next(&mut self) -> Option<(u32, u32)> {
        loop {
            let below = self.slot.values.get(self.at).copied();
            if let Some((first, rest)) = self.slot.added.split_first()
                && below.is_none_or(|value| first.0 <= value)
            {
                self.slot.added = rest;
                return Some(*first);
            }
            let value = below?;
            let terms = self.slot.terms.get(self.at).copied().unwrap_or(NO_TERMS);
            self.at += 1;
            while let Some((first, rest)) = self.slot.removed.split_first()
                && *first < value
            {
                self.slot.removed = rest;
            }
            if self.slot.removed.first() != Some(&value) {
                return Some((value, terms));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Row, RowsWriter, has_terms};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn rows_hold_what_was_put_in(
            entries in proptest::collection::btree_map((0u16..6, 0u32..20), 0u32..3, 0..60),
            object in 0u32..5,
            many in proptest::bool::weighted(0.05),
        ) {
            let mut entries: BTreeMap<(u16, u32), u32> = entries;
            if many {
                entries.extend((0..70_000).map(|value| ((3, value), 7)));
            }
            let list: Vec<Entry> = entries
                .iter()
                .map(|((part, value), terms)| (*part, *value, *terms))
                .collect();
            let mut writer = RowsWriter::default();
            writer.start(object).unwrap();
            writer.slots(&list);
            let rows = writer.finish().unwrap();
            prop_assert!(rows.row(object + 1).is_empty());
            let row = Row { words: rows.row(object), patch: None };
            for part in 0..7 {
                let expected: Vec<(u32, u32)> = list
                    .iter()
                    .filter(|entry| entry.0 == part)
                    .map(|(_, value, terms)| {
                        (*value, if has_terms(part) { *terms } else { super::NO_TERMS })
                    })
                    .collect();
                let slot = row.slot(part);
                prop_assert_eq!(slot.iter().collect::<Vec<_>>(), expected.clone());
                for value in 0..21 {
                    let terms = expected.iter().find(|known| known.0 == value).map(|known| known.1);
                    prop_assert_eq!(slot.find(value), terms);
                }
            }
        }
    }
}
