//! `kill -9` under load loses no write that was acknowledged.

use std::collections::BTreeMap;

use counterfoil_permission::tuple::Tuple;
use counterfoil_store::Engine;
use counterfoil_store::permission::{PermissionStoreId, StoreRevision, TupleFilter, WriteTuples};

use super::ground::Shop;
use crate::ground::{Ground, runtime};
use crate::killed::{Child, acknowledge};

const CHILD: Child =
    Child { test: "permission::durability::child", variable: "COUNTERFOIL_PERMISSION_CHILD" };
const WRITERS: i64 = 16;

fn shop_id() -> PermissionStoreId {
    PermissionStoreId::new(1_800_000_000_000, [1; 10])
}

/// A write of two tuples, which must stand or fall together.
fn write(number: i64) -> WriteTuples {
    let tuple = |relation| Tuple::parse(&format!("order:{number}"), relation, "user:a").unwrap();
    WriteTuples { writes: vec![tuple("reader"), tuple("owner")], ..WriteTuples::default() }
}

/// Writes and acknowledges until it is killed (or, as an ordinary test, a few times).
#[test]
fn child() {
    runtime().block_on(async {
        let told = CHILD.told().await;
        let speak = told.is_some();
        let (db, base, most) = match told {
            None => (Shop::new(Ground::new(Engine::Sqlite).await).await.db, 0, 2),
            Some(told) => (told.store.permissions(told.iss), told.base, 1_000),
        };
        let mut writers = Vec::new();
        for writer in 1..=WRITERS {
            let db = db.clone();
            writers.push(tokio::spawn(async move {
                for turn in 0..most {
                    let number: i64 = base + turn * 100 + writer;
                    let revision = db.write_tuples(shop_id(), write(number)).await.unwrap();
                    if speak {
                        acknowledge(number, revision.get());
                    }
                }
            }));
        }
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

/// Every acknowledged write is whole and in the log at its revision, the log is dense, and log and
/// rows say the same.
async fn nothing_is_lost(shop: &Shop, acknowledged: &BTreeMap<i64, u64>) {
    let mut logged = BTreeMap::new();
    let mut after = StoreRevision::ZERO;
    loop {
        let rows = shop.db.log_after(shop.id, after, 1_000).await.unwrap();
        let Some(last) = rows.last() else { break };
        after = last.revision;
        for row in rows {
            assert_eq!(row.ops.len(), 2, "half a write at {}", row.revision);
            let counterfoil_store::permission::Op::Write(tuple) = &row.ops[0] else { panic!() };
            logged.insert(tuple.object().id().parse::<i64>().unwrap(), row.revision.get());
        }
    }
    assert_eq!(after.get(), logged.len() as u64);
    for (number, revision) in acknowledged {
        assert_eq!(logged.get(number), Some(revision), "write {number} was acknowledged");
    }
    let (mut stored, mut next) = (0, None);
    loop {
        let filter = TupleFilter::default();
        let page = shop.db.read_tuples(shop.id, &filter, next.as_ref(), 1_000).await.unwrap();
        stored += page.tuples.len();
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(stored, 2 * logged.len());
}

#[test]
fn a_killed_server_loses_nothing_acknowledged() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let runtime = runtime();
        let shop = runtime.block_on(async { Shop::new(Ground::new(engine).await).await });
        assert_eq!(shop.id, shop_id());
        let mut all = BTreeMap::new();
        for (round, acknowledgements) in (1..).zip([1, 40, 170]) {
            all.extend(CHILD.killed(&shop.ground.place, round * 1_000_000, acknowledgements));
            runtime.block_on(async {
                let store = shop.ground.place.open().await;
                let again = Shop { db: store.permissions(shop.ground.iss), ..shop.clone() };
                nothing_is_lost(&again, &all).await;
                let number = round * 1_000_000 + 999_999;
                let revision = again.db.write_tuples(again.id, write(number)).await.unwrap();
                all.insert(number, revision.get());
            });
        }
    }
}
