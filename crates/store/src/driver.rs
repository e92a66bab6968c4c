//! The seam between the store and an engine: reads with parameters, and a queue of requests for
//! the one committer.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::sync::atomic::Ordering;

use crate::StoreError;
use crate::group::Job;
use crate::migrate::Engine;
use crate::value::{Row, Value};

/// One of the two engines.
#[derive(Debug)]
pub(crate) enum Driver {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl Driver {
    pub(crate) const fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs one reading statement: one snapshot.
    pub(crate) async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(driver) => driver.query(sql, params),
            Self::Postgres(driver) => driver.query(sql, params).await,
        }
    }

    /// Begins to read at one snapshot.
    pub(crate) async fn session(&self) -> Result<Session, StoreError> {
        Ok(match self {
            Self::Sqlite(driver) => Session::Sqlite(driver.session()?),
            Self::Postgres(driver) => Session::Postgres(driver.session().await?),
        })
    }

    /// Queues a request for the committer.
    pub(crate) fn submit(&self, job: Job) -> Result<(), StoreError> {
        use tokio::sync::mpsc::error::TrySendError;
        let queue = match self {
            Self::Sqlite(driver) => driver.queue(),
            Self::Postgres(driver) => driver.queue(),
        };
        if let Self::Sqlite(driver) = self {
            driver.is_busy().store(true, Ordering::Relaxed);
        }
        queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Closed(_) => stopped(),
        })
    }

    /// Whether a thread of this process is writing or is about to.
    pub(crate) fn is_writing(&self) -> bool {
        match self {
            Self::Sqlite(driver) => driver.is_busy().load(Ordering::Relaxed),
            Self::Postgres(_) => false,
        }
    }

    /// The settings that durability rests on, as they were read back.
    pub(crate) fn settings(&self) -> &[(&'static str, String)] {
        match self {
            Self::Sqlite(driver) => driver.settings(),
            Self::Postgres(driver) => driver.settings(),
        }
    }
}

/// Several reads of one snapshot.
#[derive(Debug)]
pub(crate) enum Session {
    Sqlite(sqlite::Session),
    Postgres(postgres::Session),
}

impl Session {
    /// Runs one reading statement in the snapshot.
    pub(crate) async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(session) => session.query(sql, params),
            Self::Postgres(session) => session.query(sql, params).await,
        }
    }
}

/// The committer is gone, which only happens while the process ends.
pub(crate) fn stopped() -> StoreError {
    StoreError::Unavailable("the committer has stopped".to_owned())
}
