//! One store in memory: it is loaded, and then its log is followed.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use counterfoil_permission::{
    graph::{Change, Graph, GraphBuilder, GraphError},
    tuple::Tuple,
};
use counterfoil_store::{
    StoreError,
    permission::{
        LogRow, MAX_STORE_LOG_PAGE, MAX_TUPLE_PAGE, Op, PermissionStoreId, StoreRevision,
        TupleFilter, TupleKey,
    },
};
use tokio::sync::watch;

use super::{Consistency, Owner, PermissionError, Shared, World, world::Loaded};

/// How often the log is read even without a wake-up: one may get lost, and a store may be deleted
/// on another node.
const IDLE: Duration = Duration::from_millis(1_000);

/// How long to wait after the database failed.
const RETRY: Duration = Duration::from_millis(200);

/// How long a question waits for a revision that is not here yet.
const FRESH_WAIT: Duration = Duration::from_millis(3_000);

/// How long a writer waits to see its own write. It is committed in any case.
const VISIBLE_WAIT: Duration = Duration::from_millis(10_000);

/// How far a store is.
enum Phase {
    /// It is being read; questions go to the database.
    Loading,
    /// It is nearly there: from here on writers wait to be seen.
    Catching,
    /// It is here.
    Loaded(Arc<Loaded>),
}

/// A store in memory, or on its way there.
pub(super) struct Live {
    store: PermissionStoreId,
    phase: ArcSwap<Phase>,
    applied: watch::Sender<StoreRevision>,
    stopped: AtomicBool,
    task: Mutex<Option<tokio::task::AbortHandle>>,
}

impl Live {
    pub(super) fn new(store: PermissionStoreId) -> Self {
        Self {
            store,
            phase: ArcSwap::from_pointee(Phase::Loading),
            applied: watch::Sender::new(StoreRevision::ZERO),
            stopped: AtomicBool::new(false),
            task: Mutex::default(),
        }
    }

    /// Begins to load and follow.
    pub(super) fn start(self: &Arc<Self>, owner: Owner) {
        let task = tokio::spawn(run(Arc::clone(self), owner)).abort_handle();
        let previous = self.task.lock().unwrap_or_else(PoisonError::into_inner).replace(task);
        drop(previous);
    }

    /// Ends following.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        // Whoever watches looks again, and finds that there is nothing left.
        self.applied.send_modify(|_| {});
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<StoreRevision> {
        self.applied.subscribe()
    }

    pub(super) async fn wait_visible(&self, revision: StoreRevision) {
        if matches!(**self.phase.load(), Phase::Loading) {
            return;
        }
        if !self.wait_applied(revision, VISIBLE_WAIT).await {
            tracing::warn!(store = %self.store, %revision, "a write is committed but not yet seen");
        }
    }

    /// Waits until a revision is applied; false if it was not in time.
    async fn wait_applied(&self, revision: StoreRevision, wait: Duration) -> bool {
        let mut applied = self.applied.subscribe();
        // An empty store is at no revision, but not here before it was read.
        let reached = applied.wait_for(|at| *at >= revision && self.loaded().is_some());
        matches!(tokio::time::timeout(wait, reached).await, Ok(Ok(_)))
    }

    pub(super) async fn world(
        &self,
        shared: &Shared,
        consistency: Consistency,
    ) -> Result<World, PermissionError> {
        let wanted = match consistency {
            Consistency::MinimizeLatency => StoreRevision::ZERO,
            Consistency::AtLeastAsFresh(revision) | Consistency::Exact(revision) => revision,
            Consistency::Full => shared.db.head(self.store).await?,
        };
        if let Some(world) = self.loaded().filter(|world| world.revision() >= wanted) {
            return exactly(world, consistency);
        }
        let reached = self.wait_applied(wanted.max(StoreRevision::ZERO), FRESH_WAIT).await;
        match self.loaded() {
            Some(world) if reached => exactly(world, consistency),
            other => Err(PermissionError::NotFresh {
                asked: wanted,
                found: other.map_or(StoreRevision::ZERO, |world| world.revision()),
            }),
        }
    }

    fn loaded(&self) -> Option<World> {
        match &**self.phase.load() {
            Phase::Loaded(loaded) => Some(World::of(Arc::clone(loaded))),
            Phase::Loading | Phase::Catching => None,
        }
    }

    fn publish(&self, graph: Arc<Graph>, revision: StoreRevision) {
        self.phase.store(Arc::new(Phase::Loaded(Arc::new(Loaded::new(graph, revision)))));
        let _previous = self.applied.send_replace(revision);
    }
}

fn exactly(world: World, consistency: Consistency) -> Result<World, PermissionError> {
    match consistency {
        Consistency::Exact(asked) if asked != world.revision() => {
            Err(PermissionError::NotKept { asked, oldest: world.revision() })
        }
        _ => Ok(world),
    }
}

async fn run(live: Arc<Live>, owner: Owner) {
    loop {
        let failed = match follow(&live, &owner).await {
            Ok(()) => return,
            Err(error) => error,
        };
        let Some(shared) = owner.upgrade() else { return };
        if matches!(failed, PermissionError::UnknownStore) {
            shared.forget(live.store);
            return;
        }
        tracing::error!(store = %live.store, %failed, "a permission store can't be followed; trying again");
        drop(shared);
        tokio::time::sleep(RETRY).await;
    }
}

/// Loads the store and follows its log until it is stopped.
async fn follow(live: &Live, owner: &Owner) -> Result<(), PermissionError> {
    let Some(shared) = owner.upgrade() else { return Ok(()) };
    let db = shared.db.clone();
    drop(shared);
    let mut wake = db.subscribe(live.store).await?;
    live.phase.store(Arc::new(Phase::Loading));
    let (mut graph, mut applied) = load(&db, live.store).await?;
    live.phase.store(Arc::new(Phase::Catching));
    loop {
        loop {
            let log = db.log_after(live.store, applied, MAX_STORE_LOG_PAGE).await?;
            let Some(last) = log.last() else { break };
            applied = last.revision;
            graph = Arc::new(graph.with(&changes(log)).map_err(too_large)?);
            if live.loaded().is_some() {
                live.publish(Arc::clone(&graph), applied);
            }
        }
        if live.loaded().is_none() {
            live.publish(Arc::clone(&graph), applied);
        }
        if live.stopped.load(Ordering::Acquire) || owner.strong_count() == 0 {
            return Ok(());
        }
        let _woken = tokio::time::timeout(IDLE, wake.changed()).await;
    }
}

/// Reads every tuple, a page at a time, each at its own moment; the log since the first page then
/// makes them one: writing a tuple that is there and deleting one that isn't change nothing.
async fn load(
    db: &counterfoil_store::permission::PermissionDb,
    store: PermissionStoreId,
) -> Result<(Arc<Graph>, StoreRevision), PermissionError> {
    let start = db.head(store).await?;
    let mut builder = GraphBuilder::default();
    let mut after = None;
    loop {
        let filter = TupleFilter::default();
        let page = db.read_tuples(store, &filter, after.as_ref(), MAX_TUPLE_PAGE).await?;
        for stored in &page.tuples {
            builder.push(&stored.tuple).map_err(too_large)?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    Ok((Arc::new(builder.finish().map_err(too_large)?), start))
}

fn changes(log: Vec<LogRow>) -> Vec<Change> {
    let change = |op| match op {
        Op::Write(tuple) => Some(Change::Write(tuple)),
        Op::Delete(key) => deleted(&key).map(Change::Delete),
        Op::Model(_) => None,
    };
    log.into_iter().flat_map(|row| row.ops).filter_map(change).collect()
}

/// A key as the tuple that it is the key of.
fn deleted(key: &TupleKey) -> Option<Tuple> {
    Tuple::parse(&key.object.to_string(), key.relation.as_str(), &key.user.to_string()).ok()
}

fn too_large(error: GraphError) -> PermissionError {
    tracing::error!(%error, "a permission store can't be held in memory");
    PermissionError::Store(StoreError::Engine(error.to_string()))
}
