//! PostgreSQL: one connection that commits, a pool that reads, one connection that listens.

mod committer;
mod connect;
mod waker;
mod wire;

use std::fmt;
use std::sync::Arc;

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;
use tokio_postgres::NoTls;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::StoreError;
use crate::group::{Job, MAX_QUEUE};
use crate::migrate;
use crate::options::PostgresOptions;
use crate::value::{Row, Value};
use crate::wake::Wakes;
use committer::Committer;
use connect::Connector;
use wire::{Trouble, call};

/// Whoever reads on slowly, as an export to a slow client does, may not hold back the database's
/// cleaning for long.
const BEGIN_SESSION: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL idle_in_transaction_session_timeout = '60s'; SELECT 1 FROM issuers LIMIT 1";

/// A server, or several of which one takes writes.
pub(crate) struct Postgres {
    queue: mpsc::Sender<Job>,
    readers: Pool,
    settings: Vec<(&'static str, String)>,
    waker: AbortHandle,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("readers", &self.readers.status()).finish_non_exhaustive()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.waker.abort();
    }
}

impl Postgres {
    /// Connects, checks the server, migrates and starts the committer and the listener.
    pub(crate) async fn open(
        options: PostgresOptions,
        wakes: Arc<Wakes>,
    ) -> Result<Self, StoreError> {
        if !(1..=256).contains(&options.readers) {
            return Err(StoreError::Options("`readers` must be 1 to 256".to_owned()));
        }
        let connector = Connector::new(&options)?;
        let mut client = connector.connect(None).await?;
        let settings = connect::check_server(&client).await?;
        connect::apply(&mut client, &options).await?;
        let readers = readers(&connector, &options)?;
        let (queue, jobs) = mpsc::channel(MAX_QUEUE);
        let moved = Arc::new(Notify::new());
        let committer = Committer::new(
            connector.clone(),
            options.clock.clone(),
            Arc::clone(&wakes),
            Arc::clone(&moved),
        );
        tokio::spawn(committer.run(jobs));
        let waker = tokio::spawn(waker::run(connector, wakes, moved)).abort_handle();
        Ok(Self { queue, readers, settings, waker })
    }

    pub(crate) const fn queue(&self) -> &mpsc::Sender<Job> {
        &self.queue
    }

    pub(crate) fn settings(&self) -> &[(&'static str, String)] {
        &self.settings
    }

    /// Reads on a pooled connection. A connection found broken is replaced once: a read may be
    /// repeated.
    pub(crate) async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        match self.query_once(sql, params).await {
            Err(Trouble::Transient(_)) => self.query_once(sql, params).await,
            result => result,
        }
        .map_err(Trouble::into_store_error)
    }

    /// Begins a transaction that reads, on a connection of the pool.
    pub(crate) async fn session(&self) -> Result<Session, StoreError> {
        match self.session_once().await {
            Err(Trouble::Transient(_)) => self.session_once().await,
            result => result,
        }
        .map_err(Trouble::into_store_error)
    }

    async fn session_once(&self) -> Result<Session, Trouble> {
        let client = self.client().await?;
        // The first statement takes the snapshot.
        client.batch_execute(BEGIN_SESSION).await?;
        Ok(Session { client: Some(client) })
    }

    async fn client(&self) -> Result<Object, Trouble> {
        self.readers.get().await.map_err(|error| match error {
            PoolError::Backend(error) => Trouble::from(error),
            other => Trouble::Store(StoreError::Unavailable(other.to_string())),
        })
    }

    async fn query_once(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, Trouble> {
        let client = self.client().await?;
        let statement = client.prepare_cached(sql).await?;
        Ok(call(&client, &statement, params).await?.rows)
    }
}

/// A connection within a transaction that reads.
pub(crate) struct Session {
    client: Option<Object>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(…)")
    }
}

impl Session {
    pub(crate) async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let Some(client) = &self.client else { return Err(super::stopped()) };
        let once = async {
            let statement = client.prepare_cached(sql).await?;
            Ok::<_, Trouble>(call(client, &statement, params).await?.rows)
        };
        once.await.map_err(Trouble::into_store_error)
    }
}

impl Drop for Session {
    /// The connection goes back to the pool once its transaction has ended.
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move {
                    if client.batch_execute("ROLLBACK").await.is_err() {
                        drop(Object::take(client));
                    }
                });
            }
            Err(_) => drop(Object::take(client)),
        }
    }
}

fn readers(connector: &Connector, options: &PostgresOptions) -> Result<Pool, StoreError> {
    // Not verified before use: `query` replaces a broken one, without a round trip each time.
    let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let pg = connector.config().clone();
    let manager = match connector.tls() {
        None => Manager::from_config(pg, NoTls, config),
        Some(tls) => Manager::from_config(pg, MakeRustlsConnect::new(tls), config),
    };
    Pool::builder(manager)
        .max_size(options.readers)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(options.connect_timeout))
        .create_timeout(Some(options.connect_timeout))
        .recycle_timeout(Some(options.connect_timeout))
        .build()
        .map_err(|error| StoreError::Options(error.to_string()))
}

/// Lists the steps that the database lacks, without changing it.
pub(crate) async fn pending(options: &PostgresOptions) -> Result<Vec<String>, StoreError> {
    let client = Connector::new(options)?.connect(None).await?;
    Ok(migrate::titles(connect::missing(&client).await?))
}
