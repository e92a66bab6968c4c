//! The relationships of permission stores in memory, as fresh as their logs.
//!
//! Each store that was asked about has a task that loads it and then follows its log: changes are
//! applied in the order of their commits, and the next graph replaces the last at once, so that no
//! reader ever sees half a write. Until it is loaded, and where it is too large for the memory that
//! it may have, questions are answered from the database with the same engine.

mod backed;
mod error;
mod follow;
#[expect(clippy::module_inception, reason = "a live store is what this is about")]
mod live;
mod load;
mod memory;
mod models;
mod options;
mod recent;
#[cfg(test)]
mod tests;
mod world;

use std::sync::{Arc, Weak};

use counterfoil_jose::UnixTime;
use counterfoil_permission::model::Model;
use counterfoil_store::{
    StoreError,
    permission::{
        MAX_STORE_PAGE, ModelId, NewStore, PermissionDb, PermissionStore, PermissionStoreId,
        SnapshotFiles, StoreRevision, TupleFilter, WriteTuples, WriteTuplesError,
    },
};
use papaya::HashMap;
use tokio::sync::{Semaphore, watch};

pub(crate) use error::PermissionError;
pub(crate) use models::{LiveModel, Resolver, WriteModelError};
pub use options::PermissionOptions;
pub(crate) use world::{About, Consistency, What, World};

use live::Live;
pub(crate) use memory::LiveMetrics;
use models::Models;

use crate::clock::Clock;

/// Stores that are loaded at once.
const LOADS_MAX: usize = 2;

/// How often one sweep goes on with one store before it leaves the rest to the next.
const SWEEPS_MAX: usize = 20;

/// Rows of each table that one step of a sweep takes of a deleted store.
const PURGE_ROWS: usize = 1_000;

/// The permission stores of an issuer, and those of them that are in memory.
#[derive(Clone)]
pub(crate) struct Permissions {
    shared: Arc<Shared>,
}

struct Shared {
    db: PermissionDb,
    options: PermissionOptions,
    files: Option<SnapshotFiles>,
    metrics: LiveMetrics,
    clock: Arc<dyn Clock>,
    /// How many stores may be loaded at once: each reads and lays out as fast as it can.
    loads: Semaphore,
    stores: HashMap<PermissionStoreId, Arc<Live>>,
    models: Models,
}

impl Permissions {
    pub(crate) fn new(
        db: PermissionDb,
        options: PermissionOptions,
        metrics: LiveMetrics,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let files = options.snapshots.clone().map(SnapshotFiles::new);
        let (stores, models) = (HashMap::new(), Models::default());
        let loads = Semaphore::new(LOADS_MAX);
        let shared = Shared { db, options, files, metrics, clock, loads, stores, models };
        Self { shared: Arc::new(shared) }
    }

    /// Loads the stores that have a snapshot file, which were in memory before the last stop.
    pub(crate) async fn warm(&self) {
        let Some(files) = self.shared.files.clone() else { return };
        let found = tokio::task::spawn_blocking(move || files.stores()).await;
        let stores = match found {
            Ok(Ok(stores)) => stores,
            Ok(Err(error)) => return tracing::warn!(%error, "snapshots can't be listed"),
            Err(_) => return,
        };
        for store in stores {
            match self.live(store).await {
                Ok(_) => {}
                Err(PermissionError::UnknownStore) => self.shared.remove_file(store).await,
                Err(error) => tracing::warn!(%store, %error, "a permission store can't be loaded"),
            }
        }
    }

    /// The rows themselves. What is changed through it is seen here a little later; the changes
    /// below wait for that.
    pub(crate) fn db(&self) -> &PermissionDb {
        &self.shared.db
    }

    /// A store's relationships, as fresh as asked.
    pub(crate) async fn world(
        &self,
        store: PermissionStoreId,
        consistency: Consistency,
    ) -> Result<World, PermissionError> {
        let live = self.live(store).await?;
        live.using.asked(self.shared.clock.boot_ms());
        live.world(&self.shared, consistency).await
    }

    /// A model of a store as a resolver takes it, the latest if none is named; none if there is none.
    pub(crate) async fn model(
        &self,
        store: PermissionStoreId,
        (id, resolver): (Option<ModelId>, Resolver),
    ) -> Result<Option<Arc<LiveModel>>, PermissionError> {
        let known = match id {
            Some(id) => Some(id),
            // What is in memory knows it, and is as fresh as the answer will be.
            None => self.live(store).await?.loaded().and_then(|loaded| loaded.latest),
        };
        self.shared.models.get(&self.shared.db, store, (known, resolver)).await
    }

    /// Adds a model that a resolver takes, which is the latest from then on.
    pub(crate) async fn write_model(
        &self,
        (store, id, resolver): (PermissionStoreId, ModelId, Resolver),
        model: &Model,
        now: UnixTime,
    ) -> Result<StoreRevision, WriteModelError> {
        let key = (store, id, resolver);
        let revision = self.shared.models.write(&self.shared.db, key, model, now).await?;
        self.wait_visible(store, revision).await;
        Ok(revision)
    }

    /// Writes tuples, and answers once every later question to this node sees it.
    pub(crate) async fn write(
        &self,
        store: PermissionStoreId,
        request: WriteTuples,
    ) -> Result<StoreRevision, WriteTuplesError> {
        let revision = self.shared.db.write_tuples(store, request).await?;
        self.wait_visible(store, revision).await;
        Ok(revision)
    }

    /// Deletes the tuples that fit a filter, in several writes if they are many. Answers how many
    /// they were and the revision of the last write, once this node sees it.
    pub(crate) async fn delete_by_filter(
        &self,
        store: PermissionStoreId,
        filter: TupleFilter,
    ) -> Result<(u64, StoreRevision), StoreError> {
        let done = self.shared.db.delete_by_filter(store, &filter).await?;
        self.wait_visible(store, done.revision).await;
        Ok((done.deleted, done.revision))
    }

    /// Follows a store: the receiver holds the revision up to which this node has applied it.
    /// Wake-ups coalesce; what lies between is in the log.
    pub(crate) async fn watch(
        &self,
        store: PermissionStoreId,
    ) -> Result<watch::Receiver<StoreRevision>, PermissionError> {
        Ok(self.live(store).await?.subscribe())
    }

    pub(crate) async fn create_store(&self, new: NewStore) -> Result<PermissionStore, StoreError> {
        self.shared.db.create_store(new).await
    }

    pub(crate) async fn delete_store(
        &self,
        store: PermissionStoreId,
        now: UnixTime,
    ) -> Result<(), StoreError> {
        self.shared.db.delete_store(store, now).await?;
        self.shared.forget(store);
        self.shared.remove_file(store).await;
        Ok(())
    }

    /// Deletes some tuples of every store that have expired, and some of what deleted stores left.
    pub(crate) async fn sweep(&self, now: UnixTime) -> Result<(), StoreError> {
        let db = &self.shared.db;
        let mut after = 0;
        loop {
            let stores = db.list_stores(None, after, MAX_STORE_PAGE).await?;
            let Some(last) = stores.last().map(|store| store.place) else { break };
            after = last;
            for store in stores {
                for _ in 0..SWEEPS_MAX {
                    match db.sweep_expired(store.id, now).await {
                        Ok(0) | Err(StoreError::UnknownPermissionStore) => break,
                        Ok(_) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
        }
        for _ in 0..SWEEPS_MAX {
            if !db.purge_deleted(PURGE_ROWS).await? {
                break;
            }
        }
        self.shared.show();
        Ok(())
    }

    /// The store in memory, or on its way there.
    async fn live(&self, store: PermissionStoreId) -> Result<Arc<Live>, PermissionError> {
        if let Some(live) = self.shared.stores.pin().get(&store) {
            return Ok(Arc::clone(live));
        }
        // Before there is a task for it, it must exist.
        self.shared.db.head(store).await?;
        let made = Arc::new(Live::new(store));
        let live =
            Arc::clone(self.shared.stores.pin().get_or_insert_with(store, || Arc::clone(&made)));
        if Arc::ptr_eq(&live, &made) {
            live.start(Arc::downgrade(&self.shared));
        }
        Ok(live)
    }

    /// Waits until this node's graph has a revision, if it has a graph: else questions are answered
    /// from the database, which has it already.
    async fn wait_visible(&self, store: PermissionStoreId, revision: StoreRevision) {
        let live = self.shared.stores.pin().get(&store).map(Arc::clone);
        if let Some(live) = live {
            live.wait_visible(revision).await;
        }
    }
}

impl Shared {
    /// Lets a store's graph go. Its task ends by itself.
    fn forget(&self, store: PermissionStoreId) {
        if let Some(live) = self.stores.pin().remove(&store) {
            live.stop();
        }
        self.show();
    }

    async fn remove_file(&self, store: PermissionStoreId) {
        let Some(files) = self.files.clone() else { return };
        let removed = tokio::task::spawn_blocking(move || files.remove(store)).await;
        if let Ok(Err(error)) = removed {
            tracing::warn!(%store, %error, "a deleted store's snapshot can't be removed");
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        for live in self.stores.pin().values() {
            live.stop();
        }
    }
}

/// How a task reaches what owns it, without keeping it alive.
type Owner = Weak<Shared>;
