use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use counterfoil_permission::{
    check::Snapshot,
    graph::Graph,
    tuple::{ObjectName, Tuple, UserName},
};
use counterfoil_store::permission::{ModelId, StoreRevision};

use super::{LiveModel, PermissionError, backed::Backed, models::Key};

/// How many models of a store are asked with at one revision before the joined ones are dropped.
const SNAPSHOTS_MAX: usize = 8;

/// How fresh an answer must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Consistency {
    /// Whatever this node has: all that was written through it, and what others wrote a moment ago.
    #[default]
    MinimizeLatency,
    /// At least this revision.
    AtLeastAsFresh(StoreRevision),
    /// Exactly this revision, one of the newest.
    Exact(StoreRevision),
    /// All that was committed anywhere before the question came.
    Full,
}

/// A store's relationships at one revision.
#[derive(Clone)]
pub(crate) struct World {
    place: Place,
}

/// Where a store is.
#[derive(Clone)]
enum Place {
    Memory(Arc<Loaded>),
    Database(Arc<Backed>),
}

/// What a question is about, so that a world that isn't in memory knows what to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    /// The object, or only its type where objects are sought.
    pub(crate) what: What<'a>,
    /// The relations that are asked for.
    pub(crate) relations: &'a [&'a str],
    /// The user, or none where users are sought or all is to be shown.
    pub(crate) user: Option<&'a UserName>,
    /// Tuples that come with the question.
    pub(crate) contextual: &'a [Tuple],
}

/// One object, or all of a type.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What<'a> {
    /// This one.
    Object(&'a ObjectName),
    /// Those of this type.
    Type(&'a str),
}

/// A graph in memory.
pub(super) struct Loaded {
    pub(super) graph: Arc<Graph>,
    pub(super) revision: StoreRevision,
    /// The latest model at this revision.
    pub(super) latest: Option<ModelId>,
    /// The graph joined to the model that it was asked with first: most often the only one.
    first: OnceLock<(Key, Arc<Snapshot>)>,
    /// The same for other models.
    others: Mutex<Vec<(Key, Arc<Snapshot>)>>,
}

impl World {
    pub(super) const fn loaded(loaded: Arc<Loaded>) -> Self {
        Self { place: Place::Memory(loaded) }
    }

    pub(super) fn backed(backed: Backed) -> Self {
        Self { place: Place::Database(Arc::new(backed)) }
    }

    /// The revision that answers hold at.
    pub(crate) fn revision(&self) -> StoreRevision {
        match &self.place {
            Place::Memory(loaded) => loaded.revision,
            Place::Database(backed) => backed.revision(),
        }
    }

    /// Whether it is in memory.
    #[cfg(test)]
    pub(crate) const fn is_loaded(&self) -> bool {
        matches!(self.place, Place::Memory(_))
    }

    /// The whole graph, where it is in memory.
    #[cfg(test)]
    pub(crate) fn graph(&self) -> Option<Arc<Graph>> {
        match &self.place {
            Place::Memory(loaded) => Some(Arc::clone(&loaded.graph)),
            Place::Database(_) => None,
        }
    }

    /// What a question is put to. In memory it is the whole store; else it is as much of it as can
    /// matter to this question.
    pub(crate) async fn snapshot(
        &self,
        model: &LiveModel,
        about: About<'_>,
    ) -> Result<Arc<Snapshot>, PermissionError> {
        match &self.place {
            Place::Memory(loaded) => Ok(loaded.snapshot(model)),
            Place::Database(backed) => backed.snapshot(model, about).await,
        }
    }
}

impl Loaded {
    pub(super) fn new(graph: Arc<Graph>, revision: StoreRevision, latest: Option<ModelId>) -> Self {
        Self { graph, revision, latest, first: OnceLock::new(), others: Mutex::default() }
    }

    fn snapshot(&self, model: &LiveModel) -> Arc<Snapshot> {
        let make = || Arc::new(model.snapshot(Arc::clone(&self.graph)));
        let key = model.key();
        let (of, first) = self.first.get_or_init(|| (key, make()));
        if *of == key {
            return Arc::clone(first);
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = others.iter().find(|(of, _)| *of == key) {
            return Arc::clone(known);
        }
        let made = make();
        if others.len() >= SNAPSHOTS_MAX {
            others.clear();
        }
        others.push((key, Arc::clone(&made)));
        made
    }
}
