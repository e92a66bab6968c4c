use crate::{ChainHash, Revision};
use std::collections::VecDeque;

/// The most chain values kept to check guards against: as many as the ring can hold frames.
const HISTORY_LEN: usize = 4_096;

/// What comparing a guard's position with the log shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum HeadCheck {
    /// The same history.
    Same,
    /// Too long ago to tell.
    Unknown,
    /// Another history: the log lost its tail and grew again.
    Forked,
    /// The guard has more than the log: the log lost its tail.
    Beyond,
}

/// The recent values of the chain, by the revision from which they hold.
#[derive(Debug)]
pub(super) struct ChainHistory(VecDeque<(Revision, ChainHash)>);

impl ChainHistory {
    pub(super) fn new(start: Revision, anchor: ChainHash) -> Self {
        Self(VecDeque::from([(start, anchor)]))
    }

    pub(super) fn push(&mut self, at: Revision, hash: ChainHash) {
        self.0.push_back((at, hash));
        if self.0.len() > HISTORY_LEN {
            self.0.pop_front();
        }
    }

    pub(super) fn check(&self, applied: Revision, hash: ChainHash) -> HeadCheck {
        let after = self.0.partition_point(|(at, _)| *at <= applied);
        match after.checked_sub(1).and_then(|last| self.0.get(last)) {
            Some((_, known)) if *known == hash => HeadCheck::Same,
            Some(_) => HeadCheck::Forked,
            None => HeadCheck::Unknown,
        }
    }
}
