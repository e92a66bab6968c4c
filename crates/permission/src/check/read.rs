//! Tuples and names as a model sees them.

use super::Snapshot;
use crate::compile::{RestrictionId, TypeId};
use crate::graph::{NO_TERMS, Row, Slot};
use crate::tuple::Context;

impl Snapshot {
    /// The users that tuples of a restriction name for an object, sorted, with the context of the
    /// tuple's condition. What expired by `now` is not there.
    pub(crate) fn users(
        &self,
        id: RestrictionId,
        object: u32,
        now: u64,
    ) -> impl Iterator<Item = (u32, Option<&Context>)> {
        let bound = self.bound.restriction(id);
        let row = bound.kind.map(|_| self.graph.forward(bound.object_type, object));
        self.merged_slots(id, row.unwrap_or_default(), now)
    }

    /// The objects of which tuples of a restriction name a user, sorted, with the context of the
    /// tuple's condition. What expired by `now` is not there. In a restriction to a wildcard every
    /// user is 0.
    pub(crate) fn objects_naming(
        &self,
        id: RestrictionId,
        user: u32,
        now: u64,
    ) -> impl Iterator<Item = (u32, Option<&Context>)> {
        let bound = self.bound.restriction(id);
        let row = bound.kind.map(|_| match bound.wildcard {
            true => self.graph.wild(bound.user_type),
            false => self.graph.reverse(bound.user_type, user),
        });
        self.merged_slots(id, row.unwrap_or_default(), now)
    }

    /// Whether a tuple of a restriction names a user for an object, and the context of its condition.
    pub(crate) fn find_tuple(
        &self,
        id: RestrictionId,
        object: u32,
        user: u32,
        now: u64,
    ) -> Option<Option<&Context>> {
        let row = self.graph.forward(self.bound.restriction(id).object_type, object);
        self.find_in(id, row, user, now)
    }

    /// The same in the row of an object.
    #[inline]
    pub(super) fn find_in(
        &self,
        id: RestrictionId,
        row: Row<'_>,
        user: u32,
        now: u64,
    ) -> Option<Option<&Context>> {
        let bound = self.bound.restriction(id);
        let kind = bound.kind?;
        if !bound.conditional && row.slot(kind.plain()).find(user).is_some() {
            return Some(None);
        }
        if !bound.termed {
            return None;
        }
        let terms = row.slot(kind.termed()).find(user)?;
        self.context_of(terms, bound.conditional, now)
    }

    /// The id of an object by its number.
    pub(crate) fn name(&self, of: TypeId, number: u32) -> Option<&str> {
        self.graph.name(self.bound.type_of(of)?, number)
    }

    /// The number of an object by its id.
    pub(crate) fn number(&self, of: TypeId, id: &str) -> Option<u32> {
        self.graph.number(self.bound.type_of(of)?, id)
    }

    /// How many objects of a type have numbers, those that no tuple names any more included.
    pub(crate) fn objects(&self, of: TypeId) -> u32 {
        self.bound.type_of(of).map_or(0, |of| self.graph.objects_of(of))
    }

    /// The tuples of a restriction in a row, sorted.
    pub(super) fn merged_slots<'a>(
        &'a self,
        id: RestrictionId,
        row: Row<'a>,
        now: u64,
    ) -> impl Iterator<Item = (u32, Option<&'a Context>)> {
        let bound = self.bound.restriction(id);
        let conditional = bound.conditional;
        let slot = |wanted: bool, part| if wanted { row.slot(part) } else { Slot::default() };
        let (plain, termed) = match bound.kind {
            Some(kind) => (slot(!conditional, kind.plain()), slot(bound.termed, kind.termed())),
            None => (Slot::default(), Slot::default()),
        };
        let mut plain = plain.iter().peekable();
        let mut termed = termed.iter().peekable();
        std::iter::from_fn(move || {
            loop {
                let first = match (plain.peek(), termed.peek()) {
                    (Some(one), Some(other)) if one.0 <= other.0 => plain.next(),
                    (_, Some(_)) => termed.next(),
                    _ => plain.next(),
                };
                let (user, terms) = first?;
                if let Some(context) = self.context_of(terms, conditional, now) {
                    return Some((user, context));
                }
            }
        })
    }

    /// Outer none: the tuple does not count any more. Inner none: it has no condition.
    #[inline]
    pub(super) fn context_of(
        &self,
        terms: u32,
        conditional: bool,
        now: u64,
    ) -> Option<Option<&Context>> {
        if terms == NO_TERMS {
            return Some(None);
        }
        let terms = self.graph.terms(terms)?;
        terms.live(now).then_some(conditional.then_some(&*terms.context))
    }
}
