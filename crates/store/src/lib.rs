//! All persistence: guarded batches, typed reads, migrations and the change log, on SQLite and on
//! PostgreSQL 15 or newer.
//!
//! A decision loads facts, each [`Stamped`] with the revision of its snapshot, and hands back a
//! [`Batch`](counterfoil_oauth::model::Batch): guards that must still hold, effects, and the changes
//! that the log learns. [`Store::commit`] does all of it or nothing.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use counterfoil_oauth::model::Batch;
//! use counterfoil_store::{SqliteOptions, Store};
//!
//! let store = Store::open_sqlite("counterfoil.db".as_ref(), SqliteOptions::default()).await?;
//! let issuer = store.ensure_issuer("https://id.example").await?;
//! let alice = store.user_by_username(issuer.id, "alice").await?;
//! println!("{:?} as of revision {:?}", alice.value, alice.revision);
//! store.commit(issuer.id, Batch::default()).await?;
//! # Ok(())
//! # }
//! ```

mod driver;
mod error;
mod group;
mod head;
mod list;
mod log;
mod migrate;
mod node;
mod options;
pub mod permission;
mod plan;
mod read;
mod row;
mod sql;
mod store;
mod sweep;
mod value;
mod wake;

pub use error::{CommitError, ConflictAt, Inconsistency, StoreError};
pub use list::{ApiFilter, ClientFilter, GrantFilter, MAX_PAGE, SessionFilter, UserFilter};
pub use log::{LogEntry, MAX_LOG_PAGE, MAX_TARGETS, StoredWatermark};
pub use migrate::Engine;
pub use node::NodeRow;
pub use options::{Clock, PostgresOptions, SqliteOptions};
pub use read::Stamped;
pub use sql::StatementText;
pub use store::{Committed, IssuerHead, Store};
pub use sweep::{KEEP_SECS, MAX_SWEEP, SweepReport};

/// Every fixed SQL text that the store runs, on both engines alike.
pub fn statements() -> impl Iterator<Item = &'static StatementText> {
    sql::all()
}
