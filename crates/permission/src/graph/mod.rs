//! The relationships of a store, laid out to be walked.
//!
//! A graph is immutable and knows nothing of models: one graph serves every version of a store's
//! model. Its tuples are parted by everything that a type restriction can tell apart (type, relation,
//! kind of user and condition), so that a model which no longer allows some tuples merely leaves
//! their part out.
//!
//! Most of a graph is a base that many graphs share; what was written since lies on top of it.

mod base;
mod build;
mod bytes;
mod change;
mod groups;
mod lay;
mod list;
mod merge;
mod names;
mod patch;
mod persistent;
mod rows;
mod terms;
mod vocabulary;

use std::fmt;
use std::sync::Arc;

use base::{Base, Delta};
pub use build::GraphBuilder;
pub use bytes::BytesError;
pub use change::Change;
pub(crate) use groups::{GroupsView, HEIGHT_UNKNOWN};
pub use list::Given;
pub(crate) use rows::{NO_TERMS, PartId, Row, Slot, has_terms, search};
pub(crate) use terms::Terms;
use vocabulary::Vocabulary;
pub(crate) use vocabulary::{KindId, KindName, UserKindName};

use crate::tuple::Tuple;

/// The most objects of a type: ids have 32 bits, and each question needs some of its own beyond.
pub const IDS_MAX: u32 = u32::MAX - 1024;

/// Of so many group-like relations the groups of a user are fetched ahead: few models have more.
const TOUCHED_MAX: usize = 2;

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
    vocabulary: Arc<Vocabulary>,
    base: Arc<Base>,
    delta: Delta,
    /// How many tuples each part has.
    counts: Vec<u32>,
    tuples: usize,
}

/// Why tuples are not made a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphError {
    /// More than [`IDS_MAX`] objects of one type, more than 2³² words of their tuples, or more kinds
    /// of tuples than there are numbers for.
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

impl Graph {
    /// Lays tuples out. Their order does not matter; of those with equal objects, relations and users
    /// the last stays.
    ///
    /// # Errors
    /// [`GraphError`] past [`IDS_MAX`].
    pub fn new(tuples: &[Tuple]) -> Result<Self, GraphError> {
        let mut builder = GraphBuilder::default();
        for tuple in tuples {
            builder.push(tuple)?;
        }
        builder.finish()
    }

    /// How many tuples it holds.
    #[must_use]
    pub fn tuples(&self) -> usize {
        self.tuples
    }

    /// The objects of a type, as objects or users of any tuple.
    #[must_use]
    pub fn objects(&self, type_name: &str) -> u32 {
        self.type_number(type_name).map_or(0, |of| self.objects_of(of))
    }

    pub(crate) fn type_number(&self, name: &str) -> Option<u32> {
        self.vocabulary.types.find(name)
    }

    pub(crate) fn find_kind(&self, name: KindName<'_>) -> Option<KindId> {
        self.vocabulary.find(name)
    }

    /// How many objects of a type have numbers.
    pub(crate) fn objects_of(&self, of: u32) -> u32 {
        let below = self.base.names(of).map_or(0, names::NameTable::len);
        below + self.delta.new_names(of).map_or(0, persistent::Paged::len)
    }

    /// The number of an object.
    pub(crate) fn number(&self, of: u32, id: &str) -> Option<u32> {
        self.laid_out_number(of, id).or_else(|| self.new_number(of, id))
    }

    /// The numbers of two objects, for the price of little more than one.
    pub(crate) fn numbers(&self, asked: [(u32, &str); 2]) -> [Option<u32>; 2] {
        let tables = asked.map(|(of, _)| self.base.names(of));
        let [Some(one), Some(other)] = tables else {
            return asked.map(|(of, id)| self.number(of, id));
        };
        let [(_, one_id), (_, other_id)] = asked;
        let hashes = (one.hash(one_id), other.hash(other_id));
        let guesses = (one.guess(hashes.0), other.guess(hashes.1));
        self.touch(asked[0].0, guesses.0);
        self.touch(asked[1].0, guesses.1);
        let found = [
            one.find_guessed(one_id, hashes.0, guesses.0),
            other.find_guessed(other_id, hashes.1, guesses.1),
        ];
        let [one, other] = asked;
        [
            found[0].or_else(|| self.new_number(one.0, one.1)),
            found[1].or_else(|| self.new_number(other.0, other.1)),
        ]
    }

    /// Has the machine fetch what a check of an object, or by it, begins with.
    #[inline]
    fn touch(&self, of: u32, number: Option<u32>) {
        let (Some(number), Some(base)) = (number, self.base.types.get(of as usize)) else { return };
        std::hint::black_box(base.forward.row(number).first());
        for groups in self.base.groups.iter().take(TOUCHED_MAX) {
            groups.touch(of, number);
        }
    }

    /// The number of an object that was there when most of the graph was laid out.
    pub(crate) fn laid_out_number(&self, of: u32, id: &str) -> Option<u32> {
        let table = self.base.names(of)?;
        table.find(id, table.hash(id))
    }

    /// What tells numbers of one layout from those of another.
    pub(crate) fn layout(&self) -> u64 {
        self.base.layout
    }

    fn new_number(&self, of: u32, id: &str) -> Option<u32> {
        let table = self.base.names(of);
        let new = self.delta.new_names(of)?;
        let below = table.map_or(0, names::NameTable::len);
        let numbers = self.delta.names.get(self.name_key(of, id))?;
        let same = |number: &&u32| new.get(**number - below).is_some_and(|name| **name == *id);
        numbers.iter().find(same).copied()
    }

    /// The id of an object.
    pub(crate) fn name(&self, of: u32, number: u32) -> Option<&str> {
        let table = self.base.names(of);
        let below = table.map_or(0, names::NameTable::len);
        match number.checked_sub(below) {
            None => table?.name(number),
            Some(above) => self.delta.new_names(of)?.get(above).map(AsRef::as_ref),
        }
    }

    /// The tuples of an object: what they say of whom.
    #[inline]
    pub(crate) fn forward(&self, of: u32, object: u32) -> Row<'_> {
        let words = self.base.types.get(of as usize).map_or(&[][..], |of| of.forward.row(object));
        Row { words, patch: self.delta.rows.get(base::forward_key(of, object)) }
    }

    /// The tuples that name an object, or a relation to it, as their user.
    #[inline]
    pub(crate) fn reverse(&self, of: u32, user: u32) -> Row<'_> {
        let words = self.base.types.get(of as usize).map_or(&[][..], |of| of.reverse.row(user));
        Row { words, patch: self.delta.rows.get(base::reverse_key(of, user)) }
    }

    /// Whether [`Self::reverse`] was changed since it was laid out.
    #[inline]
    pub(crate) fn reverse_changed(&self, of: u32, user: u32) -> bool {
        self.delta.rows.get(base::reverse_key(of, user)).is_some()
    }

    /// The tuples that name every object of a type.
    #[inline]
    pub(crate) fn wild(&self, of: u32) -> Row<'_> {
        Row { words: self.base.wild.row(of), patch: self.delta.rows.get(base::wild_key(of)) }
    }

    /// How many tuples a part has.
    #[inline]
    pub(crate) fn count(&self, part: PartId) -> u32 {
        self.counts.get(usize::from(part)).copied().unwrap_or(0)
    }

    /// Terms by their number.
    pub(crate) fn terms(&self, number: u32) -> Option<&Terms> {
        let below = u32::try_from(self.base.terms.len()).unwrap_or(u32::MAX);
        match number.checked_sub(below) {
            None => self.base.terms.get(number as usize),
            Some(above) => self.delta.terms.get(above),
        }
    }

    fn name_key(&self, of: u32, id: &str) -> u64 {
        let hash = self.base.names(of).map_or_else(|| self.delta.hash(id), |table| table.hash(id));
        u64::from(of) << 32 | u64::from(hash)
    }
}
