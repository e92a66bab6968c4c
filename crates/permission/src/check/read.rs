//! Tuples and names as a model sees them.

use super::Snapshot;
use crate::compile::{RestrictionId, TypeId};
use crate::graph::Part;
use crate::tuple::Context;

#[allow(dead_code, reason = "the lists stand on these")]
impl Snapshot {
    /// The users that tuples of a restriction name for an object, sorted, with the context of the
    /// tuple's condition. What expired by `now` is not there.
    pub(crate) fn users(
        &self,
        id: RestrictionId,
        object: u32,
        now: u64,
    ) -> impl Iterator<Item = (u32, Option<&Context>)> {
        let conditional = self.model.condition_of(id).is_some();
        let rows = self.parts_of(id).flat_map(move |part| {
            let (start, row) = part.forward.row(object);
            (start..).zip(row).map(move |(place, user)| (part, place, *user))
        });
        let mut found: Vec<_> = rows
            .filter_map(|(part, place, user)| {
                Some((user, self.context_at(part, place, conditional, now)?))
            })
            .collect();
        found.sort_unstable_by_key(|(user, _)| *user);
        found.into_iter()
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
        let conditional = self.model.condition_of(id).is_some();
        let rows = self
            .parts_of(id)
            .flat_map(move |part| part.reverse.row(user).1.iter().map(move |at| (part, *at)));
        let mut found: Vec<_> = rows
            .filter_map(|(part, object)| {
                let place = part.forward.find(object, user)?;
                Some((object, self.context_at(part, place, conditional, now)?))
            })
            .collect();
        found.sort_unstable_by_key(|(object, _)| *object);
        found.into_iter()
    }

    /// Whether a tuple of a restriction names a user for an object, and the context of its condition.
    pub(crate) fn find_tuple(
        &self,
        id: RestrictionId,
        object: u32,
        user: u32,
        now: u64,
    ) -> Option<Option<&Context>> {
        let conditional = self.model.condition_of(id).is_some();
        self.parts_of(id).find_map(|part| {
            let place = part.forward.find(object, user)?;
            self.context_at(part, place, conditional, now)
        })
    }

    /// The id of an object by its number.
    pub(crate) fn name(&self, of: TypeId, number: u32) -> Option<&str> {
        self.graph.names(self.model.type_name(of))?.name(number)
    }

    /// The number of an object by its id.
    pub(crate) fn number(&self, of: TypeId, id: &str) -> Option<u32> {
        self.graph.names(self.model.type_name(of))?.find(id)
    }

    /// How many objects of a type have numbers, those that no tuple names any more included.
    pub(crate) fn objects(&self, of: TypeId) -> u32 {
        self.objects.get(of.index()).copied().unwrap_or(0)
    }

    fn parts_of(&self, id: RestrictionId) -> impl Iterator<Item = &Part> {
        let numbers = self.parts.get(id.index()).copied().unwrap_or_default();
        numbers.into_iter().flatten().filter_map(|number| self.graph.part(number))
    }

    /// Outer none: the tuple does not count any more. Inner none: it has no condition.
    fn context_at(
        &self,
        part: &Part,
        place: usize,
        conditional: bool,
        now: u64,
    ) -> Option<Option<&Context>> {
        let Some(terms) = self.graph.terms(part, place) else { return Some(None) };
        terms.live(now).then_some(conditional.then_some(&terms.context))
    }
}
