//! Names to small numbers and back.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::Arc;

use siphasher::sip::SipHasher13;

/// Short names lie in cells of one of these sizes in bytes, with their length at the end: where one is
/// follows from its number, so that finding it is one look into memory instead of two.
const CELLS: [usize; 3] = [8, 16, 32];
/// How many bytes a cell may cost beyond the name and where it ends otherwise.
const CELL_MORE_MAX: usize = 4;
/// Other names share one text, where each ends is kept relative to the start of its block: 32 bits reach.
const BLOCK: usize = 1 << 16;
/// How many places a bucket has: they fill a line of the cache.
const BUCKET: usize = 8;
/// How many of them are in use on average, at most: few buckets overflow into the next.
const BUCKET_FULL: usize = 6;

/// A few names (types, relations, conditions), numbered in the order of their coming.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    numbers: HashMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
}

impl Names {
    /// The number of a name, a new one if need be; none once the numbers below `max` are used up.
    pub(super) fn intern(&mut self, name: &str, max: u32) -> Option<u32> {
        if let Some(known) = self.find(name) {
            return Some(known);
        }
        let number = u32::try_from(self.names.len()).ok().filter(|number| *number < max)?;
        let name: Arc<str> = name.into();
        self.names.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        Some(number)
    }

    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    pub(crate) fn name(&self, number: u32) -> Option<&str> {
        self.names.get(number as usize).map(AsRef::as_ref)
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(AsRef::as_ref)
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }
}

/// Many names: their bytes one after the other, where they end, and an index.
///
/// The hash is keyed at random, because names are chosen by strangers. Beyond its bytes a name costs
/// 8 bytes for each of 4/3 places of the index, and 4 for its end unless all are of one length or lie
/// in cells.
#[derive(Clone, Debug, Default)]
pub(super) struct NameTable {
    text: String,
    ends: Ends,
    index: Vec<Bucket>,
    len: u32,
    keys: Keys,
}

/// A hash with keys that nobody knows.
#[derive(Clone, Copy, Debug)]
struct Keys(SipHasher13);

impl Default for Keys {
    fn default() -> Self {
        let random = RandomState::new();
        Self(SipHasher13::new_with_keys(random.hash_one(0), random.hash_one(1)))
    }
}

/// In each place half a hash, and the number plus one; 0 is free, and so are those after it.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Bucket([u64; BUCKET]);

#[derive(Clone, Debug, Default)]
enum Ends {
    #[default]
    None,
    /// All have this many bytes, as UUIDs have.
    Alike(u32),
    /// Each has a cell of this many bytes, and its length in the last of them.
    Cells(usize),
    Each {
        blocks: Vec<usize>,
        ends: Vec<u32>,
    },
}

impl NameTable {
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    pub(super) fn name(&self, number: u32) -> Option<&str> {
        self.text.get(self.range(number)?)
    }

    pub(super) fn hash(&self, name: &str) -> u32 {
        // The upper half of 64 bits.
        u32::try_from(self.keys.0.hash(name.as_bytes()) >> 32).unwrap_or(u32::MAX)
    }

    pub(super) fn find(&self, name: &str, hash: u32) -> Option<u32> {
        self.find_guessed(name, hash, self.guess(hash))
    }

    /// Compares every place that the name may be in.
    fn search(&self, name: &str, hash: u32) -> Option<u32> {
        let mut at = self.place(hash);
        loop {
            let Bucket(slots) = self.index.get(at)?;
            for slot in slots {
                if *slot == 0 {
                    return None;
                }
                let number = low(*slot).wrapping_sub(1);
                if *slot >> 32 == u64::from(hash) && self.is(number, name) {
                    return Some(number);
                }
            }
            at = self.after(at);
        }
    }

    /// The number that a name most likely has, if it has one: its bytes are not looked at, and no
    /// branch waits for the index. Whoever looks for several names asks for this first, and the
    /// machine fetches what they need at the same time.
    #[inline]
    pub(super) fn guess(&self, hash: u32) -> Option<u32> {
        let Bucket(slots) = self.index.get(self.place(hash))?;
        let alike = |slot: u64| if slot >> 32 == u64::from(hash) { slot } else { 0 };
        let found = slots.iter().fold(0, |found, slot| found.max(alike(*slot)));
        (found != 0).then_some(low(found).wrapping_sub(1))
    }

    /// [`Self::find`], given a guess.
    #[inline]
    pub(super) fn find_guessed(&self, name: &str, hash: u32, guess: Option<u32>) -> Option<u32> {
        match guess {
            Some(number) if self.is(number, name) => Some(number),
            _ => self.search(name, hash),
        }
    }

    /// The number of a name, a new one if need be; none once the numbers below `max` are used up.
    pub(super) fn intern(&mut self, name: &str, max: u32) -> Option<u32> {
        let hash = self.hash(name);
        if let Some(known) = self.find(name, hash) {
            return Some(known);
        }
        (self.len < max).then_some(())?;
        if self.len as usize >= self.index.len() * BUCKET_FULL {
            self.reindex(self.len as usize * 3 / 2 / BUCKET_FULL + 1);
        }
        let number = self.len;
        self.append(name)?;
        self.insert(hash, number);
        Some(number)
    }

    /// Adds a name that is not there yet, without an index: see [`Self::finish`], after which none is
    /// added.
    pub(super) fn append(&mut self, name: &str) -> Option<()> {
        let size = u32::try_from(name.len()).ok()?;
        match &mut self.ends {
            Ends::Cells(_) => return None,
            Ends::None => self.ends = Ends::Alike(size),
            Ends::Alike(all) if *all == size => {}
            Ends::Alike(all) => {
                let mut each = Ends::Each { blocks: vec![], ends: vec![] };
                for number in 0..self.len {
                    each.push(number as usize * *all as usize, *all)?;
                }
                self.ends = each;
            }
            Ends::Each { .. } => {}
        }
        if let Ends::Each { .. } = self.ends {
            self.ends.push(self.text.len(), size)?;
        }
        self.text.push_str(name);
        self.len += 1;
        Some(())
    }

    /// Indexes anew, in as little space as the index may have.
    pub(super) fn finish(&mut self) {
        if let Some(cell) = self.cell() {
            self.lay_in_cells(cell);
        }
        self.text.shrink_to_fit();
        if let Ends::Each { ends, .. } = &mut self.ends {
            ends.shrink_to_fit();
        }
        let buckets = self.len as usize / BUCKET_FULL + 1;
        if self.index.is_empty() {
            self.index = vec![Bucket::default(); buckets];
            for number in 0..self.len {
                let hash = self.hash(self.name(number).unwrap_or_default());
                self.insert(hash, number);
            }
        } else {
            self.reindex(buckets);
        }
    }

    /// The size of cells that fit all names and cost little more than they do now.
    fn cell(&self) -> Option<usize> {
        let Ends::Each { .. } = self.ends else { return None };
        let len = self.len as usize;
        let longest = (0..self.len).filter_map(|number| Some(self.range(number)?.len())).max()?;
        let cell = *CELLS.iter().find(|cell| **cell > longest)?;
        let now = self.text.len() + len * size_of::<u32>();
        (len * cell <= now + len * CELL_MORE_MAX).then_some(cell)
    }

    fn lay_in_cells(&mut self, cell: usize) {
        let mut text = String::with_capacity(self.len as usize * cell);
        for number in 0..self.len {
            let name = self.name(number).unwrap_or_default();
            text.push_str(name);
            text.extend(std::iter::repeat_n('\0', cell.saturating_sub(name.len() + 1)));
            // Below 32, so that it is a character of one byte.
            text.push(char::from(u8::try_from(name.len()).unwrap_or(0)));
        }
        (self.text, self.ends) = (text, Ends::Cells(cell));
    }

    /// Whether two names are alike; for names that come from outside without having been interned.
    #[cfg(test)]
    pub(super) fn distinct(&self) -> bool {
        (0..self.len).all(|number| {
            let name = self.name(number).unwrap_or_default();
            self.find(name, self.hash(name)) == Some(number)
        })
    }

    fn reindex(&mut self, buckets: usize) {
        let old = std::mem::replace(&mut self.index, vec![Bucket::default(); buckets]);
        for slot in old.iter().flat_map(|Bucket(slots)| slots).filter(|slot| **slot != 0) {
            self.insert(low(*slot >> 32), low(*slot).wrapping_sub(1));
        }
    }

    fn insert(&mut self, hash: u32, number: u32) {
        let mut at = self.place(hash);
        while let Some(Bucket(slots)) = self.index.get_mut(at) {
            if let Some(free) = slots.iter_mut().find(|slot| **slot == 0) {
                *free = u64::from(hash) << 32 | (u64::from(number) + 1);
                return;
            }
            at = self.after(at);
        }
    }

    fn after(&self, at: usize) -> usize {
        if at + 1 == self.index.len() { 0 } else { at + 1 }
    }

    fn place(&self, hash: u32) -> usize {
        // Below the length, because the hash is below 2³².
        usize::try_from((u128::from(hash) * self.index.len() as u128) >> 32).unwrap_or(0)
    }

    fn is(&self, number: u32, name: &str) -> bool {
        self.range(number).is_some_and(|range| {
            self.text.as_bytes().get(range).is_some_and(|bytes| bytes == name.as_bytes())
        })
    }

    fn range(&self, number: u32) -> Option<Range<usize>> {
        (number < self.len).then_some(())?;
        let number = number as usize;
        match &self.ends {
            Ends::None => None,
            Ends::Alike(size) => {
                let start = number * *size as usize;
                Some(start..start + *size as usize)
            }
            Ends::Cells(cell) => {
                let start = number * cell;
                let size = *self.text.as_bytes().get(start + cell - 1)?;
                Some(start..start + usize::from(size))
            }
            Ends::Each { blocks, ends } => {
                let block = *blocks.get(number / BLOCK)?;
                let start = if number.is_multiple_of(BLOCK) { 0 } else { *ends.get(number - 1)? };
                Some(block + start as usize..block + *ends.get(number)? as usize)
            }
        }
    }
}

impl Ends {
    fn push(&mut self, start: usize, size: u32) -> Option<()> {
        let Self::Each { blocks, ends } = self else { return None };
        if ends.len().is_multiple_of(BLOCK) {
            blocks.push(start);
        }
        let within = u32::try_from(start - blocks.last()?).ok()?;
        ends.push(within.checked_add(size)?);
        Some(())
    }
}

fn low(word: u64) -> u32 {
    u32::try_from(word & u64::from(u32::MAX)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::NameTable;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn names_are_found_as_they_were_numbered(
            names in proptest::collection::vec("[abü]{0,6}", 0..200),
            size in 0..48_usize,
            alike in proptest::bool::ANY,
        ) {
            let mut table = NameTable::default();
            let mut known: HashMap<String, u32> = HashMap::new();
            for name in names {
                let name = match alike {
                    true => format!("{name:_<48}"),
                    false => format!("{:_<size$}{name}", ""),
                };
                let next = u32::try_from(known.len()).unwrap();
                let number = *known.entry(name.clone()).or_insert(next);
                prop_assert_eq!(table.intern(&name, 1_000), Some(number));
            }
            let mut bare = NameTable::default();
            for number in 0..table.len() {
                bare.append(table.name(number).unwrap()).unwrap();
            }
            bare.finish();
            table.finish();
            for table in [&table, &bare] {
                prop_assert!(table.distinct());
                for (name, number) in &known {
                    prop_assert_eq!(table.find(name, table.hash(name)), Some(*number));
                    prop_assert_eq!(table.name(*number), Some(name.as_str()));
                }
                prop_assert_eq!(table.find("c", table.hash("c")), None);
                prop_assert_eq!(table.name(table.len()), None);
            }
        }
    }
}
