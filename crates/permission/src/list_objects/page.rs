//! Lists as a whole, or page by page.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::ListObjects;
use crate::check::MissingParameter;
use crate::question::{ListStop, PAGE_MAX};

/// Some objects of a list, sorted by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPage<'a> {
    /// Their ids.
    pub ids: Vec<&'a str>,
    /// What could not be decided among the ids of this page.
    pub undecided: Vec<ListStop>,
    /// After which id the next page begins; none if this is the last.
    ///
    /// It is right at any later revision: whatever belongs to the list then, and comes after it, is
    /// on later pages.
    pub next: Option<&'a str>,
}

/// Why a list is not given as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListRefused {
    /// There are more results than this: ask for pages or a stream.
    LimitReached {
        /// The most that may be.
        max: usize,
    },
    /// Whether these belong to the list is not known.
    Undecided {
        /// The first of them, and why.
        first: ListStop,
        /// What would have been needed to decide all of them.
        missing: Vec<MissingParameter>,
    },
    /// The budget of steps was used up.
    Steps,
}

impl fmt::Display for ListRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LimitReached { max } => {
                write!(f, "more than {max} results: ask for pages or a stream")
            }
            Self::Undecided { first, .. } => first.fmt(f),
            Self::Steps => ListStop::Steps.fmt(f),
        }
    }
}

impl std::error::Error for ListRefused {}

/// Gathers what keeps a list from being complete.
#[derive(Default)]
pub(crate) struct Refusal {
    first: Option<ListStop>,
    missing: BTreeSet<MissingParameter>,
}

impl Refusal {
    pub(crate) fn add(&mut self, stop: ListStop) {
        self.missing.extend(stop.missing().iter().cloned());
        self.first.get_or_insert(stop);
    }

    pub(crate) fn end(self) -> Result<(), ListRefused> {
        match self.first {
            None => Ok(()),
            Some(ListStop::Steps) => Err(ListRefused::Steps),
            Some(first) => {
                Err(ListRefused::Undecided { first, missing: self.missing.into_iter().collect() })
            }
        }
    }
}

impl<'a> ListObjects<'a> {
    /// The whole list, if it has at most `max` results and all of it is decided.
    ///
    /// # Errors
    /// [`ListRefused`] otherwise: never a part of it.
    pub fn all(self, max: usize) -> Result<Vec<&'a str>, ListRefused> {
        let (mut ids, mut refusal) = (vec![], Refusal::default());
        for found in self {
            match found {
                Ok(_) if ids.len() == max => return Err(ListRefused::LimitReached { max }),
                Ok(id) => ids.push(id),
                Err(stop) => refusal.add(stop),
            }
        }
        refusal.end()?;
        Ok(ids)
    }

    /// The first `size` results (undecided ones count), at most [`PAGE_MAX`], of those after an id,
    /// sorted by id.
    ///
    /// The walk is the same for every page, but only what may be on this page is asked about.
    ///
    /// # Errors
    /// [`ListRefused::Steps`] if the walk needs more steps than allowed.
    pub fn page(mut self, after: Option<&str>, size: usize) -> Result<ObjectPage<'a>, ListRefused> {
        let mut page = Sorted::new(size);
        while let Some(object) = self.candidate() {
            let id = self.id(object);
            if after.is_some_and(|after| id <= after) || page.is_beyond(&id) {
                continue;
            }
            match self.belongs(object) {
                Ok(true) => page.add(id, Ok(())),
                Ok(false) => {}
                Err(stop) => page.add(id, Err(stop)),
            }
        }
        if self.paused() {
            return Err(ListRefused::Steps);
        }
        let (found, next) = page.end();
        let mut page = ObjectPage { ids: vec![], undecided: vec![], next };
        for (id, found) in found {
            match found {
                Ok(()) => page.ids.push(id),
                Err(stop) => page.undecided.push(stop),
            }
        }
        Ok(page)
    }
}

/// The first of many things, which come in no order.
pub(crate) struct Sorted<K, V> {
    found: BTreeMap<K, V>,
    size: usize,
}

impl<K: Ord + Clone, V> Sorted<K, V> {
    pub(crate) fn new(size: usize) -> Self {
        Self { found: BTreeMap::new(), size: size.clamp(1, PAGE_MAX) }
    }

    /// Whether a key is no longer of interest. One more than the size is kept, to know whether there
    /// is more.
    pub(crate) fn is_beyond(&self, key: &K) -> bool {
        self.found.len() > self.size
            && self.found.last_key_value().is_some_and(|(last, _)| key > last)
    }

    pub(crate) fn add(&mut self, key: K, value: V) {
        self.found.insert(key, value);
        if self.found.len() > self.size + 1 {
            self.found.pop_last();
        }
    }

    /// The first ones in order, and the last of them if there are more.
    pub(crate) fn end(mut self) -> (BTreeMap<K, V>, Option<K>) {
        if self.found.len() <= self.size {
            return (self.found, None);
        }
        self.found.pop_last();
        let last = self.found.last_key_value().map(|(last, _)| last.clone());
        (self.found, last)
    }
}
