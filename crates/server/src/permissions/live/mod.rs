//! The relationships of permission stores in memory, as fresh as their logs.
//!
//! Each store that was asked about has a task that loads it and then follows its log: changes are
//! applied in the order of their commits, and the next graph replaces the last at once, so that no
//! reader ever sees half a write. Until it is loaded, and where it is too large for the memory that
//! it may have, questions are answered from the database with the same engine.

mod error;
mod follow;
mod models;
mod options;
mod world;

use std::sync::{Arc, Weak};

use counterfoil_jose::UnixTime;
use counterfoil_permission::model::Model;
use counterfoil_store::{
    StoreError,
    permission::{
        ModelId, NewStore, PermissionDb, PermissionStore, PermissionStoreId, StoreRevision,
        TupleFilter, WriteTuples, WriteTuplesError,
    },
};
use papaya::HashMap;
use tokio::sync::watch;

pub(crate) use error::PermissionError;
pub(crate) use models::{LiveModel, WriteModelError};
pub use options::PermissionOptions;
pub(crate) use world::{About, Consistency, What, World};

use follow::Live;
use models::Models;

/// The permission stores of an issuer, and those of them that are in memory.
#[derive(Clone)]
pub(crate) struct Permissions {
    shared: Arc<Shared>,
}

struct Shared {
    db: PermissionDb,
    options: PermissionOptions,
    stores: HashMap<PermissionStoreId, Arc<Live>>,
    models: Models,
}

impl Permissions {
    pub(crate) fn new(db: PermissionDb, options: PermissionOptions) -> Self {
        let (stores, models) = (HashMap::new(), Models::default());
        Self { shared: Arc::new(Shared { db, options, stores, models }) }
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
        live.world(&self.shared, consistency).await
    }

    /// A model of a store, the latest if none is named; none if there is none.
    pub(crate) async fn model(
        &self,
        store: PermissionStoreId,
        id: Option<ModelId>,
    ) -> Result<Option<Arc<LiveModel>>, PermissionError> {
        self.shared.models.get(&self.shared.db, store, id).await
    }

    /// Adds a model, which is the latest from then on.
    pub(crate) async fn write_model(
        &self,
        store: PermissionStoreId,
        id: ModelId,
        model: &Model,
        now: UnixTime,
    ) -> Result<StoreRevision, WriteModelError> {
        let revision = self.shared.models.write(&self.shared.db, (store, id), model, now).await?;
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
