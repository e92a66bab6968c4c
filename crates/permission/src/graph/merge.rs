//! Lays a graph and its delta out anew.

use super::base::TypeBase;
use super::build::assemble;
use super::names::NameTable;
use super::rows::{Entry, PartId, Row, Rows, RowsWriter};
use super::terms::{Terms, TermsList};
use super::{Graph, GraphError, NO_TERMS};

/// How the numbers of one type's objects change, or of terms: none stays as it is.
type Renumbered = Option<Vec<u32>>;

/// A number that nothing has.
const GONE: u32 = u32::MAX;

impl Graph {
    /// The same graph laid out anew, without the names that no tuple has any more: it takes long, so
    /// it is for the background. What changes meanwhile is put on top of the result by
    /// [`Graph::with`].
    #[must_use]
    pub fn merged(&self) -> Self {
        if self.delta.changed == 0 {
            return self.clone();
        }
        // A graph that fitted before fits after: nothing is added.
        self.lay_out_anew().unwrap_or_else(|_| self.clone())
    }

    fn lay_out_anew(&self) -> Result<Self, GraphError> {
        let count = u32::try_from(self.vocabulary.types.len()).map_err(|_| GraphError::TooLarge)?;
        let mut used: Vec<Vec<bool>> =
            (0..count).map(|of| vec![false; self.objects_of(of) as usize]).collect();
        let mut terms = TermsUse::default();
        for of in 0..count {
            self.mark(of, &mut used, &mut terms)?;
        }
        let mut types = Vec::new();
        let mut numbers: Vec<Renumbered> = Vec::new();
        for (of, used) in (0..count).zip(&used) {
            let (names, renumbered) = self.names_in_use(of, used)?;
            numbers.push(renumbered);
            types.push(TypeBase { names, ..TypeBase::default() });
        }
        for of in 0..count {
            let rows = self.rows_anew(of, &numbers, &terms)?;
            if let Some(known) = types.get_mut(of as usize) {
                known.forward = rows;
            }
        }
        assemble((*self.vocabulary).clone(), types, terms.list.finish())
    }

    /// Marks what the tuples of a type's objects name.
    fn mark(
        &self,
        of: u32,
        used: &mut [Vec<bool>],
        terms: &mut TermsUse,
    ) -> Result<(), GraphError> {
        for object in 0..self.objects_of(of) {
            for (part, value, number) in entries(self.forward(of, object)) {
                let kind = self.vocabulary.kind_of(part).ok_or(GraphError::TooLarge)?;
                for (of, number) in [(of, object), (kind.user_type, value)] {
                    let slot = used.get_mut(of as usize).and_then(|of| of.get_mut(number as usize));
                    if let Some(slot) = slot {
                        *slot = true;
                    }
                }
                if number != NO_TERMS {
                    let known = self.terms(number).ok_or(GraphError::TooLarge)?;
                    terms.keep(number, known).ok_or(GraphError::TooLarge)?;
                }
            }
        }
        Ok(())
    }

    fn names_in_use(&self, of: u32, used: &[bool]) -> Result<(NameTable, Renumbered), GraphError> {
        let mut names = NameTable::default();
        let all = used.iter().all(|used| *used);
        let mut numbers = Vec::new();
        for (number, used) in (0..).zip(used) {
            if *used {
                let name = self.name(of, number).ok_or(GraphError::TooLarge)?;
                numbers.extend((!all).then_some(names.len()));
                names.append(name).ok_or(GraphError::TooLarge)?;
            } else {
                numbers.push(GONE);
            }
        }
        names.finish();
        Ok((names, (!all).then_some(numbers)))
    }

    fn rows_anew(
        &self,
        of: u32,
        numbers: &[Renumbered],
        terms: &TermsUse,
    ) -> Result<Rows, GraphError> {
        let mut writer = RowsWriter::default();
        let own = numbers.get(of as usize).and_then(Option::as_ref);
        let mut row: Vec<Entry> = Vec::new();
        for object in 0..self.objects_of(of) {
            row.clear();
            for (part, value, number) in entries(self.forward(of, object)) {
                let kind = self.vocabulary.kind_of(part).ok_or(GraphError::TooLarge)?;
                let users = numbers.get(kind.user_type as usize).and_then(Option::as_ref);
                row.push((part, renumber(users, value), terms.renumber(number)));
            }
            if !row.is_empty() {
                // Renumbering keeps the order.
                writer.start(renumber(own, object)).ok_or(GraphError::TooLarge)?;
                writer.slots(&row);
            }
        }
        writer.finish().ok_or(GraphError::TooLarge)
    }
}

/// All tuples of a row, sorted by part and value.
pub(super) fn entries(row: Row<'_>) -> impl Iterator<Item = Entry> {
    let mut parts: Vec<PartId> = row.parts().collect();
    if row.patch.is_some() {
        parts.sort_unstable();
        parts.dedup();
    }
    parts
        .into_iter()
        .flat_map(move |part| row.slot(part).iter().map(move |(at, terms)| (part, at, terms)))
}

/// The wildcard's user is 0, whatever object 0 is.
fn renumber(numbers: Option<&Vec<u32>>, number: u32) -> u32 {
    numbers.map_or(number, |numbers| numbers.get(number as usize).copied().unwrap_or(GONE))
}

/// Terms that are still in use.
#[derive(Default)]
struct TermsUse {
    numbers: Vec<u32>,
    list: TermsList,
}

impl TermsUse {
    fn keep(&mut self, number: u32, terms: &Terms) -> Option<()> {
        let at = number as usize;
        if self.numbers.len() <= at {
            self.numbers.resize(at + 1, GONE);
        }
        let slot = self.numbers.get_mut(at)?;
        if *slot == GONE {
            *slot = self.list.intern(terms.clone())?;
        }
        Some(())
    }

    fn renumber(&self, number: u32) -> u32 {
        self.numbers.get(number as usize).copied().unwrap_or(NO_TERMS)
    }
}
