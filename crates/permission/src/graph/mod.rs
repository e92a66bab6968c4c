//! The relationships of a store, laid out to be walked.
//!
//! A graph is immutable and knows nothing of models: one graph serves every version of a store's
//! model. Its tuples are parted by everything that a type restriction can tell apart (type, relation,
//! kind of user and condition), so that a model which no longer allows some tuples merely leaves
//! their part out.

mod build;
mod change;
mod intern;
mod rows;

use std::collections::HashMap;
use std::fmt;

pub use build::GraphBuilder;
pub use change::Change;
pub(crate) use intern::Names;
pub(crate) use rows::Rows;

use crate::tuple::{Context, Tuple, UserName};

/// The most objects of a type, and the most tuples of a part: ids have 32 bits, and each question
/// needs some of its own beyond.
pub const IDS_MAX: u32 = u32::MAX - 1024;

/// Relationships at one moment.
///
/// ```
/// use counterfoil_permission::{graph::Graph, tuple::Tuple};
///
/// let graph = Graph::new(&[Tuple::parse("document:budget", "viewer", "user:alice")?])?;
/// assert_eq!(graph.tuples(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Graph {
    types: Names,
    relations: Names,
    conditions: Names,
    objects: Vec<Names>,
    parts: HashMap<PartKey, u32>,
    list: Vec<Part>,
    terms: Vec<Terms>,
    tuples: usize,
}

/// Why tuples are not made a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphError {
    /// More than [`IDS_MAX`] objects of one type, or tuples of one part.
    TooLarge,
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "more than {IDS_MAX} objects or tuples of one kind"),
        }
    }
}

impl std::error::Error for GraphError {}

/// What a tuple gives its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Given<'a> {
    /// The type of the object.
    pub object_type: &'a str,
    /// The id of the object.
    pub id: &'a str,
    /// The relation to it.
    pub relation: &'a str,
}

/// What the tuples of a part have in common, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PartKey {
    object_type: u32,
    relation: u32,
    user_type: u32,
    kind: UserKind,
    condition: Option<u32>,
    expiring: bool,
}

/// What is said about a tuple beyond its names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Terms {
    pub(crate) context: Context,
    pub(crate) expires_at: Option<u64>,
}

impl Terms {
    /// Whether the tuple still counts, at a moment in seconds since 1970.
    pub(crate) fn live(&self, now: u64) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum UserKind {
    Object,
    Userset(u32),
    Wildcard,
}

/// What the tuples of a part have in common, by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartName<'a> {
    pub(crate) object_type: &'a str,
    pub(crate) relation: &'a str,
    pub(crate) user_type: &'a str,
    pub(crate) kind: KindName<'a>,
    pub(crate) condition: Option<&'a str>,
    pub(crate) expiring: bool,
}

/// The kind of user, by name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KindName<'a> {
    Object,
    Userset(&'a str),
    Wildcard,
}

/// The tuples that one type restriction allows. In a part of wildcards every user is 0.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// From objects to users.
    pub(crate) forward: Rows,
    /// From users to objects.
    pub(crate) reverse: Rows,
    /// The number of each tuple's terms, in the order of `forward`; empty where there are none.
    terms: Vec<u32>,
}

impl Graph {
    /// Lays tuples out. Of those with equal objects, relations and users the last stays.
    ///
    /// # Errors
    /// [`GraphError`] past [`IDS_MAX`].
    pub fn new(tuples: &[Tuple]) -> Result<Self, GraphError> {
        let mut graph = Self::default();
        let tuples = &change::distinct(tuples);
        let mut parted: Vec<Vec<(u32, u32, u32)>> = Vec::new();
        for tuple in tuples {
            let (key, object, user) = graph.place(tuple)?;
            let context = graph.keep_terms(tuple)?;
            let next = u32::try_from(graph.parts.len()).map_err(|_| GraphError::TooLarge)?;
            let number = *graph.parts.entry(key).or_insert(next) as usize;
            if number == parted.len() {
                parted.push(Vec::new());
            }
            if let Some(part) = parted.get_mut(number) {
                part.push((object, user, context));
            }
        }
        let mut conditional = vec![false; parted.len()];
        for (key, number) in &graph.parts {
            if let Some(slot) = conditional.get_mut(*number as usize) {
                *slot = key.condition.is_some() || key.expiring;
            }
        }
        for (part, conditional) in parted.into_iter().zip(conditional) {
            let part = Part::new(part, conditional)?;
            graph.tuples += part.len();
            graph.list.push(part);
        }
        Ok(graph)
    }

    /// How many tuples it holds.
    #[must_use]
    pub fn tuples(&self) -> usize {
        self.tuples
    }

    /// The objects of a type, as objects or users of any tuple.
    #[must_use]
    pub fn objects(&self, type_name: &str) -> u32 {
        self.names(type_name).map_or(0, Names::len)
    }

    /// The tuples that name a user themselves, in no order: what it was given, not what follows.
    ///
    /// It costs as much as there are kinds of tuples and results, whatever the graph's size.
    ///
    /// ```
    /// use counterfoil_permission::{graph::Graph, tuple::{Tuple, UserName}};
    ///
    /// let graph = Graph::new(&[Tuple::parse("document:budget", "viewer", "user:alice")?])?;
    /// let alice = UserName::parse("user:alice")?;
    /// let given = graph.naming(&alice).next().unwrap();
    /// assert_eq!((given.object_type, given.id, given.relation), ("document", "budget", "viewer"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn naming<'a>(&'a self, user: &UserName) -> impl Iterator<Item = Given<'a>> {
        self.parts_of(user)
            .into_iter()
            .flat_map(|(kind, user_type, number)| {
                let parts = self
                    .parts
                    .iter()
                    .filter(move |(key, _)| key.user_type == user_type && key.kind == kind);
                parts.map(move |(key, place)| (key, *place, number))
            })
            .flat_map(move |(key, place, number)| {
                let row = self.part(place).map(|part| part.reverse.row(number).1);
                row.into_iter().flatten().filter_map(move |object| {
                    Some(Given {
                        object_type: self.types.name(key.object_type)?,
                        id: self.objects.get(key.object_type as usize)?.name(*object)?,
                        relation: self.relations.name(key.relation)?,
                    })
                })
            })
    }

    fn parts_of(&self, user: &UserName) -> Option<(UserKind, u32, u32)> {
        let user_type = self.types.find(user.type_name())?;
        let number = |id| self.objects.get(user_type as usize)?.find(id);
        let (kind, number) = match user {
            UserName::Object(object) => (UserKind::Object, number(object.id())?),
            UserName::Userset(object, relation) => {
                (UserKind::Userset(self.relations.find(relation.as_str())?), number(object.id())?)
            }
            UserName::Wildcard(_) => (UserKind::Wildcard, 0),
        };
        Some((kind, user_type, number))
    }

    pub(crate) fn names(&self, type_name: &str) -> Option<&Names> {
        self.objects.get(self.types.find(type_name)? as usize)
    }

    pub(crate) fn find_part(&self, name: PartName<'_>) -> Option<u32> {
        let key = PartKey {
            object_type: self.types.find(name.object_type)?,
            relation: self.relations.find(name.relation)?,
            user_type: self.types.find(name.user_type)?,
            kind: match name.kind {
                KindName::Object => UserKind::Object,
                KindName::Userset(relation) => UserKind::Userset(self.relations.find(relation)?),
                KindName::Wildcard => UserKind::Wildcard,
            },
            condition: match name.condition {
                Some(condition) => Some(self.conditions.find(condition)?),
                None => None,
            },
            expiring: name.expiring,
        };
        self.parts.get(&key).copied()
    }

    pub(crate) fn part(&self, number: u32) -> Option<&Part> {
        self.list.get(number as usize)
    }

    /// The terms of the tuple at a place of a part.
    pub(crate) fn terms(&self, part: &Part, place: usize) -> Option<&Terms> {
        self.terms.get(*part.terms.get(place)? as usize)
    }

    fn place(&mut self, tuple: &Tuple) -> Result<(PartKey, u32, u32), GraphError> {
        let object_type = self.type_number(tuple.object().type_name())?;
        let object = self.object_number(object_type, tuple.object().id())?;
        let user_type = self.type_number(tuple.user().type_name())?;
        let (kind, user) = match tuple.user() {
            UserName::Object(user) => (UserKind::Object, self.object_number(user_type, user.id())?),
            UserName::Userset(user, relation) => {
                let relation = number(&mut self.relations, relation.as_str())?;
                (UserKind::Userset(relation), self.object_number(user_type, user.id())?)
            }
            UserName::Wildcard(_) => (UserKind::Wildcard, 0),
        };
        let relation = number(&mut self.relations, tuple.relation().as_str())?;
        let condition = match tuple.condition() {
            Some(condition) => Some(number(&mut self.conditions, condition.name())?),
            None => None,
        };
        let expiring = tuple.expires_at().is_some();
        Ok((PartKey { object_type, relation, user_type, kind, condition, expiring }, object, user))
    }

    fn type_number(&mut self, name: &str) -> Result<u32, GraphError> {
        let found = number(&mut self.types, name)?;
        if found as usize == self.objects.len() {
            self.objects.push(Names::default());
        }
        Ok(found)
    }

    fn object_number(&mut self, of: u32, id: &str) -> Result<u32, GraphError> {
        self.objects
            .get_mut(of as usize)
            .map_or(Err(GraphError::TooLarge), |names| number(names, id))
    }

    /// The number of a tuple's terms, which means nothing without any.
    fn keep_terms(&mut self, tuple: &Tuple) -> Result<u32, GraphError> {
        if tuple.condition().is_none() && tuple.expires_at().is_none() {
            return Ok(0);
        }
        let next = u32::try_from(self.terms.len()).map_err(|_| GraphError::TooLarge)?;
        let context = tuple.condition().map(|known| known.context().clone()).unwrap_or_default();
        self.terms.push(Terms { context, expires_at: tuple.expires_at() });
        Ok(next)
    }
}

impl Part {
    fn new(mut tuples: Vec<(u32, u32, u32)>, conditional: bool) -> Result<Self, GraphError> {
        tuples.sort_unstable();
        tuples.dedup_by_key(|(object, user, _)| (*object, *user));
        if u32::try_from(tuples.len()).map_or(true, |count| count > IDS_MAX) {
            return Err(GraphError::TooLarge);
        }
        let mut pairs: Vec<_> = tuples.iter().map(|(object, user, _)| (*object, *user)).collect();
        let forward = Rows::new(&pairs);
        pairs.iter_mut().for_each(|(object, user)| std::mem::swap(object, user));
        pairs.sort_unstable();
        let terms =
            if conditional { tuples.iter().map(|(.., terms)| *terms).collect() } else { vec![] };
        Ok(Self { forward, reverse: Rows::new(&pairs), terms })
    }

    fn len(&self) -> usize {
        self.forward.len()
    }
}

fn number(names: &mut Names, name: &str) -> Result<u32, GraphError> {
    names.intern(name, IDS_MAX).ok_or(GraphError::TooLarge)
}
