//! Broken connections, unknown outcomes, and too much at once.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use counterfoil_oauth::model::{Batch, Effect, GrantId, Revision, UserId};
use counterfoil_store::{CommitError, Engine, PostgresOptions, Store};
use counterfoil_testing::{postgres, scratch};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

use crate::ground::{Ground, Place, grant, kill_issuer, on_both, on_sqlite, runtime};

/// When the proxy cuts a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// Before the server hears of the commit.
    Before,
    /// After the server got it, so that only the answer is lost.
    After,
}

/// A proxy before a PostgreSQL socket that cuts the first so many connections at their commit.
fn proxy(real: String, front: &Path, cut: Cut, times: usize) -> Arc<AtomicUsize> {
    let listener = UnixListener::bind(front.join(".s.PGSQL.5432")).unwrap();
    let cuts = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&cuts);
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = UnixStream::connect(&real).await.unwrap();
            tokio::spawn(pass(client, server, cut, times, Arc::clone(&counter)));
        }
    });
    cuts
}

async fn pass(
    client: UnixStream,
    server: UnixStream,
    cut: Cut,
    times: usize,
    cuts: Arc<AtomicUsize>,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = tokio::spawn(async move {
        tokio::io::copy(&mut from_server, &mut to_client).await.ok();
    });
    let mut bytes = vec![0; 65_536];
    while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
        let sent = &bytes[..count];
        let commit = sent.windows(7).any(|window| window == b"COMMIT\0");
        let due = cuts.load(Ordering::SeqCst) < times;
        if commit && due {
            cuts.fetch_add(1, Ordering::SeqCst);
            back.abort();
            let _ = back.await;
            if cut == Cut::After {
                to_server.write_all(sent).await.unwrap();
            }
            return;
        }
        if to_server.write_all(sent).await.is_err() {
            return;
        }
    }
}

/// A commit whose connection breaks is looked up: what got through is acknowledged, what didn't is
/// sent again, and neither happens twice.
#[test]
fn a_commit_of_unknown_outcome_is_looked_up() {
    for cut in [Cut::Before, Cut::After] {
        runtime().block_on(async {
            let ground = Ground::new(Engine::Postgres).await.peopled().await;
            let Place::Postgres(url) = &ground.place else { panic!("PostgreSQL") };
            let front = scratch::Dir::new("proxy").unwrap();
            let socket = url.split('@').nth(1).unwrap().split('/').next().unwrap();
            let directory = socket.trim_end_matches(":5432").replace("%2F", "/");
            let real = format!("{directory}/.s.PGSQL.5432");
            let cuts = proxy(real, front.path(), cut, 1);
            let database = url.rsplit('/').next().unwrap();
            let socket = front.path().display().to_string().replace('/', "%2F");
            let url = format!("postgresql://postgres@{socket}/{database}");
            let store = Store::open_postgres(PostgresOptions::new(url)).await.unwrap();
            for id in 1..=3 {
                let batch = Batch {
                    effects: vec![Effect::InsertGrant(grant(id))],
                    changes: vec![kill_issuer()],
                    ..Batch::default()
                };
                let done = store.commit(ground.iss, batch).await.unwrap();
                assert_eq!(done.revision.get(), u64::try_from(id).unwrap(), "{cut:?}");
            }
            assert_eq!(cuts.load(Ordering::SeqCst), 1);
            assert_eq!(ground.grant_ids().await, [1, 2, 3]);
            let log = ground.store.log_after(ground.iss, Revision::ZERO, 9).await.unwrap();
            assert_eq!(log.len(), 3);
        });
    }
}

/// The server ends every connection; reads and commits go on.
#[test]
fn broken_connections_are_replaced() {
    runtime().block_on(async {
        let ground = Ground::new(Engine::Postgres).await.peopled().await;
        for id in 1..=3 {
            ground.apply(vec![Effect::InsertGrant(grant(id))]).await;
            assert!(ground.store.user(ground.iss, UserId::new(1)).await.unwrap().value.is_some());
            let Place::Postgres(url) = &ground.place else { panic!("PostgreSQL") };
            let database = url.rsplit('/').next().unwrap();
            let ended = postgres::shared().sql(
                "postgres",
                &format!(
                    "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity \
                     WHERE datname = '{database}'"
                ),
            );
            assert_ne!(ended, "0");
        }
        assert_eq!(ground.grant_ids().await, [1, 2, 3]);
        assert!(ground.store.grant(ground.iss, GrantId::new(3)).await.unwrap().value.is_some());
    });
}

/// While another holds the write lock, what doesn't fit the queue is refused and the rest waits.
#[test]
fn too_much_at_once_is_refused() {
    on_both(async |ground| {
        let held = Held::take(&ground).await;
        let refused = Arc::new(tokio::sync::Notify::new());
        let mut waiting = Vec::new();
        for _ in 0..4_300 {
            let (store, iss, refused) = (ground.store.clone(), ground.iss, Arc::clone(&refused));
            waiting.push(tokio::spawn(async move {
                match store.commit(iss, Batch::default()).await {
                    Ok(_) => true,
                    Err(CommitError::Overloaded) => {
                        refused.notify_one();
                        false
                    }
                    Err(other) => panic!("{other}"),
                }
            }));
        }
        // The lock is held until one is refused, so nothing was committed before.
        refused.notified().await;
        held.release().await;
        let mut done = 0;
        for commit in waiting {
            done += usize::from(commit.await.unwrap());
        }
        assert!(done >= 4_096, "{done}");
        ground.apply(vec![]).await;
    });
}

/// Whoever shares a core with the thread that writes can tell when it wants it: from when a batch was
/// handed over until nothing is left to do.
#[test]
fn a_writer_at_work_is_noticed() {
    on_sqlite(async |ground| {
        let held = Held::take(&ground).await;
        let (store, iss) = (ground.store.clone(), ground.iss);
        let waiting = tokio::spawn(async move { store.commit(iss, Batch::default()).await });
        while !ground.store.is_writing() {
            tokio::task::yield_now().await;
        }
        held.release().await;
        waiting.await.unwrap().unwrap();
        while ground.store.is_writing() {
            tokio::task::yield_now().await;
        }
    });
}

/// A foreign connection that holds the lock which every commit needs.
enum Held {
    Sqlite(rusqlite::Connection),
    Postgres(tokio_postgres::Client),
}

impl Held {
    async fn take(ground: &Ground) -> Self {
        match &ground.place {
            Place::Sqlite(dir) => {
                let connection = rusqlite::Connection::open(dir.join("store.db")).unwrap();
                connection.execute_batch("BEGIN IMMEDIATE").unwrap();
                Self::Sqlite(connection)
            }
            Place::Postgres(url) => {
                let connected = tokio_postgres::connect(url, tokio_postgres::NoTls).await;
                let (client, connection) = connected.unwrap();
                tokio::spawn(connection);
                client.batch_execute("BEGIN; SELECT 1 FROM issuers FOR UPDATE").await.unwrap();
                Self::Postgres(client)
            }
        }
    }

    async fn release(self) {
        match self {
            Self::Sqlite(connection) => connection.execute_batch("ROLLBACK").unwrap(),
            Self::Postgres(client) => client.batch_execute("ROLLBACK").await.unwrap(),
        }
    }
}
