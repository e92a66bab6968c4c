//! `kill -9` under load loses nothing that was acknowledged, on both engines.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use counterfoil_oauth::model::{Batch, Effect, GrantId, IssuerId, Revision, Target};
use counterfoil_store::{CommitError, Engine, PostgresOptions, Store, StoreError};
use counterfoil_testing::postgres;

use crate::ground::{Ground, Place, grant, kill, runtime};
use crate::killed::{Child, acknowledge};

const CHILD: Child = Child { test: "durability::child", variable: "COUNTERFOIL_STORE_CHILD" };
const WRITERS: i64 = 16;

/// A grant with one change about it: the row and the log must stand or fall together.
fn batch(id: i64) -> Batch {
    Batch {
        effects: vec![Effect::InsertGrant(grant(id))],
        changes: vec![kill(Target::Grant(GrantId::new(id)))],
        ..Batch::default()
    }
}

/// Writes and acknowledges until it is killed (or, as an ordinary test, a few times).
#[test]
fn child() {
    runtime().block_on(async {
        let told = CHILD.told().await;
        let speak = told.is_some();
        let (store, iss, base, most) = match told {
            None => {
                let ground = Ground::new(Engine::Sqlite).await.peopled().await;
                (ground.store, ground.iss, 0, 2)
            }
            Some(told) => (told.store, told.iss, told.base, 1_000),
        };
        let mut writers = Vec::new();
        for writer in 1..=WRITERS {
            let store = store.clone();
            writers.push(tokio::spawn(async move {
                for turn in 0..most {
                    let id: i64 = base + turn * 100 + writer;
                    let done = store.commit(iss, batch(id)).await.unwrap();
                    if speak {
                        acknowledge(id, done.revision.get());
                    }
                }
            }));
        }
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

/// Every acknowledged grant is there with its log row at its revision; the log is dense; and no
/// grant is there without its log row, nor the other way round.
async fn nothing_is_lost(store: &Store, iss: IssuerId, acknowledged: &BTreeMap<i64, u64>) {
    let head = store.head(iss).await.unwrap().revision;
    let mut logged = BTreeMap::new();
    let mut after = Revision::ZERO;
    while after < head {
        for entry in store.log_after(iss, after, 1_000).await.unwrap() {
            assert_eq!(entry.revision.get(), after.get() + 1);
            after = entry.revision;
            let Target::Grant(id) = entry.change.target else { panic!("a grant") };
            logged.insert(id.get(), after.get());
            assert!(store.grant(iss, id).await.unwrap().value.is_some(), "{id:?} has no row");
        }
    }
    for (id, revision) in acknowledged {
        assert_eq!(logged.get(id), Some(revision), "grant {id} was acknowledged");
    }
    let mut stored = 0;
    let mut last = None;
    loop {
        let page = store.grants(iss, &Default::default(), last, 200).await.unwrap().value;
        let Some(end) = page.last() else { break };
        last = Some(end.id);
        stored += page.len();
    }
    assert_eq!(stored, logged.len());
}

#[test]
fn a_killed_server_loses_nothing_acknowledged() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let runtime = runtime();
        let ground = runtime.block_on(async { Ground::new(engine).await.peopled().await });
        let mut all = BTreeMap::new();
        // Odd moments: at once, within the first groups, and in full run.
        for (round, acknowledgements) in (1..).zip([1, 23, 150, 61]) {
            all.extend(CHILD.killed(&ground.place, round * 1_000_000, acknowledgements));
            runtime.block_on(async {
                let again = ground.place.open().await;
                nothing_is_lost(&again, ground.iss, &all).await;
                // And it can be written again.
                let id = round * 1_000_000 + 999_999;
                let done = again.commit(ground.iss, batch(id)).await.unwrap();
                all.insert(id, done.revision.get());
            });
        }
    }
}

/// The postmaster dies under load and comes back: what was acknowledged is there, what was reported
/// as not written is not, and the same store goes on by itself.
#[test]
fn a_killed_postgresql_loses_nothing_acknowledged() {
    let server = postgres::Server::start();
    runtime().block_on(async {
        let url = server.fresh_database();
        let store = Store::open_postgres(PostgresOptions::new(&url)).await.unwrap();
        let iss = store.ensure_issuer("https://id.example").await.unwrap().id;
        let ground = Ground { store, iss, place: Place::Postgres(url) }.peopled().await;
        let acknowledged = Arc::new(Mutex::new(BTreeMap::new()));
        let refused = Arc::new(Mutex::new(Vec::new()));
        let ids = Arc::new(AtomicI64::new(1));
        let mut writers = Vec::new();
        for _ in 0..WRITERS {
            let (store, ids) = (ground.store.clone(), Arc::clone(&ids));
            let (acknowledged, refused) = (Arc::clone(&acknowledged), Arc::clone(&refused));
            writers.push(tokio::spawn(async move {
                let mut done = 0;
                while done < 30 {
                    let id = ids.fetch_add(1, Ordering::Relaxed);
                    match store.commit(iss, batch(id)).await {
                        Ok(committed) => {
                            acknowledged.lock().unwrap().insert(id, committed.revision.get());
                            done += 1;
                        }
                        Err(CommitError::Store(StoreError::Unavailable(_))) => {
                            refused.lock().unwrap().push(id);
                            tokio::task::yield_now().await;
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
            }));
        }
        let mut head = ground.store.subscribe(iss);
        head.wait_for(|head| head.get() >= 100).await.unwrap();
        tokio::task::block_in_place(|| {
            server.kill();
            server.restart();
        });
        for writer in writers {
            writer.await.unwrap();
        }
        let acknowledged = acknowledged.lock().unwrap().clone();
        assert_eq!(acknowledged.len(), 480);
        nothing_is_lost(&ground.store, iss, &acknowledged).await;
        let refused = refused.lock().unwrap().clone();
        for id in refused {
            let found = ground.store.grant(iss, GrantId::new(id)).await.unwrap().value;
            assert!(found.is_none(), "grant {id} was reported as not written");
        }
    });
}
