//! The newest revisions, each of which can be asked about exactly.

use std::{collections::VecDeque, sync::Arc};

use counterfoil_permission::graph::{Change, Graph, GraphError};
use counterfoil_store::permission::StoreRevision;

/// How many revisions back an exact question may go. Each costs its changes; the graphs share
/// nearly everything.
pub(super) const REVISIONS_MAX: usize = 256;

/// The changes of one revision.
pub(super) type Revised = (StoreRevision, Vec<Change>);

/// A graph, and the revisions that came after it.
#[derive(Debug)]
pub(super) struct Recent {
    oldest: (StoreRevision, Arc<Graph>),
    after: VecDeque<Revised>,
}

impl Recent {
    pub(super) fn new(revision: StoreRevision, graph: Arc<Graph>) -> Self {
        Self { oldest: (revision, graph), after: VecDeque::new() }
    }

    pub(super) const fn oldest(&self) -> StoreRevision {
        self.oldest.0
    }

    /// Adds revisions, and lets the oldest go when they are too many: half of them at once, so that
    /// changes are not applied for a second time one by one.
    pub(super) fn push(&mut self, revised: &[Revised]) -> Result<(), GraphError> {
        self.after.extend(revised.iter().cloned());
        if self.after.len() <= REVISIONS_MAX * 2 {
            return Ok(());
        }
        let gone: Vec<Revised> = self.after.drain(..self.after.len() - REVISIONS_MAX).collect();
        let Some((revision, _)) = gone.last() else { return Ok(()) };
        let revision = *revision;
        let changes: Vec<Change> = gone.into_iter().flat_map(|(_, changes)| changes).collect();
        self.oldest = (revision, Arc::new(self.oldest.1.with(&changes)?));
        Ok(())
    }

    /// The graph at exactly this revision; none if it is not among these.
    pub(super) fn at(&self, revision: StoreRevision) -> Option<Arc<Graph>> {
        if revision < self.oldest.0 {
            return None;
        }
        if revision == self.oldest.0 {
            return Some(Arc::clone(&self.oldest.1));
        }
        let last = self.after.back().map(|(last, _)| *last);
        if last.is_none_or(|last| revision > last) {
            return None;
        }
        let before = self.after.iter().take_while(|(at, _)| *at <= revision);
        let changes: Vec<Change> = before.flat_map(|(_, changes)| changes).cloned().collect();
        self.oldest.1.with(&changes).ok().map(Arc::new)
    }
}
