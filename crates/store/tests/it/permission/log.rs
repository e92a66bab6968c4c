use counterfoil_permission::tuple::TypeName;
use counterfoil_store::StoreError;
use counterfoil_store::permission::{ModelId, StoreRevision};

use super::ground::{Shop, show_op};
use crate::ground::{NOW, on_both};

#[test]
fn changes_are_paged_by_type_in_commit_order() {
    on_both(async |ground| {
        let shop = Shop::new(ground).await;
        for turn in 0..5 {
            let tuples = [
                format!("order:{turn}#reader@user:a"),
                format!("folder:{turn}#reader@user:a"),
                format!("order:{turn}#owner@user:a"),
            ];
            let tuples: Vec<&str> = tuples.iter().map(String::as_str).collect();
            shop.write(&tuples, &[]).await.unwrap();
            let id = ModelId::new(turn, [0; 10]);
            shop.db.write_model(shop.id, id, "{}", NOW).await.unwrap();
        }
        shop.write(&[], &["order:0#reader@user:a"]).await.unwrap();
        let all: Vec<String> =
            shop.log().await.into_iter().filter(|line| !line.contains("model")).collect();
        assert_eq!(all.len(), 16);
        for of in [None, Some("order"), Some("folder"), Some("nothing")] {
            let type_name = of.map(|of| TypeName::parse(of).unwrap());
            let expected: Vec<&String> = all
                .iter()
                .filter(|line| of.is_none_or(|of| line.contains(&format!(" {of}:"))))
                .collect();
            for limit in [1, 2, 3, 100] {
                let mut found = Vec::new();
                let mut after = (StoreRevision::ZERO, 0);
                loop {
                    let page =
                        shop.db.changes(shop.id, after, type_name.as_ref(), limit).await.unwrap();
                    assert!(page.changes.len() <= limit);
                    assert!(page.end || page.changes.len() == limit, "short only at the end");
                    let lines = page.changes.iter();
                    found.extend(lines.map(|(at, _, op)| format!("{at} {}", show_op(op))));
                    after = page.next;
                    if page.end {
                        break;
                    }
                }
                assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{of:?} by {limit}");
                // What comes later is found from there.
                assert_eq!(after, (StoreRevision::new(11), 0));
            }
        }
    });
}

#[test]
fn the_log_begins_where_it_is_asked_and_refuses_a_gap() {
    on_both(async |ground| {
        let shop = Shop::new(ground).await;
        assert_eq!(shop.db.log_after(shop.id, StoreRevision::ZERO, 9).await.unwrap(), []);
        for turn in 0..4 {
            shop.write(&[&format!("order:{turn}#reader@user:a")], &[]).await.unwrap();
        }
        let after = |from| shop.db.log_after(shop.id, StoreRevision::new(from), 2);
        let revisions = async |from| {
            let rows = after(from).await.unwrap();
            rows.iter().map(|row| row.revision.get()).collect::<Vec<_>>()
        };
        assert_eq!(revisions(0).await, [1, 2]);
        assert_eq!(revisions(3).await, [4]);
        assert_eq!(revisions(4).await, [0; 0]);
        assert!(matches!(after(5).await, Err(StoreError::LogGap { .. })), "ahead of the head");
        shop.ground.place.sql("DELETE FROM permission_log WHERE revision = 1").await;
        assert!(matches!(after(0).await, Err(StoreError::LogGap { .. })));
        let before =
            async |secs| shop.db.revision_before(shop.id, NOW.plus_secs(secs)).await.unwrap().get();
        assert_eq!((before(0).await, before(1).await), (0, 4));
    });
}

#[test]
fn a_head_wakes_its_own_readers_alone() {
    on_both(async |ground| {
        let shop = Shop::new(ground.clone()).await;
        let other = Shop::numbered(ground.clone(), 2).await;
        let mut head = shop.db.subscribe(shop.id).await.unwrap();
        let others = other.db.subscribe(other.id).await.unwrap();
        let issuers = ground.store.subscribe(ground.iss);
        shop.write(&["order:1#reader@user:a"], &[]).await.unwrap();
        head.wait_for(|head| head.get() == 1).await.unwrap();
        assert_eq!(others.borrow().get(), 0);
        assert_eq!(issuers.borrow().get(), 0);
        assert_eq!(other.db.head(other.id).await.unwrap(), StoreRevision::ZERO);
        other.write(&["order:1#reader@user:a"], &[]).await.unwrap();
        assert_eq!(other.log().await, ["1 + order:1#reader@user:a"], "numbered by itself");
    });
}

#[test]
fn another_node_hears_of_a_write() {
    let runtime = crate::ground::runtime();
    runtime.block_on(async {
        let engine = counterfoil_store::Engine::Postgres;
        let shop = Shop::new(crate::ground::Ground::new(engine).await).await;
        let other = shop.ground.place.open().await;
        let mut head = other.permissions(shop.ground.iss).subscribe(shop.id).await.unwrap();
        let revision = shop.write(&["order:1#reader@user:a"], &[]).await.unwrap();
        head.wait_for(|head| head.get() == revision).await.unwrap();
    });
}
