//! Tuples written and deleted.

use std::sync::Arc;

use super::base::{forward_key, reverse_key, wild_key};
use super::build::at;
use super::rows::{NO_TERMS, PartId};
use super::terms::Terms;
use super::vocabulary::{Kind, UserKind};
use super::{Graph, GraphError, IDS_MAX};
use crate::tuple::{Tuple, UserName};

/// A delta of this size is laid out anew: looking into it stays cheap, and publishing too.
const CHANGED_MAX: usize = 1 << 15;
/// One of this size too, if the graph is small.
const CHANGED_MIN: usize = 1 << 10;
/// One that is no smaller part of the graph than this, in between.
const CHANGED_PART: usize = 16;

/// A change of a store's tuples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A tuple is there. One with the same object, relation and user is replaced.
    Write(Tuple),
    /// The tuple with this object, relation and user is not there, whatever its condition.
    Delete(Tuple),
}

/// A tuple by number.
#[derive(Clone, Copy)]
struct Placed {
    kind: Kind,
    object: u32,
    user: u32,
}

impl Graph {
    /// The graph after changes, one after the other. It shares nearly everything with the one before:
    /// a change costs some microseconds, whatever the graph's size.
    ///
    /// # Errors
    /// [`GraphError`] if it would be too large.
    ///
    /// ```
    /// use counterfoil_permission::{graph::{Change, Graph}, tuple::Tuple};
    ///
    /// let tuple = Tuple::parse("document:budget", "viewer", "user:alice")?;
    /// let graph = Graph::default().with(&[Change::Write(tuple.clone())])?;
    /// assert_eq!(graph.tuples(), 1);
    /// assert_eq!(graph.with(&[Change::Delete(tuple)])?.tuples(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with(&self, changes: &[Change]) -> Result<Self, GraphError> {
        let mut graph = self.clone();
        for change in changes {
            match change {
                Change::Write(tuple) => graph.write(tuple)?,
                Change::Delete(tuple) => graph.delete(tuple),
            }
            // A change of that many tuples at once is no delta.
            if graph.delta.changed > 2 * CHANGED_MAX {
                graph = graph.merged();
            }
        }
        Ok(graph)
    }

    /// Whether so much has changed since it was laid out that it should be laid out anew.
    #[must_use]
    pub fn needs_merge(&self) -> bool {
        let part = self.tuples / CHANGED_PART;
        self.delta.changed > part.clamp(CHANGED_MIN, CHANGED_MAX)
    }

    fn write(&mut self, tuple: &Tuple) -> Result<(), GraphError> {
        let id = match self.vocabulary.kind_like(tuple) {
            Some(known) => known,
            None => Arc::make_mut(&mut self.vocabulary).intern(tuple)?,
        };
        let kind = self.vocabulary.kind(id).ok_or(GraphError::TooLarge)?;
        let object = self.intern(kind.object_type, tuple.object().id())?;
        let user = match tuple.user() {
            UserName::Object(user) | UserName::Userset(user, _) => {
                self.intern(kind.user_type, user.id())?
            }
            UserName::Wildcard(_) => 0,
        };
        let placed = Placed { kind, object, user };
        let terms = Terms::of(tuple);
        let part = if terms.is_some() { id.termed() } else { id.plain() };
        if let Some((known, number)) = self.known(placed) {
            if known == part && self.terms(number) == terms.as_ref() {
                return Ok(());
            }
            self.remove(placed, known);
        }
        let terms = match terms {
            None => NO_TERMS,
            Some(terms) => {
                let below = u32::try_from(self.base.terms.len()).unwrap_or(u32::MAX);
                let number = below.checked_add(self.delta.terms.len());
                self.delta.terms.push(terms);
                number.filter(|number| *number < IDS_MAX).ok_or(GraphError::TooLarge)?
            }
        };
        self.add(placed, part, terms)
    }

    fn delete(&mut self, tuple: &Tuple) {
        let placed = self.vocabulary.family_like(tuple).and_then(|kind| {
            let user = match tuple.user() {
                UserName::Object(user) | UserName::Userset(user, _) => {
                    self.number(kind.user_type, user.id())?
                }
                UserName::Wildcard(_) => 0,
            };
            Some(Placed { kind, object: self.number(kind.object_type, tuple.object().id())?, user })
        });
        if let Some(placed) = placed
            && let Some((part, _)) = self.known(placed)
        {
            self.remove(placed, part);
        }
    }

    /// Where a tuple is, whatever its condition, and its terms.
    fn known(&self, placed: Placed) -> Option<(PartId, u32)> {
        let row = self.forward(placed.kind.object_type, placed.object);
        let family = self.vocabulary.family(placed.kind).iter();
        family
            .flat_map(|kind| [kind.plain(), kind.termed()])
            .find_map(|part| row.slot(part).find(placed.user).map(|terms| (part, terms)))
    }

    fn add(&mut self, placed: Placed, part: PartId, terms: u32) -> Result<(), GraphError> {
        let [forward, reverse] = placed.keys();
        let other = placed.object;
        self.delta.rows.change(forward, |patch| patch.add(part, placed.user, terms));
        self.delta.rows.change(reverse, |patch| patch.add(part, other, terms));
        if self.counts.len() <= usize::from(part) {
            self.counts.resize(usize::from(part) + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(usize::from(part)) {
            *count = count.checked_add(1).ok_or(GraphError::TooLarge)?;
        }
        self.tuples += 1;
        self.delta.changed += 1;
        if placed.kind.recurs() && terms == NO_TERMS {
            self.group_added(part, placed.object, placed.user);
        }
        Ok(())
    }

    fn remove(&mut self, placed: Placed, part: PartId) {
        let [forward, reverse] = placed.keys();
        self.delta.rows.change(forward, |patch| patch.remove(part, placed.user));
        self.delta.rows.change(reverse, |patch| patch.remove(part, placed.object));
        if let Some(count) = self.counts.get_mut(usize::from(part)) {
            *count -= 1;
        }
        self.tuples -= 1;
        self.delta.changed += 1;
        if placed.kind.recurs() {
            self.group_removed(part, placed.user);
        }
    }

    fn intern(&mut self, of: u32, id: &str) -> Result<u32, GraphError> {
        if let Some(known) = self.number(of, id) {
            return Ok(known);
        }
        let number = self.objects_of(of);
        if number >= IDS_MAX {
            return Err(GraphError::TooLarge);
        }
        let key = self.name_key(of, id);
        self.delta.names.change(key, |numbers| numbers.push(number));
        let new = at(&mut self.delta.new, of).ok_or(GraphError::TooLarge)?;
        new.push(id.into());
        Ok(number)
    }
}

impl Placed {
    /// The rows that hold it: the object's and the user's.
    fn keys(self) -> [u64; 2] {
        let reverse = match self.kind.user {
            UserKind::Wildcard => wild_key(self.kind.user_type),
            UserKind::Object | UserKind::Userset(_) => reverse_key(self.kind.user_type, self.user),
        };
        [forward_key(self.kind.object_type, self.object), reverse]
    }
}
