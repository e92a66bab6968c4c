//! What a question brings along: names that the graph lacks, and contextual tuples.

use super::{CheckError, Node, Snapshot};
use crate::compile::{RelationId, RestrictionId, Subject, TypeId};
use crate::tuple::{Context, ObjectName, Tuple, UserName};

#[derive(Debug, Default)]
pub(crate) struct Overlay<'a> {
    /// A hundred contextual tuples bring two hundred names at most: a scan is quick enough.
    names: Vec<(TypeId, u32, &'a str)>,
    tuples: Vec<Added<'a>>,
}

/// A contextual tuple.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Added<'a> {
    pub(crate) node: Node,
    pub(crate) restriction: RestrictionId,
    pub(crate) user: u32,
    pub(crate) condition: Option<(&'a str, &'a Context)>,
}

impl<'a> Overlay<'a> {
    /// The number of an object: the graph's, or else one beyond the graph's.
    pub(crate) fn number(&mut self, snapshot: &Snapshot, of: TypeId, id: &'a str) -> u32 {
        if let Some(known) = snapshot.number(of, id) {
            return known;
        }
        if let Some((_, number, _)) = self.names.iter().find(|new| (new.0, new.2) == (of, id)) {
            return *number;
        }
        let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let number = snapshot.objects(of).saturating_add(next);
        self.names.push((of, number, id));
        number
    }

    /// The numbers of two objects, as [`Self::number`] gives them.
    pub(super) fn numbers(
        &mut self,
        snapshot: &Snapshot,
        [one, other]: [(TypeId, &'a str); 2],
    ) -> [u32; 2] {
        let of = |of: TypeId| snapshot.bound.type_of(of).unwrap_or(u32::MAX);
        let known = snapshot.graph.numbers([(of(one.0), one.1), (of(other.0), other.1)]);
        [
            known[0].unwrap_or_else(|| self.number(snapshot, one.0, one.1)),
            known[1].unwrap_or_else(|| self.number(snapshot, other.0, other.1)),
        ]
    }

    /// Adds a contextual tuple, which the model must allow.
    pub(crate) fn add(
        &mut self,
        snapshot: &Snapshot,
        tuple: &'a Tuple,
        now: u64,
    ) -> Result<(), CheckError> {
        let relation = relation(snapshot, tuple.object(), tuple.relation().as_str())?;
        let restriction = allowed(snapshot, relation, tuple)
            .ok_or_else(|| CheckError::TupleNotAllowed(tuple.to_string()))?;
        if tuple.expires_at().is_some_and(|end| end <= now) {
            return Ok(());
        }
        let object = self.number(snapshot, snapshot.model.type_of(relation), tuple.object().id());
        let user = match tuple.user() {
            UserName::Object(user) | UserName::Userset(user, _) => {
                let of = snapshot
                    .program
                    .type_id(&snapshot.model, user.type_name())
                    .ok_or_else(|| CheckError::UnknownType(user.type_name().to_owned()))?;
                self.number(snapshot, of, user.id())
            }
            UserName::Wildcard(_) => 0,
        };
        let condition = tuple.condition().map(|condition| (condition.name(), condition.context()));
        self.tuples.push(Added { node: Node { relation, object }, restriction, user, condition });
        Ok(())
    }

    /// The contextual tuples.
    pub(crate) fn tuples(&self) -> &[Added<'a>] {
        &self.tuples
    }

    /// The names that the graph lacks, with their numbers.
    pub(crate) fn names(&self) -> impl Iterator<Item = (TypeId, u32, &'a str)> {
        self.names.iter().copied()
    }

    /// Orders the tuples once all are there.
    pub(crate) fn sort(&mut self) {
        self.tuples.sort_by_key(|added| (added.restriction, added.node.object, added.user));
    }

    /// Whether no contextual tuple is about an object with this number.
    #[inline]
    pub(super) fn leaves(&self, object: u32) -> bool {
        self.tuples.iter().all(|added| added.node.object != object)
    }

    /// The contextual tuples of an object under a restriction.
    pub(crate) fn row(&self, id: RestrictionId, object: u32) -> &[Added<'a>] {
        if self.tuples.is_empty() {
            return &[];
        }
        let place = |added: &Added<'_>| (added.restriction, added.node.object);
        let start = self.tuples.partition_point(|added| place(added) < (id, object));
        let end = self.tuples.partition_point(|added| place(added) <= (id, object));
        self.tuples.get(start..end).unwrap_or_default()
    }
}

/// The relation of an object that is asked for.
pub(crate) fn relation(
    snapshot: &Snapshot,
    object: &ObjectName,
    name: &str,
) -> Result<RelationId, CheckError> {
    let type_name = object.type_name();
    let of = snapshot
        .program
        .type_id(&snapshot.model, type_name)
        .ok_or_else(|| CheckError::UnknownType(type_name.to_owned()))?;
    snapshot.program.relation(&snapshot.model, of, name).ok_or_else(|| {
        CheckError::UnknownRelation { type_name: type_name.to_owned(), relation: name.to_owned() }
    })
}

/// The restriction that allows a tuple.
fn allowed(snapshot: &Snapshot, relation: RelationId, tuple: &Tuple) -> Option<RestrictionId> {
    let model = &snapshot.model;
    let of = snapshot.program.type_id(model, tuple.user().type_name())?;
    let subject = match tuple.user() {
        UserName::Object(_) => Subject::Object,
        UserName::Userset(object, relation) => {
            Subject::Userset(model.relation(object.type_name(), relation.as_str())?)
        }
        UserName::Wildcard(_) => Subject::Wildcard,
    };
    let condition = tuple.condition().map(crate::tuple::TupleCondition::name);
    model
        .restrictions(relation)
        .find(|(_, known)| {
            known.of == of && known.subject == subject && known.condition.as_deref() == condition
        })
        .map(|(id, _)| id)
}
