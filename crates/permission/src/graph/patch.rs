//! What changed in rows since they were laid out.

use super::rows::PartId;

/// The changes of one row.
#[derive(Clone, Debug, Default)]
pub(super) struct Patch {
    /// Sorted by part.
    slots: Vec<SlotPatch>,
}

#[derive(Clone, Debug)]
struct SlotPatch {
    part: PartId,
    added: Vec<(u32, u32)>,
    removed: Vec<u32>,
}

impl Patch {
    /// What was added and what was removed in a part.
    pub(super) fn slot(&self, part: PartId) -> (&[(u32, u32)], &[u32]) {
        let slot = self.place(part).ok().and_then(|at| self.slots.get(at));
        slot.map_or((&[], &[]), |slot| (&slot.added, &slot.removed))
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = PartId> {
        self.slots.iter().map(|slot| slot.part)
    }

    /// Adds a tuple that is not in the row.
    pub(super) fn add(&mut self, part: PartId, value: u32, terms: u32) {
        self.change(part, |slot| {
            if let Err(at) = slot.added.binary_search_by_key(&value, |(known, _)| *known) {
                slot.added.insert(at, (value, terms));
            }
        });
    }

    /// Removes a tuple that is in the row.
    pub(super) fn remove(&mut self, part: PartId, value: u32) {
        self.change(part, |slot| {
            if let Ok(at) = slot.added.binary_search_by_key(&value, |(known, _)| *known) {
                slot.added.remove(at);
            } else if let Err(at) = slot.removed.binary_search(&value) {
                slot.removed.insert(at, value);
            }
        });
    }

    fn change(&mut self, part: PartId, change: impl FnOnce(&mut SlotPatch)) {
        let at = self.place(part).unwrap_or_else(|at| {
            self.slots.insert(at, SlotPatch { part, added: vec![], removed: vec![] });
            at
        });
        if let Some(slot) = self.slots.get_mut(at) {
            change(slot);
        }
    }

    fn place(&self, part: PartId) -> Result<usize, usize> {
        self.slots.binary_search_by_key(&part, |slot| slot.part)
    }
}
