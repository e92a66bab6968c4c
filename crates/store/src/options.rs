use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use counterfoil_jose::UnixTime;

/// Where the store reads the time that log rows bear.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> UnixTime + Send + Sync>);

impl Clock {
    /// A clock of the caller's, for tests that fix the time.
    pub fn new(read: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// The machine's wall clock.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|| {
            #[expect(clippy::disallowed_methods, reason = "the store's one door to the clock")]
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            UnixTime::from_secs(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
        })
    }

    pub(crate) fn now(&self) -> UnixTime {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock(…)")
    }
}

/// How to open a SQLite file.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// Bring the schema up to date; otherwise an old one is an error.
    pub migrate: bool,
    /// How many connections read beside the one that writes, 1 to 64.
    pub readers: usize,
    /// How long to wait for another process that holds the file's write lock.
    pub busy_timeout: Duration,
    /// Where log rows get their time.
    pub clock: Clock,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            migrate: true,
            readers: 4,
            busy_timeout: Duration::from_secs(5),
            clock: Clock::default(),
        }
    }
}

/// How to reach a PostgreSQL server, 15 or newer.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgresql://user:password@host1,host2/database?target_session_attrs=read-write` or
    /// key-value form. A socket directory goes into `host=`.
    pub url: String,
    /// How to speak TLS. Without it only socket directories, loopback addresses and an explicit
    /// `sslmode=disable` are accepted; with it a server that can't speak TLS is refused.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// How many connections read, 1 to 256. Two more commit and listen.
    pub readers: usize,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// Bring the schema up to date; otherwise an old one is an error.
    pub migrate: bool,
    /// Where log rows get their time.
    pub clock: Clock,
}

impl PostgresOptions {
    /// Options with defaults for a server at this URL.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            tls: None,
            readers: 8,
            connect_timeout: Duration::from_secs(5),
            migrate: true,
            clock: Clock::default(),
        }
    }
}

/// Leaves out the URL, which may hold a password.
impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("tls", &self.tls.is_some())
            .field("readers", &self.readers)
            .field("migrate", &self.migrate)
            .finish_non_exhaustive()
    }
}
