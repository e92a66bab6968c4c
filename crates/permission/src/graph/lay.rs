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

/// Rows from records in any order. With a vocabulary the last of those that differ in terms and
/// conditions only stays; without they must be distinct.
pub(super) fn lay_out(
    records: Vec<Record>,
    keys: u32,
    unique: Option<&Vocabulary>,
) -> Result<Rows, GraphError> {
    let mut ends = vec![0u32; keys as usize + 1];
    u32::try_from(records.len()).map_err(|_| GraphError::TooLarge)?;
    for record in &records {
        if let Some(end) = ends.get_mut(record.key as usize + 1) {
            *end += 1;
        }
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    // Each start moves on to its row's end while the row is filled.
    let mut sorted: Vec<Entry> = vec![(0, 0, NO_TERMS); records.len()];
    for record in &records {
        if let Some(next) = ends.get_mut(record.key as usize) {
            if let Some(slot) = sorted.get_mut(*next as usize) {
                *slot = (record.part, record.value, record.terms);
            }
            *next += 1;
        }
    }
    let words = records.len() + records.len() / 2;
    drop(records);
    let mut writer = RowsWriter::with_capacity(words);
    let mut rest = sorted.as_mut_slice();
    let (mut before, mut kept) = (0, Vec::new());
    for (key, end) in (0..keys).zip(&ends) {
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
    writer.finish().ok_or(GraphError::TooLarge)
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
    let mut counts = vec![0u32; vocabulary.kind_count() * 2];
    let mut records: Vec<Vec<Record>> = vec![Vec::new(); types.len()];
    let mut wild: Vec<Record> = Vec::new();
    for of in types.iter() {
        for object in 0..of.forward.len() {
            for (part, values, terms) in Slots(of.forward.row(object)) {
                let kind = vocabulary.kind_of(part).ok_or(GraphError::TooLarge)?;
                if let Some(count) = counts.get_mut(usize::from(part)) {
                    let more = u32::try_from(values.len()).map_err(|_| GraphError::TooLarge)?;
                    *count = count.checked_add(more).ok_or(GraphError::TooLarge)?;
                }
                let user_type = kind.user_type as usize;
                let to = match kind.user {
                    UserKind::Wildcard => &mut wild,
                    _ => records.get_mut(user_type).ok_or(GraphError::TooLarge)?,
                };
                let mut terms = terms.iter();
                for value in values {
                    let key = if kind.user == UserKind::Wildcard { kind.user_type } else { *value };
                    let terms = terms.next().copied().unwrap_or(NO_TERMS);
                    debug_assert_eq!(has_terms(part), terms != NO_TERMS, "terms where they belong");
                    to.push(Record { key, value: object, terms, part });
                }
            }
        }
    }
    let count = u32::try_from(types.len()).map_err(|_| GraphError::TooLarge)?;
    for (of, records) in types.iter_mut().zip(records) {
        of.reverse = lay_out(records, of.names.len(), None)?;
    }
    Ok((lay_out(wild, count, None)?, counts))
}
