//! Connecting, checking the server, and its schema.

use std::net::IpAddr;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::TlsStream;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::wire::Trouble;
use crate::StoreError;
use crate::migrate::{self, Applied, Engine, Migration};
use crate::options::PostgresOptions;

/// The oldest server, as `server_version_num` gives it.
const OLDEST_VERSION: i64 = 150_000;

/// The advisory lock that concurrent starters take while they migrate: "counterf" as a number.
const MIGRATION_LOCK: i64 = 0x636f_756e_7465_7266;

/// After how long without an acknowledgement of bytes sent a connection counts as broken, so that a
/// vanished server doesn't hold the committer for minutes.
const SILENCE: Duration = Duration::from_secs(10);

/// How to reach the server.
#[derive(Clone)]
pub(super) struct Connector {
    config: Config,
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl Connector {
    pub(super) fn new(options: &PostgresOptions) -> Result<Self, StoreError> {
        // The parser's message doesn't repeat the URL, which may hold a password.
        let mut config = Config::from_str(&options.url)
            .map_err(|error| StoreError::Options(format!("the database URL: {error}")))?;
        let wanted = config.get_ssl_mode();
        let tls = match &options.tls {
            _ if sockets_only(&config) => None,
            None if wanted == SslMode::Disable || local_only(&config) => None,
            None => {
                let why = "a remote database needs TLS, or `sslmode=disable` in the URL";
                return Err(StoreError::Options(why.to_owned()));
            }
            Some(tls) => Some(Arc::clone(tls)),
        };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.tcp_user_timeout(SILENCE);
        config.keepalives_idle(SILENCE);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(options.connect_timeout);
        }
        if config.get_application_name().is_none() {
            config.application_name("counterfoil");
        }
        Ok(Self { config, tls })
    }

    pub(super) const fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn tls(&self) -> Option<rustls::ClientConfig> {
        self.tls.as_deref().cloned()
    }

    /// Opens one connection; notifications ring the bell.
    pub(super) async fn connect(&self, bell: Option<Arc<Notify>>) -> Result<Client, StoreError> {
        let failed = |error| match Trouble::from(error) {
            Trouble::Store(StoreError::Engine(why)) => StoreError::Unavailable(why),
            other => other.into_store_error(),
        };
        match self.tls() {
            None => {
                let (client, connection) = self.config.connect(NoTls).await.map_err(failed)?;
                tokio::spawn(drive(connection, bell));
                Ok(client)
            }
            Some(tls) => {
                let tls = MakeRustlsConnect::new(tls);
                let (client, connection) = self.config.connect(tls).await.map_err(failed)?;
                tokio::spawn(drive(connection, bell));
                Ok(client)
            }
        }
    }
}

/// Whether every host is a socket directory.
fn sockets_only(config: &Config) -> bool {
    !config.get_hosts().is_empty()
        && config.get_hostaddrs().is_empty()
        && config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)))
}

/// Whether every host is this machine.
fn local_only(config: &Config) -> bool {
    let local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
    };
    config.get_hostaddrs().iter().all(IpAddr::is_loopback) && config.get_hosts().iter().all(local)
}

/// Moves bytes until the connection ends.
async fn drive<S, T>(mut connection: Connection<S, T>, bell: Option<Arc<Notify>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: TlsStream + Unpin,
{
    loop {
        match std::future::poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notification(_))) => {
                if let Some(bell) = &bell {
                    bell.notify_one();
                }
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                tracing::warn!(%error, "a database connection broke");
                return;
            }
            None => return,
        }
    }
}

/// Refuses a server that is too old or that may forget what it has acknowledged, and returns what
/// was read back.
pub(super) async fn check_server(
    client: &Client,
) -> Result<Vec<(&'static str, String)>, StoreError> {
    let mut settings = Vec::new();
    for (setting, wanted) in [
        ("server_version_num", ""),
        ("server_encoding", "UTF8"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", ""),
    ] {
        let row = client
            .query_one(&format!("SHOW {setting}"), &[])
            .await
            .map_err(|error| Trouble::from(error).into_store_error())?;
        let found: String =
            row.try_get(0).map_err(|error| Trouble::from(error).into_store_error())?;
        // Every other level of `synchronous_commit` waits at least for the local log.
        let fits = match setting {
            "synchronous_commit" => found != "off",
            _ => wanted.is_empty() || found == wanted,
        };
        if !fits {
            return Err(StoreError::UnsafeSetting { setting, found, wanted });
        }
        let too_old = found.parse().is_ok_and(|version: i64| version < OLDEST_VERSION);
        if setting == "server_version_num" && too_old {
            let found = format!("PostgreSQL {found}");
            return Err(StoreError::EngineTooOld { found, wanted: "PostgreSQL 15" });
        }
        settings.push((setting, found));
    }
    Ok(settings)
}

/// Applies the missing steps under a lock, so that concurrent starters take turns.
pub(super) async fn apply(
    client: &mut Client,
    options: &PostgresOptions,
) -> Result<(), StoreError> {
    let missing = missing(client).await?;
    if missing.is_empty() {
        return Ok(());
    }
    if !options.migrate {
        return Err(StoreError::MigrationsPending(migrate::titles(missing)));
    }
    apply_locked(client, options.clock.now().as_secs()).await
}

async fn apply_locked(client: &mut Client, now: i64) -> Result<(), StoreError> {
    let failed = |error| Trouble::from(error).into_store_error();
    let transaction = client.transaction().await.map_err(failed)?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK])
        .await
        .map_err(failed)?;
    transaction.batch_execute(migrate::CREATE_HISTORY).await.map_err(failed)?;
    for step in self::missing(transaction.client()).await? {
        transaction.batch_execute(step.text(Engine::Postgres)).await.map_err(failed)?;
        let checksum = step.checksum(Engine::Postgres);
        transaction
            .execute(migrate::WRITE_HISTORY, &[&step.number, &step.name(), &checksum, &now])
            .await
            .map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}

pub(super) async fn missing(client: &Client) -> Result<&'static [Migration], StoreError> {
    let failed = |error| Trouble::from(error).into_store_error();
    let known = client
        .query_one("SELECT to_regclass('schema_migrations') IS NOT NULL", &[])
        .await
        .map_err(failed)?;
    let mut applied = Vec::new();
    if known.try_get(0).map_err(failed)? {
        for row in client.query(migrate::READ_HISTORY, &[]).await.map_err(failed)? {
            applied.push(Applied {
                number: row.try_get(0).map_err(failed)?,
                name: row.try_get(1).map_err(failed)?,
                checksum: row.try_get(2).map_err(failed)?,
            });
        }
    }
    migrate::pending(Engine::Postgres, &applied)
}
