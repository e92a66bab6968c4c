//! What tuples are made of, apart from objects: types, relations, conditions, and their kinds.

use std::collections::HashMap;

use super::GraphError;
use super::names::Names;
use super::rows::PartId;
use crate::tuple::{Tuple, UserName};

/// The most kinds of tuples in a store: each has two parts, and parts are numbered by 16 bits. The
/// largest model that may be written has fewer.
const KINDS_MAX: usize = 1 << 15;
/// The most types, relations or conditions that tuples of a store name: more than so many kinds need.
const WORDS_MAX: u32 = 1 << 16;

/// What tuples have in common that a type restriction can tell apart, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    pub(super) object_type: u32,
    pub(super) relation: u32,
    pub(super) user_type: u32,
    pub(super) user: UserKind,
    pub(super) condition: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum UserKind {
    Object,
    Userset(u32),
    Wildcard,
}

/// The same, by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KindName<'a> {
    pub(crate) object_type: &'a str,
    pub(crate) relation: &'a str,
    pub(crate) user_type: &'a str,
    pub(crate) user: UserKindName<'a>,
    pub(crate) condition: Option<&'a str>,
}

/// The kind of user, by name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum UserKindName<'a> {
    Object,
    Userset(&'a str),
    Wildcard,
}

/// A kind, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KindId(pub(super) u16);

impl KindId {
    /// The part of its tuples that have neither condition nor expiry.
    #[inline]
    pub(crate) fn plain(self) -> PartId {
        self.0 * 2
    }

    /// The part of its tuples that have one.
    #[inline]
    pub(crate) fn termed(self) -> PartId {
        self.0 * 2 + 1
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Vocabulary {
    pub(super) types: Names,
    pub(super) relations: Names,
    pub(super) conditions: Names,
    kinds: Vec<Kind>,
    numbers: HashMap<Kind, KindId>,
    /// Kinds that differ in the condition only, by the one without: a tuple is in one at most.
    families: HashMap<Kind, Vec<KindId>>,
    /// Of each kind the first of its family.
    eldest: Vec<KindId>,
}

impl Kind {
    fn family(self) -> Self {
        Self { condition: None, ..self }
    }

    /// Whether its tuples name their own relation of other objects of their type.
    pub(super) fn recurs(self) -> bool {
        self.user == UserKind::Userset(self.relation) && self.user_type == self.object_type
    }
}

impl Vocabulary {
    pub(super) fn kind(&self, id: KindId) -> Option<Kind> {
        self.kinds.get(usize::from(id.0)).copied()
    }

    /// The kind that a part belongs to.
    pub(super) fn kind_of(&self, part: PartId) -> Option<Kind> {
        self.kind(KindId(part / 2))
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = (KindId, Kind)> {
        (0..).map(KindId).zip(self.kinds.iter().copied())
    }

    pub(super) fn kind_count(&self) -> usize {
        self.kinds.len()
    }

    /// The kinds that differ from one in the condition only, itself included.
    pub(super) fn family(&self, kind: Kind) -> &[KindId] {
        self.families.get(&kind.family()).map_or(&[], Vec::as_slice)
    }

    /// The first kind of the family of a part.
    pub(super) fn eldest(&self, part: PartId) -> KindId {
        let own = KindId(part / 2);
        self.eldest.get(usize::from(own.0)).copied().unwrap_or(own)
    }

    pub(super) fn find(&self, name: KindName<'_>) -> Option<KindId> {
        let kind = Kind {
            object_type: self.types.find(name.object_type)?,
            relation: self.relations.find(name.relation)?,
            user_type: self.types.find(name.user_type)?,
            user: match name.user {
                UserKindName::Object => UserKind::Object,
                UserKindName::Userset(relation) => {
                    UserKind::Userset(self.relations.find(relation)?)
                }
                UserKindName::Wildcard => UserKind::Wildcard,
            },
            condition: match name.condition {
                Some(condition) => Some(self.conditions.find(condition)?),
                None => None,
            },
        };
        self.numbers.get(&kind).copied()
    }

    /// The kind of a tuple, if any is known.
    pub(super) fn kind_like(&self, tuple: &Tuple) -> Option<KindId> {
        self.find(KindName {
            object_type: tuple.object().type_name(),
            relation: tuple.relation().as_str(),
            user_type: tuple.user().type_name(),
            user: match tuple.user() {
                UserName::Object(_) => UserKindName::Object,
                UserName::Userset(_, relation) => UserKindName::Userset(relation.as_str()),
                UserName::Wildcard(_) => UserKindName::Wildcard,
            },
            condition: tuple.condition().map(crate::tuple::TupleCondition::name),
        })
    }

    /// The kind of a tuple whatever its condition, as the part of it that has none.
    pub(super) fn family_like(&self, tuple: &Tuple) -> Option<Kind> {
        let relation = |name| self.relations.find(name);
        Some(Kind {
            object_type: self.types.find(tuple.object().type_name())?,
            relation: relation(tuple.relation().as_str())?,
            user_type: self.types.find(tuple.user().type_name())?,
            user: match tuple.user() {
                UserName::Object(_) => UserKind::Object,
                UserName::Userset(_, name) => UserKind::Userset(relation(name.as_str())?),
                UserName::Wildcard(_) => UserKind::Wildcard,
            },
            condition: None,
        })
    }

    /// The kind of a tuple, a new one if need be.
    pub(super) fn intern(&mut self, tuple: &Tuple) -> Result<KindId, GraphError> {
        let kind = Kind {
            object_type: word(&mut self.types, tuple.object().type_name())?,
            relation: word(&mut self.relations, tuple.relation().as_str())?,
            user_type: word(&mut self.types, tuple.user().type_name())?,
            user: match tuple.user() {
                UserName::Object(_) => UserKind::Object,
                UserName::Userset(_, relation) => {
                    UserKind::Userset(word(&mut self.relations, relation.as_str())?)
                }
                UserName::Wildcard(_) => UserKind::Wildcard,
            },
            condition: match tuple.condition() {
                Some(condition) => Some(word(&mut self.conditions, condition.name())?),
                None => None,
            },
        };
        self.add(kind)
    }

    /// The number of a kind, a new one if need be.
    pub(super) fn add(&mut self, kind: Kind) -> Result<KindId, GraphError> {
        if let Some(known) = self.numbers.get(&kind) {
            return Ok(*known);
        }
        let next = Some(self.kinds.len()).filter(|next| *next < KINDS_MAX);
        let id = next.and_then(|next| u16::try_from(next).ok()).map(KindId);
        let id = id.ok_or(GraphError::TooLarge)?;
        self.kinds.push(kind);
        self.numbers.insert(kind, id);
        let family = self.families.entry(kind.family()).or_default();
        family.push(id);
        self.eldest.push(family.first().copied().unwrap_or(id));
        Ok(id)
    }
}

pub(super) fn word(names: &mut Names, name: &str) -> Result<u32, GraphError> {
    names.intern(name, WORDS_MAX).ok_or(GraphError::TooLarge)
}
