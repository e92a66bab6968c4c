//! One store in memory: it is loaded, and then its log is followed.

use std::{sync::Arc, time::Duration};

use counterfoil_permission::{
    graph::{Change, Graph},
    tuple::Tuple,
};
use counterfoil_store::{
    StoreError,
    permission::{LogRow, MAX_STORE_LOG_PAGE, ModelId, Op, PermissionDb, StoreRevision, TupleKey},
};
use tokio::task::JoinHandle;

use super::{
    Owner, PermissionError,
    live::Live,
    load::{self, Loading},
    recent::Revised,
};

/// How often the log is read even without a wake-up: one may get lost, and a store may be deleted
/// on another node.
const IDLE: Duration = Duration::from_millis(1_000);

/// How long to wait after the database failed.
const RETRY: Duration = Duration::from_millis(200);

/// How long a store that isn't in memory is followed although nobody asks or watches.
const FORGET: Duration = Duration::from_secs(600);

/// Changes after which a new snapshot file is worth its while, and at least this part of the tuples.
const FILE_CHANGES_MIN: usize = 10_000;
const FILE_CHANGES_PART: usize = 8;

/// Changes that are applied on the spot. More, as an import makes them, take longer than a thread
/// that others wait for may be held.
const CHANGES_ON_THE_SPOT: usize = 1_000;

/// What a task does until its store is gone.
pub(super) async fn run(live: Arc<Live>, owner: Owner) {
    loop {
        let failed = match follow(&live, &owner).await {
            Ok(()) => return,
            Err(error) => error,
        };
        live.set_dormant();
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

/// A store on its way through its log.
struct Follower<'a> {
    live: &'a Live,
    db: PermissionDb,
    graph: Arc<Graph>,
    applied: StoreRevision,
    latest: Option<ModelId>,
    /// A graph being laid out anew, and what changed since it began.
    merging: Option<(JoinHandle<Graph>, Vec<Change>)>,
    /// A snapshot file being written.
    writing: Option<JoinHandle<()>>,
    /// Changes that the newest snapshot file lacks.
    unwritten: usize,
    /// How many tuples there were when it was last seen whether there is room for them.
    weighed: usize,
}

/// Loads the store and follows its log, again and again as memory allows, until nobody needs it.
async fn follow(live: &Live, owner: &Owner) -> Result<(), PermissionError> {
    loop {
        let Some(shared) = owner.upgrade() else { return Ok(()) };
        let db = shared.db.clone();
        let mut wake = db.subscribe(live.store).await?;
        let loading = load::load(&shared, live).await?;
        drop(shared);
        if let Loading::Loaded { graph, revision, latest, from_file } = loading {
            live.set_catching();
            let unwritten = if from_file { 0 } else { usize::MAX };
            let mut follower = Follower {
                live,
                db: db.clone(),
                graph,
                applied: revision,
                latest,
                merging: None,
                writing: None,
                unwritten,
                weighed: 0,
            };
            follower.run(owner, &mut wake).await?;
        }
        if !dormant(live, owner, &db, &mut wake).await? {
            return Ok(());
        }
    }
}

type Wake = tokio::sync::watch::Receiver<counterfoil_oauth::model::Revision>;

/// Follows only how far the store is, until it is asked about and there is room for it. False when
/// nobody needs it any more.
async fn dormant(
    live: &Live,
    owner: &Owner,
    db: &PermissionDb,
    wake: &mut Wake,
) -> Result<bool, PermissionError> {
    let mut quiet = Duration::ZERO;
    loop {
        let head = db.head(live.store).await?;
        live.advance(head);
        let Some(shared) = owner.upgrade() else { return Ok(false) };
        if live.is_stopped() {
            return Ok(false);
        }
        if live.take_wanted() {
            quiet = Duration::ZERO;
            if shared.has_room(live) {
                return Ok(true);
            }
        }
        let idle = quiet >= FORGET && live.is_unwatched();
        if idle {
            shared.forget(live.store);
            return Ok(false);
        }
        drop(shared);
        match tokio::time::timeout(IDLE, wake.changed()).await {
            Ok(_) => quiet = Duration::ZERO,
            Err(_) => quiet += IDLE,
        }
    }
}

impl Follower<'_> {
    /// Follows the log until the store is stopped or has to make room.
    async fn run(&mut self, owner: &Owner, wake: &mut Wake) -> Result<(), PermissionError> {
        loop {
            if !self.catch_up(owner).await? {
                self.live.set_dormant();
                return Ok(());
            }
            if owner.strong_count() == 0 || self.live.is_stopped() {
                return Ok(());
            }
            if self.live.take_evicted() {
                self.live.set_dormant();
                return Ok(());
            }
            self.look_after(owner);
            let merged = async {
                match &mut self.merging {
                    Some((task, _)) => task.await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = tokio::time::timeout(IDLE, wake.changed()) => {}
                merged = merged => self.merged(merged, owner)?,
            }
        }
    }

    /// Applies everything that is committed. False when there is no room for it.
    async fn catch_up(&mut self, owner: &Owner) -> Result<bool, PermissionError> {
        loop {
            let log = self.db.log_after(self.live.store, self.applied, MAX_STORE_LOG_PAGE).await?;
            let Some(last) = log.last().map(|row| row.revision) else { break };
            let revised = self.revised(log);
            let changes: Vec<Change> =
                revised.iter().flat_map(|(_, changes)| changes).cloned().collect();
            let changes = self.apply(changes).await?;
            self.applied = last;
            self.unwritten = self.unwritten.saturating_add(changes.len());
            if let Some((_, since)) = &mut self.merging {
                since.extend(changes);
            }
            if !self.has_room(owner) {
                return Ok(false);
            }
            if self.live.is_loaded() {
                self.publish(&revised)?;
            }
        }
        if !self.live.is_loaded() {
            self.live.start_recent(self.applied, Arc::clone(&self.graph));
            self.publish(&[])?;
            if let Some(shared) = owner.upgrade() {
                shared.show();
            }
        }
        Ok(true)
    }

    /// Applies changes, and gives them back.
    async fn apply(&mut self, changes: Vec<Change>) -> Result<Vec<Change>, PermissionError> {
        let graph = Arc::clone(&self.graph);
        let few = changes.len() <= CHANGES_ON_THE_SPOT;
        let apply = move || (graph.with(&changes), changes);
        let (graph, changes) = if few {
            apply()
        } else {
            let done = tokio::task::spawn_blocking(apply).await;
            done.map_err(|error| PermissionError::Store(StoreError::Engine(error.to_string())))?
        };
        self.graph = Arc::new(graph.map_err(load::too_large)?);
        Ok(changes)
    }

    /// Whether the graph may be as large as it is. It is looked at when the size has changed so
    /// much that it can matter.
    fn has_room(&mut self, owner: &Owner) -> bool {
        let tuples = self.graph.tuples();
        if tuples.abs_diff(self.weighed) <= self.weighed / 64 {
            return true;
        }
        self.weighed = tuples;
        owner.upgrade().is_none_or(|shared| shared.make_room(self.live, tuples))
    }

    fn publish(&self, revised: &[Revised]) -> Result<(), PermissionError> {
        self.live.push_recent(revised).map_err(load::too_large)?;
        self.live.publish(Arc::clone(&self.graph), self.applied, self.latest);
        Ok(())
    }

    /// The changes of each revision. The latest model is taken note of.
    fn revised(&mut self, log: Vec<LogRow>) -> Vec<Revised> {
        let mut revised = Vec::with_capacity(log.len());
        for row in log {
            let mut changes = Vec::with_capacity(row.ops.len());
            for op in row.ops {
                match op {
                    Op::Write(tuple) => changes.push(Change::Write(tuple)),
                    Op::Delete(key) => changes.extend(deleted(&key).map(Change::Delete)),
                    Op::Model(id) => self.latest = Some(id),
                }
            }
            revised.push((row.revision, changes));
        }
        revised
    }

    /// Begins what is done in the background, where it is due.
    fn look_after(&mut self, owner: &Owner) {
        if self.merging.is_none() && self.graph.needs_merge() {
            let graph = Arc::clone(&self.graph);
            let task = tokio::task::spawn_blocking(move || graph.merged());
            self.merging = Some((task, Vec::new()));
        }
        let part = (self.graph.tuples() / FILE_CHANGES_PART).max(FILE_CHANGES_MIN);
        let due = self.unwritten >= part && self.graph.tuples() >= FILE_CHANGES_MIN;
        let idle = self.writing.as_ref().is_none_or(JoinHandle::is_finished);
        if due
            && idle
            && let Some(shared) = owner.upgrade()
            && let Some(files) = shared.files.clone()
        {
            self.unwritten = 0;
            let (db, store) = (self.db.clone(), self.live.store);
            let (graph, revision) = (Arc::clone(&self.graph), self.applied);
            self.writing = Some(tokio::spawn(async move {
                if let Err(error) = load::write_file(&db, files, store, (graph, revision)).await {
                    tracing::warn!(%store, %error, "a permission store's snapshot was not written");
                }
            }));
        }
    }

    /// Puts what changed meanwhile on top of a graph that was laid out anew.
    fn merged(
        &mut self,
        merged: Result<Graph, tokio::task::JoinError>,
        owner: &Owner,
    ) -> Result<(), PermissionError> {
        let Some((_, since)) = self.merging.take() else { return Ok(()) };
        let merged = merged
            .map_err(|error| PermissionError::Store(StoreError::Engine(error.to_string())))?;
        self.graph = Arc::new(merged.with(&since).map_err(load::too_large)?);
        // The revisions before hold on to the old layout, so they go.
        self.live.start_recent(self.applied, Arc::clone(&self.graph));
        self.publish(&[])?;
        if let Some(shared) = owner.upgrade() {
            shared.metrics.merged.inc();
        }
        Ok(())
    }
}

impl Drop for Follower<'_> {
    fn drop(&mut self) {
        if let Some((task, _)) = self.merging.take() {
            task.abort();
        }
    }
}

/// A key as the tuple that it is the key of.
fn deleted(key: &TupleKey) -> Option<Tuple> {
    Tuple::parse(&key.object.to_string(), key.relation.as_str(), &key.user.to_string()).ok()
}
