//! Permission stores: relationship tuples and the models that say what follows from them.
//!
//! A store belongs to an issuer and has a dense sequence of revisions of its own: each write and
//! each model takes the next one. What is written here moves neither the issuer's head nor its
//! feed, so that a bulk import never delays a revocation by more than one chunk.
//!
//! ```no_run
//! # async fn run(db: counterfoil_store::Store) -> Result<(), Box<dyn std::error::Error>> {
//! use counterfoil_permission::tuple::Tuple;
//! use counterfoil_store::permission::{NewStore, PermissionStoreId, WriteTuples};
//!
//! let issuer = db.ensure_issuer("https://id.example").await?;
//! let permissions = db.permissions(issuer.id);
//! let id = PermissionStoreId::new(1_800_000_000_000, [7; 10]);
//! permissions.create_store(NewStore::named(id, "shop")).await?;
//! let tuple = Tuple::parse("order:1", "reader", "user:alice")?;
//! let write = WriteTuples { writes: vec![tuple], ..WriteTuples::default() };
//! let revision = permissions.write_tuples(id, write).await?;
//! println!("written at {revision}");
//! # Ok(())
//! # }
//! ```

mod changes;
mod delete;
mod files;
mod filter;
mod id;
mod import;
mod models;
mod names;
mod ops;
mod plan;
mod read;
mod rows;
mod snapshot;
mod stores;
mod tuples;
mod write;

use counterfoil_oauth::model::{IssuerId, Revision};
use tokio::sync::watch;

pub use changes::{Changes, LogRow, MAX_CHANGES_PAGE, MAX_STORE_LOG_BYTES, MAX_STORE_LOG_PAGE};
pub use delete::{DELETES_PER_WRITE, Deleted};
pub use files::{FileError, SnapshotFile, SnapshotFiles, SnapshotHead};
pub use filter::TupleFilter;
pub use id::{ModelId, PermissionStoreId, StoreRevision};
pub use import::{IMPORT_CHUNK, Imported, Importer};
pub use models::StoredModel;
pub use ops::Op;
pub use read::{Cursor, MAX_TUPLE_PAGE, TuplePage};
pub use snapshot::{MAX_WANTED, PermissionSnapshot, Wanted};
pub use stores::{MAX_STORE_PAGE, NewStore, PermissionStore};
pub use tuples::{StoredTuple, TupleKey};
pub use write::{
    MAX_TUPLES_PER_WRITE, OnDuplicate, OnMissing, Precondition, WriteTuples, WriteTuplesError,
};

#[cfg(test)]
pub(crate) use delete::expired_text;
#[cfg(test)]
pub(crate) use names::lookup as name_lookup;
#[cfg(test)]
pub(crate) use read::page_shapes;
#[cfg(test)]
pub(crate) use snapshot::lookup_shapes as reachable_shapes;
#[cfg(test)]
pub(crate) use write::lookup as tuple_lookup;

use crate::Store;
use crate::head::Head;

/// The permission stores of one issuer. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PermissionDb {
    store: Store,
    iss: IssuerId,
}

impl Store {
    /// The permission stores of an issuer.
    #[must_use]
    pub fn permissions(&self, iss: IssuerId) -> PermissionDb {
        PermissionDb { store: self.clone(), iss }
    }
}

impl PermissionDb {
    /// Follows a store's head: the receiver holds the newest committed revision that this node
    /// knows of. Wake-ups coalesce, so read [`PermissionDb::log_after`] from what was applied last.
    ///
    /// # Errors
    /// [`StoreError::UnknownPermissionStore`](crate::StoreError), or the store fails.
    pub async fn subscribe(
        &self,
        id: PermissionStoreId,
    ) -> Result<watch::Receiver<Revision>, crate::StoreError> {
        let number = self.number(id).await?;
        Ok(self.store.subscribe_head(Head::Permissions(self.iss, number)))
    }
}
