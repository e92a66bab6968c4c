//! What is known of one store: the seam between its task and those who ask.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use counterfoil_permission::graph::{Graph, GraphError};
use counterfoil_store::permission::{ModelId, PermissionStoreId, StoreRevision};
use tokio::{sync::watch, task::AbortHandle};

use super::{
    Consistency, Owner, PermissionError, Shared, World,
    backed::Backed,
    follow,
    memory::Use,
    recent::{Recent, Revised},
    world::Loaded,
};

/// How long a question waits for a revision that is not here yet, before it is put to the database.
const FRESH_WAIT: Duration = Duration::from_millis(1_000);

/// How long a writer waits to see its own write. It is committed in any case.
const VISIBLE_WAIT: Duration = Duration::from_millis(10_000);

/// How far a store is.
enum Phase {
    /// It isn't in memory: questions go to the database.
    Dormant,
    /// It is nearly there: questions go to the database, but writers wait to be seen in memory.
    Catching,
    /// It is here.
    Loaded(Arc<Loaded>),
}

/// A store in memory, or on its way there, or too large for it.
pub(super) struct Live {
    pub(super) store: PermissionStoreId,
    pub(super) using: Use,
    phase: ArcSwap<Phase>,
    /// How far the store is here; taken away when it is gone, so that those who watch learn it.
    applied: Mutex<Option<watch::Sender<StoreRevision>>>,
    recent: Mutex<Option<Recent>>,
    stopped: AtomicBool,
    evicted: AtomicBool,
    wanted: AtomicBool,
    task: Mutex<Option<AbortHandle>>,
}

impl Live {
    pub(super) fn new(store: PermissionStoreId) -> Self {
        Self {
            store,
            using: Use::default(),
            phase: ArcSwap::from_pointee(Phase::Dormant),
            applied: Mutex::new(Some(watch::Sender::new(StoreRevision::ZERO))),
            recent: Mutex::default(),
            stopped: AtomicBool::new(false),
            evicted: AtomicBool::new(false),
            wanted: AtomicBool::new(false),
            task: Mutex::default(),
        }
    }

    /// Begins to load and follow.
    pub(super) fn start(self: &Arc<Self>, owner: Owner) {
        let task = tokio::spawn(follow::run(Arc::clone(self), owner)).abort_handle();
        drop(lock(&self.task).replace(task));
    }

    /// Ends following.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        if let Some(task) = lock(&self.task).take() {
            task.abort();
        }
        drop(lock(&self.applied).take());
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Asks it to make room for others.
    pub(super) fn evict(&self) {
        self.evicted.store(true, Ordering::Release);
        self.using.set(0);
        // What its task would do at its next turn is done at once: nobody may start to use it.
        self.set_dormant();
    }

    pub(super) fn take_evicted(&self) -> bool {
        self.evicted.swap(false, Ordering::AcqRel)
    }

    /// Whether it was asked about since this was asked last.
    pub(super) fn take_wanted(&self) -> bool {
        self.wanted.swap(false, Ordering::AcqRel)
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<StoreRevision> {
        match &*lock(&self.applied) {
            Some(applied) => applied.subscribe(),
            None => watch::channel(StoreRevision::ZERO).1,
        }
    }

    pub(super) fn is_unwatched(&self) -> bool {
        lock(&self.applied).as_ref().is_none_or(|applied| applied.receiver_count() == 0)
    }

    pub(super) fn is_loaded(&self) -> bool {
        matches!(**self.phase.load(), Phase::Loaded(_))
    }

    pub(super) fn loaded(&self) -> Option<Arc<Loaded>> {
        match &**self.phase.load() {
            Phase::Loaded(loaded) => Some(Arc::clone(loaded)),
            Phase::Dormant | Phase::Catching => None,
        }
    }

    pub(super) fn set_dormant(&self) {
        self.phase.store(Arc::new(Phase::Dormant));
        *lock(&self.recent) = None;
        self.using.set(0);
    }

    pub(super) fn set_catching(&self) {
        self.evicted.store(false, Ordering::Release);
        self.phase.store(Arc::new(Phase::Catching));
    }

    pub(super) fn publish(
        &self,
        graph: Arc<Graph>,
        revision: StoreRevision,
        latest: Option<ModelId>,
    ) {
        if self.evicted.load(Ordering::Acquire) {
            return;
        }
        self.phase.store(Arc::new(Phase::Loaded(Arc::new(Loaded::new(graph, revision, latest)))));
        self.advance(revision);
    }

    /// Tells those who wait how far the store is here.
    pub(super) fn advance(&self, revision: StoreRevision) {
        if let Some(applied) = &*lock(&self.applied) {
            applied.send_if_modified(|known| {
                let newer = revision > *known;
                *known = revision.max(*known);
                newer
            });
        }
    }

    pub(super) fn start_recent(&self, revision: StoreRevision, graph: Arc<Graph>) {
        *lock(&self.recent) = Some(Recent::new(revision, graph));
    }

    pub(super) fn push_recent(&self, revised: &[Revised]) -> Result<(), GraphError> {
        lock(&self.recent).as_mut().map_or(Ok(()), |recent| recent.push(revised))
    }

    /// Waits until the graph has a revision, if there is a graph: else questions go to the
    /// database, which has it already.
    pub(super) async fn wait_visible(&self, revision: StoreRevision) {
        if matches!(**self.phase.load(), Phase::Dormant) {
            return;
        }
        if !self.wait_applied(revision, VISIBLE_WAIT).await {
            tracing::warn!(store = %self.store, %revision, "a write is committed but not yet seen");
        }
    }

    /// Waits until a revision is applied; false if it was not in time.
    async fn wait_applied(&self, revision: StoreRevision, wait: Duration) -> bool {
        let mut applied = self.subscribe();
        let reached = applied.wait_for(|at| *at >= revision);
        matches!(tokio::time::timeout(wait, reached).await, Ok(Ok(_)))
    }

    pub(super) async fn world(
        &self,
        shared: &Shared,
        consistency: Consistency,
    ) -> Result<World, PermissionError> {
        let loaded = self.loaded();
        if let (Consistency::MinimizeLatency, Some(loaded)) = (consistency, &loaded) {
            return Ok(World::loaded(Arc::clone(loaded)));
        }
        if loaded.is_none() {
            self.wanted.store(true, Ordering::Release);
            return self.backed(shared, consistency).await;
        }
        let wanted = match consistency {
            Consistency::MinimizeLatency => StoreRevision::ZERO,
            Consistency::AtLeastAsFresh(revision) | Consistency::Exact(revision) => revision,
            Consistency::Full => shared.db.head(self.store).await?,
        };
        if *self.subscribe().borrow() < wanted {
            let head = shared.db.head(self.store).await?;
            if head < wanted {
                return Err(PermissionError::NotFresh { asked: wanted, found: head });
            }
            if !self.wait_applied(wanted, FRESH_WAIT).await {
                return self.backed(shared, consistency).await;
            }
        }
        match (self.loaded(), consistency) {
            (Some(loaded), Consistency::Exact(asked)) => self.exactly(loaded, asked),
            (Some(loaded), _) if loaded.revision >= wanted => Ok(World::loaded(loaded)),
            _ => self.backed(shared, consistency).await,
        }
    }

    fn exactly(&self, loaded: Arc<Loaded>, asked: StoreRevision) -> Result<World, PermissionError> {
        if loaded.revision == asked {
            return Ok(World::loaded(loaded));
        }
        let recent = lock(&self.recent);
        let oldest = recent.as_ref().map_or(loaded.revision, Recent::oldest);
        let graph = recent.as_ref().and_then(|recent| recent.at(asked));
        let graph = graph.ok_or(PermissionError::NotKept { asked, oldest })?;
        Ok(World::loaded(Arc::new(Loaded::new(graph, asked, loaded.latest))))
    }

    /// The store in the database, at its newest revision.
    async fn backed(
        &self,
        shared: &Shared,
        consistency: Consistency,
    ) -> Result<World, PermissionError> {
        shared.metrics.backed.inc();
        let backed = Backed::new(shared.db.snapshot(self.store).await?);
        let found = backed.revision();
        match consistency {
            Consistency::AtLeastAsFresh(asked) | Consistency::Exact(asked) if asked > found => {
                Err(PermissionError::NotFresh { asked, found })
            }
            Consistency::Exact(asked) if asked < found => {
                Err(PermissionError::NotKept { asked, oldest: found })
            }
            _ => Ok(World::backed(backed)),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
