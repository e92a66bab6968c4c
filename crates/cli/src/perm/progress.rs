//! How far something long is.

use super::tuple::counted;
use crate::say;

/// After how many tuples progress is told again.
const TELL_EVERY: usize = 10_000;

/// How many tuples were imported.
pub(super) struct Progress {
    /// How many there are, where that is known.
    all: Option<usize>,
    done: usize,
    told: usize,
}

impl Progress {
    pub(super) const fn of(all: Option<usize>) -> Self {
        Self { all, done: 0, told: 0 }
    }

    /// So many more are done.
    pub(super) fn add(&mut self, count: usize) {
        self.reach(self.done.saturating_add(count));
    }

    /// So many are done.
    pub(super) fn reach(&mut self, done: usize) {
        self.done = done;
        if self.done.saturating_sub(self.told) >= TELL_EVERY {
            self.tell();
        }
    }

    /// Nothing more comes. Of nothing that came nothing is told, unless that is news.
    pub(super) fn end(&mut self) {
        if self.told != self.done || (self.done == 0 && self.all.is_none()) {
            self.tell();
        }
    }

    fn tell(&mut self) {
        self.told = self.done;
        match self.all {
            Some(all) => say::note(&format!("imported: {} of {}", self.done, counted(all))),
            None => say::note(&format!("imported: {}", counted(self.done))),
        }
    }
}
