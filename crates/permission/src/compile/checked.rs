//! A valid model: small ids, and a flat arena of operators without names.

use std::collections::HashMap;
use std::ops::Range;

use super::Finding;
use crate::condition::Program;

/// A model that was validated by [`super::compile`]: there is no other way to one.
#[derive(Clone, Debug)]
pub struct CheckedModel {
    pub(super) types: Vec<CheckedType>,
    pub(super) type_ids: HashMap<String, TypeId>,
    pub(super) relations: Vec<CheckedRelation>,
    pub(super) restrictions: Vec<CheckedRestriction>,
    pub(super) conditions: HashMap<String, Program>,
    pub(super) ops: Vec<Op>,
    pub(super) operands: Vec<OpId>,
    pub(super) targets: Vec<Target>,
    pub(super) warnings: Vec<Finding>,
    pub(super) strict: bool,
}

/// A type, by its place in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TypeId(pub(super) u16);

/// A relation of a type, by its place among all relations of the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RelationId(pub(super) u16);

/// A type restriction, by its place among all of the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RestrictionId(pub(super) u32);

/// An operator, by its place in the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpId(pub(super) u32);

#[derive(Clone, Debug)]
pub(super) struct CheckedType {
    pub(super) name: String,
    pub(super) relations: HashMap<String, RelationId>,
}

#[derive(Clone, Debug)]
pub(super) struct CheckedRelation {
    pub(super) name: String,
    pub(super) of: TypeId,
    pub(super) root: OpId,
    pub(super) restrictions: Range<u32>,
}

/// Whom a tuple of a relation may name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CheckedRestriction {
    pub(crate) of: TypeId,
    pub(crate) subject: Subject,
    pub(crate) condition: Option<String>,
}

/// What of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Object,
    Userset(RelationId),
    Wildcard,
}

/// How a relation follows.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    This,
    Computed(RelationId),
    TupleToUserset(Range<u32>),
    Union(Range<u32>),
    Intersection(Range<u32>),
    Exclusion(OpId, OpId),
}

/// One way of `x from y`: over the tuples of one restriction of `y` to the `x` of its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) tupleset: RestrictionId,
    pub(crate) computed: RelationId,
}

impl CheckedModel {
    /// What its author should know although the model is valid.
    #[must_use]
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    /// Whether questions get the answers of OpenFGA's coming resolver.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// Whether it has a type of this name.
    #[must_use]
    pub fn has_type(&self, name: &str) -> bool {
        self.type_ids.contains_key(name)
    }

    /// Whether one of its types has a relation of this name.
    #[must_use]
    pub fn has_relation(&self, type_name: &str, relation: &str) -> bool {
        self.relation(type_name, relation).is_some()
    }

    /// Whether it has a condition of this name.
    #[must_use]
    pub fn has_condition(&self, name: &str) -> bool {
        self.conditions.contains_key(name)
    }

    pub(crate) fn type_id(&self, name: &str) -> Option<TypeId> {
        self.type_ids.get(name).copied()
    }

    pub(crate) fn relation(&self, type_name: &str, relation: &str) -> Option<RelationId> {
        let of = self.type_id(type_name)?;
        self.types.get(usize::from(of.0))?.relations.get(relation).copied()
    }

    pub(crate) fn type_name(&self, of: TypeId) -> &str {
        self.types.get(usize::from(of.0)).map_or("", |known| known.name.as_str())
    }

    pub(crate) fn relation_name(&self, id: RelationId) -> &str {
        self.relations.get(usize::from(id.0)).map_or("", |relation| relation.name.as_str())
    }

    pub(crate) fn type_of(&self, id: RelationId) -> TypeId {
        self.relations.get(usize::from(id.0)).map_or(TypeId(0), |relation| relation.of)
    }

    pub(crate) fn root(&self, id: RelationId) -> OpId {
        self.relations.get(usize::from(id.0)).map_or(OpId(0), |relation| relation.root)
    }

    pub(crate) fn op(&self, id: OpId) -> Option<&Op> {
        self.ops.get(id.0 as usize)
    }

    pub(crate) fn operands(&self, range: &Range<u32>) -> &[OpId] {
        self.operands.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    pub(crate) fn targets(&self, range: &Range<u32>) -> &[Target] {
        self.targets.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    /// The relations of the model, each with its type.
    pub(crate) fn relations(&self) -> impl Iterator<Item = (RelationId, TypeId)> {
        (0..).zip(&self.relations).map(|(id, relation)| (RelationId(id), relation.of))
    }

    /// Whom a relation's tuples may name.
    pub(crate) fn restrictions(
        &self,
        id: RelationId,
    ) -> impl Iterator<Item = (RestrictionId, &CheckedRestriction)> {
        let range = self
            .relations
            .get(usize::from(id.0))
            .map_or(0..0, |relation| relation.restrictions.clone());
        range.filter_map(|place| {
            Some((RestrictionId(place), self.restrictions.get(place as usize)?))
        })
    }

    /// The condition that the tuples of a restriction name, if any.
    pub(crate) fn condition_of(&self, id: RestrictionId) -> Option<&str> {
        self.restrictions.get(id.index())?.condition.as_deref()
    }

    /// The conditions of the model, by name.
    pub(crate) fn programs(&self) -> &HashMap<String, Program> {
        &self.conditions
    }

    /// The types of the model, by name.
    pub(crate) fn types(&self) -> impl Iterator<Item = (TypeId, &str)> {
        (0..).zip(&self.types).map(|(id, known)| (TypeId(id), known.name.as_str()))
    }
}

impl RelationId {
    #[inline]
    pub(crate) fn number(self) -> u16 {
        self.0
    }
}

impl TypeId {
    pub(crate) fn new(index: u16) -> Self {
        Self(index)
    }

    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl RestrictionId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}
