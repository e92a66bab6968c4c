//! Sorts tuples into rows.

use super::base::TypeBase;
use super::rows::{Entry, PartId, Rows, RowsWriter, Slots, has_terms};
use super::vocabulary::{UserKind, Vocabulary};
use super::{GraphError, NO_TERMS};

/// A tuple seen from one end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) key: u32,
    pub(super) value: u32,
    pub(super) terms: u32,
    pub(super) part: PartId,
}

/// How many tuples each row will have.
#[derive(Debug)]
pub(super) struct Counts(Vec<u32>);

impl Counts {
    pub(super) fn new(keys: u32) -> Self {
        Self(vec![0; keys as usize + 1])
    }

    pub(super) fn add(&mut self, key: u32) {
        // The place of the key before holds where this one starts.
        if let Some(count) = self.0.get_mut(key as usize + 1) {
            *count = count.saturating_add(1);
        }
    }

    /// Makes room for them all.
    pub(super) fn places(self) -> Result<Places, GraphError> {
        let Self(mut ends) = self;
        let mut sum = 0u32;
        for end in &mut ends {
            sum = sum.checked_add(*end).ok_or(GraphError::TooLarge)?;
            *end = sum;
        }
        Ok(Places { ends, entries: vec![(0, 0, NO_TERMS); sum as usize] })
    }
}

/// Tuples by row, in the order in which they were put there.
#[derive(Debug)]
pub(super) struct Places {
    /// Where each row starts; once it is filled, where it ends.
    ends: Vec<u32>,
    entries: Vec<Entry>,
}

impl Places {
    /// Puts a tuple that was counted.
    pub(super) fn put(&mut self, record: Record) {
        if let Some(next) = self.ends.get_mut(record.key as usize) {
            if let Some(slot) = self.entries.get_mut(*next as usize) {
                *slot = (record.part, record.value, record.terms);
            }
            *next += 1;
        }
    }

    /// With a vocabulary the last of those that differ in terms and conditions only stays; without
    /// they must be distinct.
    pub(super) fn rows(mut self, unique: Option<&Vocabulary>) -> Result<Rows, GraphError> {
        let mut writer = RowsWriter::with_capacity(self.entries.len() + self.entries.len() / 2);
        let keys = self.ends.len().saturating_sub(1);
        let mut rest = self.entries.as_mut_slice();
        let (mut before, mut kept) = (0, Vec::new());
        for (key, end) in (0..).zip(self.ends.iter().take(keys)) {
            let count = (*end - before) as usize;
            before = *end;
            let Some((row, tail)) = std::mem::take(&mut rest).split_at_mut_checked(count) else {
                break;
            };
            rest = tail;
            if row.is_empty() {
                continue;
            }
            writer.start(key).ok_or(GraphError::TooLarge)?;
            let row = match unique {
                Some(vocabulary) => {
                    last_of_each(vocabulary, row, &mut kept);
                    kept.as_mut_slice()
                }
                None => row,
            };
            row.sort_unstable_by_key(|(part, value, _)| (*part, *value));
            writer.slots(row);
        }
        // Rows and what they came from need not be there at once for long.
        drop(self.entries);
        writer.finish().ok_or(GraphError::TooLarge)
    }
}

/// Rows from records in any order; see [`Places::rows`].
pub(super) fn lay_out(
    records: Vec<Record>,
    keys: u32,
    unique: &Vocabulary,
) -> Result<Rows, GraphError> {
    let mut counts = Counts::new(keys);
    records.iter().for_each(|record| counts.add(record.key));
    let mut places = counts.places()?;
    records.into_iter().for_each(|record| places.put(record));
    places.rows(Some(unique))
}

/// Keeps the last of the entries that mean the same tuple.
fn last_of_each(vocabulary: &Vocabulary, row: &mut [Entry], kept: &mut Vec<Entry>) {
    kept.clear();
    if let [only] = row {
        kept.push(*only);
        return;
    }
    let tuple = |entry: &Entry| (vocabulary.eldest(entry.0), entry.1);
    // Stable: the last comes last.
    row.sort_by_key(tuple);
    for entry in row {
        match kept.last_mut() {
            Some(last) if tuple(last) == tuple(entry) => *last = *entry,
            _ => kept.push(*entry),
        }
    }
}

/// Fills in the rows of users from those of objects; returns those of wildcards and how many tuples
/// each part has.
pub(super) fn reverse(
    vocabulary: &Vocabulary,
    types: &mut [TypeBase],
) -> Result<(Rows, Vec<u32>), GraphError> {
    let mut tuples = vec![0u32; vocabulary.kind_count() * 2];
    let mut counts: Vec<Counts> = types.iter().map(|of| Counts::new(of.names.len())).collect();
    let mut wild = Counts::new(u32::try_from(types.len()).map_err(|_| GraphError::TooLarge)?);
    each_tuple(vocabulary, types, &mut |to, record| {
        let tuples = tuples.get_mut(usize::from(record.part))?;
        *tuples = tuples.checked_add(1)?;
        to.of(&mut counts, &mut wild)?.add(record.key);
        Some(())
    })?;
    let places: Result<Vec<Places>, GraphError> = counts.into_iter().map(Counts::places).collect();
    let (mut places, mut wild) = (places?, wild.places()?);
    each_tuple(vocabulary, types, &mut |to, record| {
        to.of(&mut places, &mut wild)?.put(record);
        Some(())
    })?;
    for (of, places) in types.iter_mut().zip(places) {
        of.reverse = places.rows(None)?;
    }
    Ok((wild.rows(None)?, tuples))
}

/// Where a tuple goes, seen from its user.
#[derive(Clone, Copy, Debug)]
enum To {
    /// To the users of a type.
    Type(u32),
    Wildcards,
}

impl To {
    fn of<'a, T>(self, types: &'a mut [T], wild: &'a mut T) -> Option<&'a mut T> {
        match self {
            Self::Type(of) => types.get_mut(of as usize),
            Self::Wildcards => Some(wild),
        }
    }
}

/// Tells of each tuple as its user sees it. None: there is no room for it.
fn each_tuple(
    vocabulary: &Vocabulary,
    types: &[TypeBase],
    tell: &mut impl FnMut(To, Record) -> Option<()>,
) -> Result<(), GraphError> {
    for of in types {
        for object in 0..of.forward.len() {
            for (part, values, terms) in Slots(of.forward.row(object)) {
                let kind = vocabulary.kind_of(part).ok_or(GraphError::TooLarge)?;
                let is_wild = kind.user == UserKind::Wildcard;
                let to = if is_wild { To::Wildcards } else { To::Type(kind.user_type) };
                let mut terms = terms.iter();
                for value in values {
                    let key = if is_wild { kind.user_type } else { *value };
                    let terms = terms.next().copied().unwrap_or(NO_TERMS);
                    debug_assert_eq!(has_terms(part), terms != NO_TERMS, "terms where they belong");
                    let record = Record { key, value: object, terms, part };
                    tell(to, record).ok_or(GraphError::TooLarge)?;
                }
            }
        }
    }
    Ok(())
}
