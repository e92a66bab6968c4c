use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use counterfoil_jose::UnixTime;
use counterfoil_oauth::model::{Batch, IssuerId, Revision};
use tokio::sync::{oneshot, watch};

use crate::driver::postgres::Postgres;
use crate::driver::sqlite::Sqlite;
use crate::driver::{Driver, Session, postgres, sqlite, stopped};
use crate::group::Job;
use crate::head::Head;
use crate::migrate::Engine;
use crate::options::Clock;
use crate::permission::PermissionStoreId;
use crate::plan::{MAX_KEY_TEXT, Plan};
use crate::row::Fields;
use crate::sweep::Cursors;
use crate::value::{Outcome, Row, Step, Value};
use crate::wake::Wakes;
use crate::{CommitError, PostgresOptions, SqliteOptions, StoreError, sql};

/// How often an issuer's insertion is tried when others insert theirs at the same time.
const MAX_ISSUER_RACES: usize = 16;
/// Plans of one bulk that wait for the committer at a time: as many as it puts into one transaction,
/// and a small part of its queue.
const BULK_PLANS: usize = 100;

/// One database with all its issuers. Cheap to clone; the last clone closes it.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    driver: Driver,
    wakes: Arc<Wakes>,
    clock: Clock,
    cursors: Mutex<HashMap<IssuerId, Cursors>>,
    /// The numbers of permission stores that were asked for; a number never changes.
    permission_stores: Mutex<HashMap<(IssuerId, PermissionStoreId), i64>>,
}

/// An issuer and where its log stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerHead {
    /// The issuer's id in this database.
    pub id: IssuerId,
    /// The issuer's URL, its `iss`.
    pub url: String,
    /// Raised whenever the log may have gone back; see the freshness protocol.
    pub epoch: u64,
    /// The newest committed revision.
    pub revision: Revision,
}

/// What a commit came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The issuer's head after the batch.
    pub revision: Revision,
    /// The revisions of the batch's changes in their order: from the first, to one past the last.
    /// Empty for a batch without changes.
    pub changes: Range<Revision>,
}

impl Store {
    /// Opens a SQLite file, made if it is missing, readable by its owner alone.
    ///
    /// # Errors
    /// When the file can't be opened, SQLite is too old, a setting that durability rests on was
    /// not taken, or the schema doesn't fit.
    pub async fn open_sqlite(path: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        let wakes = Arc::new(Wakes::default());
        let clock = options.clock.clone();
        let driver = Sqlite::open(path, options, Arc::clone(&wakes)).await?;
        Ok(Self::new(Driver::Sqlite(driver), wakes, clock))
    }

    /// Connects to a PostgreSQL database. Must be called within a Tokio runtime, where the
    /// committer and the listener then run.
    ///
    /// # Errors
    /// When the server can't be reached, is older than 15, has `fsync` or `synchronous_commit` off,
    /// the URL asks for less safety than `tls` gives, or the schema doesn't fit.
    pub async fn open_postgres(options: PostgresOptions) -> Result<Self, StoreError> {
        let wakes = Arc::new(Wakes::default());
        let clock = options.clock.clone();
        let driver = Postgres::open(options, Arc::clone(&wakes)).await?;
        Ok(Self::new(Driver::Postgres(driver), wakes, clock))
    }

    fn new(driver: Driver, wakes: Arc<Wakes>, clock: Clock) -> Self {
        let (cursors, permission_stores) = (Mutex::default(), Mutex::default());
        Self { inner: Arc::new(Inner { driver, wakes, clock, cursors, permission_stores }) }
    }

    /// Brings a SQLite file's schema up to date and closes it again. Returns the steps applied.
    ///
    /// # Errors
    /// As [`Store::open_sqlite`].
    pub async fn migrate_sqlite(
        path: &Path,
        mut options: SqliteOptions,
    ) -> Result<Vec<String>, StoreError> {
        let pending = Self::pending_sqlite(path, &options).await?;
        options.migrate = true;
        Self::open_sqlite(path, options).await?;
        Ok(pending)
    }

    /// Brings a PostgreSQL database's schema up to date. Returns the steps that were missing.
    ///
    /// # Errors
    /// As [`Store::open_postgres`].
    pub async fn migrate_postgres(mut options: PostgresOptions) -> Result<Vec<String>, StoreError> {
        let pending = Self::pending_postgres(&options).await?;
        options.migrate = true;
        Self::open_postgres(options).await?;
        Ok(pending)
    }

    /// Lists the steps that a SQLite file lacks, without changing it.
    ///
    /// # Errors
    /// When the file can't be read or its history doesn't fit this program.
    pub async fn pending_sqlite(
        path: &Path,
        options: &SqliteOptions,
    ) -> Result<Vec<String>, StoreError> {
        sqlite::pending(path, options).await
    }

    /// Lists the steps that a PostgreSQL database lacks, without changing it.
    ///
    /// # Errors
    /// When the server can't be reached or its history doesn't fit this program.
    pub async fn pending_postgres(options: &PostgresOptions) -> Result<Vec<String>, StoreError> {
        postgres::pending(options).await
    }

    /// Which engine this store runs on.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.inner.driver.engine()
    }

    /// The settings that durability rests on, as they were read back when the store was opened.
    #[must_use]
    pub fn settings(&self) -> &[(&'static str, String)] {
        self.inner.driver.settings()
    }

    /// Finds the issuer with this URL, and makes it if there is none.
    ///
    /// # Errors
    /// When the store fails or the URL is empty or too long.
    pub async fn ensure_issuer(&self, url: &str) -> Result<IssuerHead, StoreError> {
        if url.is_empty() || url.len() > MAX_KEY_TEXT || url.contains('\0') {
            return Err(StoreError::Unstorable("an issuer's URL of that form".to_owned()));
        }
        for _ in 0..MAX_ISSUER_RACES {
            let rows = self.query(sql::HEAD_BY_URL, &[Value::text(url)]).await?;
            if let Some(row) = rows.into_iter().next() {
                return self.issuer_head(row);
            }
            self.write(vec![Step::plain(sql::INSERT_ISSUER, vec![Value::text(url)])]).await?;
        }
        Err(StoreError::Engine("the issuer could not be made among many others".to_owned()))
    }

    /// The issuer's newest state.
    ///
    /// # Errors
    /// When the store fails or has no such issuer.
    pub async fn head(&self, iss: IssuerId) -> Result<IssuerHead, StoreError> {
        let rows = self.query(sql::HEAD, &[Value::Int(iss.get())]).await?;
        let row = rows.into_iter().next().ok_or(StoreError::UnknownIssuer(iss))?;
        self.issuer_head(row)
    }

    /// Every issuer of this database.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn issuers(&self) -> Result<Vec<IssuerHead>, StoreError> {
        let rows = self.query(sql::HEADS, &[]).await?;
        rows.into_iter().map(|row| self.issuer_head(row)).collect()
    }

    fn issuer_head(&self, row: Row) -> Result<IssuerHead, StoreError> {
        let mut row = Fields::plain("issuers", row);
        let head = IssuerHead {
            id: IssuerId::new(row.id("iss")?),
            url: row.text("url")?,
            epoch: row.revision("epoch")?.get(),
            revision: row.revision("revision")?,
        };
        self.inner.wakes.publish(Head::Issuer(head.id), head.revision);
        Ok(head)
    }

    /// Raises the issuer's epoch and returns the new one.
    ///
    /// # Errors
    /// When the store fails or has no such issuer.
    pub async fn raise_epoch(&self, iss: IssuerId) -> Result<u64, StoreError> {
        let step = Step::plain(sql::RAISE_EPOCH, vec![Value::Int(iss.get())]);
        let outcome = self.write(vec![step]).await?;
        let row = outcome.into_iter().flat_map(|outcome| outcome.rows).next();
        let mut row = Fields::plain("issuers", row.ok_or(StoreError::UnknownIssuer(iss))?);
        Ok(row.revision("epoch")?.get())
    }

    /// Commits a batch durably, or nothing of it. The answer comes after the commit is on disk.
    ///
    /// A dropped future doesn't take its batch back: it may be committed all the same.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] when a guard didn't hold or an effect found another state: load
    /// and decide once more. [`CommitError::Overloaded`] when too many batches wait.
    pub async fn commit(&self, iss: IssuerId, batch: Batch) -> Result<Committed, CommitError> {
        self.commit_plan(Plan::new(iss, &batch)?).await
    }

    /// Hands a plan to the committer.
    pub(crate) async fn commit_plan(&self, plan: Plan) -> Result<Committed, CommitError> {
        let (reply, answer) = oneshot::channel();
        self.inner.driver.submit(Job::Batch { plan, reply, is_bulk: false })?;
        answer.await.map_err(|_| CommitError::Store(stopped()))?
    }

    /// Hands many plans to the committer, which others may overtake. Answers the last revision.
    pub(crate) async fn commit_bulk(&self, plans: Vec<Plan>) -> Result<Revision, CommitError> {
        let mut last = Revision::ZERO;
        let together = if self.takes_bulk() { BULK_PLANS } else { 1 };
        let mut plans = plans.into_iter().peekable();
        while plans.peek().is_some() {
            let mut answers = Vec::with_capacity(together);
            for plan in plans.by_ref().take(together) {
                let (reply, answer) = oneshot::channel();
                self.inner.driver.submit(Job::Batch { plan, reply, is_bulk: true })?;
                answers.push(answer);
            }
            for answer in answers {
                last = answer.await.map_err(|_| CommitError::Store(stopped()))??.revision;
            }
        }
        Ok(last)
    }

    /// Whether the committer puts as many plans of a bulk into one transaction as nobody minds.
    pub(crate) fn takes_bulk(&self) -> bool {
        self.inner.driver.engine() == Engine::Sqlite
    }

    /// Follows an issuer's head: the receiver holds the newest committed revision that this node
    /// knows of. Wake-ups coalesce, so read [`Store::log_after`] from what was applied last.
    #[must_use]
    pub fn subscribe(&self, iss: IssuerId) -> watch::Receiver<Revision> {
        self.inner.wakes.subscribe(Head::Issuer(iss))
    }

    /// Whether a thread of this process is writing to the database, or is about to. Who computes
    /// much meanwhile should yield its core now and then: see [`std::thread::yield_now`].
    #[must_use]
    pub fn is_writing(&self) -> bool {
        self.inner.driver.is_writing()
    }

    /// Runs statements of the store's own through the committer.
    pub(crate) async fn write(&self, steps: Vec<Step>) -> Result<Vec<Outcome>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.inner.driver.submit(Job::Plain { steps, reply })?;
        answer.await.map_err(|_| stopped())?
    }

    pub(crate) async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.inner.driver.query(sql, params).await
    }

    /// Begins to read at one snapshot.
    pub(crate) async fn read_session(&self) -> Result<Session, StoreError> {
        self.inner.driver.session().await
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.inner.clock.now()
    }

    pub(crate) fn permission_stores(&self) -> &Mutex<HashMap<(IssuerId, PermissionStoreId), i64>> {
        &self.inner.permission_stores
    }

    pub(crate) fn subscribe_head(&self, head: Head) -> watch::Receiver<Revision> {
        self.inner.wakes.subscribe(head)
    }

    pub(crate) fn publish_head(&self, head: Head, revision: u64) {
        self.inner.wakes.publish(head, Revision::new(revision));
    }

    pub(crate) fn cursors(&self) -> &Mutex<HashMap<IssuerId, Cursors>> {
        &self.inner.cursors
    }
}
