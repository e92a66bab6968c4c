use counterfoil_permission::language;
use counterfoil_store::{
    Engine,
    permission::{ModelId, Op, StoreRevision},
};
use tokio::task::JoinSet;

use super::ground::{MODEL, NOW, on, on_both, request};
use crate::permissions::live::{Consistency, PermissionError, PermissionOptions, Resolver};

#[test]
fn a_write_is_seen_by_whoever_asks_after_it() {
    on_both(async |ground| {
        let store = ground.shop(1, MODEL).await;
        let node = ground.node(ground.options());
        let mut loaded = 0;
        // While it is loaded, and after.
        for turn in 0..150 {
            let shared = format!("order:{turn}#reader@user:a");
            let revision = node.write(store, &[&shared], &[]).await;
            let world = node.world(store).await;
            loaded += usize::from(world.is_loaded());
            assert!(world.revision() >= revision);
            assert!(node.allows(store, &shared).await, "{shared}");
            node.write(store, &[], &[&shared]).await;
            assert!(!node.allows(store, &shared).await, "{shared} is gone");
        }
        assert!(loaded > 0);
    });
}

#[test]
fn no_reader_sees_half_a_write() {
    on_both(async |ground| {
        let store = ground.shop(1, MODEL).await;
        let node = ground.node(ground.options());
        let sides = ["order:1#reader@user:a", "order:2#reader@user:a"];
        node.write(store, &[sides[0]], &[]).await;
        node.loaded(store).await;
        let live = node.live.clone();
        let writer = tokio::spawn(async move {
            for turn in 0..120 {
                let (from, to) = (sides[turn % 2], sides[(turn + 1) % 2]);
                live.write(store, request(&[to], &[from])).await.unwrap();
            }
        });
        let mut seen = [0, 0];
        while !writer.is_finished() {
            let world = node.world(store).await;
            let mut allowed = [false, false];
            for (side, allowed) in sides.iter().zip(&mut allowed) {
                let decision = node.decision(&world, store, side).await;
                *allowed = decision == counterfoil_permission::check::Decision::Allow;
            }
            assert!(allowed[0] != allowed[1], "at {}", world.revision());
            seen[usize::from(allowed[1])] += 1;
            tokio::task::yield_now().await;
        }
        writer.await.unwrap();
        assert!(seen[0] + seen[1] > 0);
    });
}

#[test]
fn another_node_is_as_fresh_as_it_is_told() {
    on(Engine::Postgres, &async |ground| {
        let store = ground.shop(1, MODEL).await;
        let (one, two) = (ground.node(ground.options()), ground.other_node().await);
        one.loaded(store).await;
        two.loaded(store).await;
        for turn in 0..40 {
            let shared = format!("order:{turn}#reader@user:a");
            let (here, there) = if turn % 2 == 0 { (&one, &two) } else { (&two, &one) };
            let revision = here.write(store, &[&shared], &[]).await;
            let fresh = Consistency::AtLeastAsFresh(revision);
            assert!(there.allows_at(store, fresh, &shared).await.unwrap());
            here.write(store, &[], &[&shared]).await;
            assert!(!there.allows_at(store, Consistency::Full, &shared).await.unwrap());
        }
        // A model written there is the latest here.
        let model = language::parse("model\n  schema 1.1\ntype user").unwrap();
        let id = ModelId::new(9, [9; 10]);
        let revision =
            two.live.write_model((store, id, Resolver::Released), &model, NOW).await.unwrap();
        one.live.world(store, Consistency::AtLeastAsFresh(revision)).await.unwrap();
        assert_eq!(one.model(store).await.id, id);
    });
}

#[test]
fn a_revision_that_is_not_there_is_refused() {
    on_both(async |ground| {
        let store = ground.shop(1, MODEL).await;
        let node = ground.node(ground.options());
        for loaded in [false, true] {
            if loaded {
                node.loaded(store).await;
            }
            let head = node.world(store).await.revision();
            let ahead = StoreRevision::new(head.get() + 5);
            for consistency in [Consistency::AtLeastAsFresh(ahead), Consistency::Exact(ahead)] {
                match node.live.world(store, consistency).await.err() {
                    Some(PermissionError::NotFresh { asked, found }) => {
                        assert_eq!((asked, found), (ahead, head));
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    });
}

#[test]
fn the_newest_revisions_can_be_asked_about_exactly() {
    on_both(async |ground| {
        let store = ground.shop(1, MODEL).await;
        let node = ground.node(ground.options());
        let first = node.loaded(store).await.revision();
        let sides = ["order:1#reader@user:a", "order:2#reader@user:a"];
        let mut revisions = vec![node.write(store, &[sides[0]], &[]).await];
        for turn in 0..700 {
            let (from, to) = (sides[turn % 2], sides[(turn + 1) % 2]);
            revisions.push(node.write(store, &[to], &[from]).await);
        }
        let mut kept = 0;
        for (turn, revision) in revisions.iter().enumerate() {
            match node.allows_at(store, Consistency::Exact(*revision), sides[turn % 2]).await {
                Ok(allowed) => {
                    assert!(allowed, "at {revision}");
                    kept += 1;
                }
                Err(PermissionError::NotKept { asked, oldest }) => {
                    assert!(asked == *revision && asked < oldest);
                }
                Err(other) => panic!("{other}"),
            }
        }
        assert!(kept >= super::super::recent::REVISIONS_MAX / 2, "{kept} kept");
        assert!(node.live.world(store, Consistency::Exact(first)).await.is_err());
    });
}

#[test]
fn a_graph_is_laid_out_anew_while_it_is_written() {
    on(Engine::Sqlite, &async |ground| {
        let store = ground.shop(1, MODEL).await;
        let node = ground.node(ground.options());
        node.loaded(store).await;
        let mut tasks = JoinSet::new();
        for writer in 0..8 {
            let live = node.live.clone();
            tasks.spawn(async move {
                for turn in 0..40 {
                    let tuples: Vec<String> =
                        (0..10).map(|n| format!("order:{writer}-{turn}#reader@user:{n}")).collect();
                    let tuples: Vec<&str> = tuples.iter().map(String::as_str).collect();
                    live.write(store, request(&tuples, &[])).await.unwrap();
                }
            });
        }
        while tasks.join_next().await.is_some() {}
        // It is done when it is done: the answers are right all along.
        while node.metrics.merged.get() == 0 {
            assert!(node.allows(store, "order:7-39#reader@user:9").await);
            tokio::task::yield_now().await;
        }
        for writer in 0..8 {
            for turn in 0..40 {
                assert!(node.allows(store, &format!("order:{writer}-{turn}#reader@user:5")).await);
            }
        }
        assert!(!node.allows(store, "order:8-0#reader@user:5").await);
    });
}

#[test]
fn a_watcher_neither_misses_nor_repeats_a_change() {
    on_both(async |ground| {
        let store = ground.shop(1, MODEL).await;
        let node = ground.node(ground.options());
        let start = node.world(store).await.revision();
        let mut applied = node.live.watch(store).await.unwrap();
        let mut tasks = JoinSet::new();
        for writer in 0..6 {
            let live = node.live.clone();
            tasks.spawn(async move {
                for turn in 0..50 {
                    let tuples = [
                        format!("order:{writer}-{turn}#reader@user:a"),
                        format!("order:{writer}-{turn}#owner@user:b"),
                    ];
                    let tuples: Vec<&str> = tuples.iter().map(String::as_str).collect();
                    live.write(store, request(&tuples, &[])).await.unwrap();
                }
            });
        }
        let mut heard = Vec::new();
        let mut after = (start, 0);
        while heard.len() < 600 {
            applied.changed().await.unwrap();
            let upto = *applied.borrow_and_update();
            loop {
                let page = node.live.db().changes(store, after, None, 7).await.unwrap();
                after = page.next;
                heard.extend(page.changes.into_iter().map(|(at, _, op)| match op {
                    Op::Write(tuple) => (at, tuple.to_string()),
                    other => panic!("{other:?}"),
                }));
                if page.end {
                    assert!(after.0 >= upto, "told of what is not in the log");
                    break;
                }
            }
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        assert!(heard.is_sorted_by_key(|(at, _)| *at), "in the order of commits");
        let mut all: Vec<&String> = heard.iter().map(|(_, tuple)| tuple).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!((heard.len(), all.len()), (600, 600));
    });
}

#[test]
fn what_has_no_room_is_answered_from_the_database() {
    on(Engine::Sqlite, &async |ground| {
        let stores = [ground.shop(1, MODEL).await, ground.shop(2, MODEL).await];
        // Room for 25 tuples.
        let options = PermissionOptions { memory_bytes: 2_500, ..ground.options() };
        let node = ground.node(options);
        for store in stores {
            for turn in 0..20 {
                node.write(store, &[&format!("order:{turn}#reader@user:a")], &[]).await;
            }
        }
        node.loaded(stores[0]).await;
        // The second store finds no room, as long as the first is asked about.
        while node.metrics.backed_stores.get() == 0 {
            assert!(!node.world(stores[1]).await.is_loaded());
        }
        assert!(node.allows(stores[1], "order:19#reader@user:a").await);
        assert!(node.metrics.backed.get() > 0);
        // Nobody asks about the first for a while: it makes room.
        ground.hand.forward(120_000);
        node.loaded(stores[1]).await;
        assert_eq!(node.metrics.evicted.get(), 1);
        assert!(!node.world(stores[0]).await.is_loaded());
        assert!(node.allows(stores[0], "order:19#reader@user:a").await);
        // One that grows beyond all room goes back to the database, and is watched all the same.
        let mut applied = node.live.watch(stores[1]).await.unwrap();
        let mut last = StoreRevision::ZERO;
        for turn in 20..60 {
            let shared = format!("order:{turn}#reader@user:a");
            last = node.write(stores[1], &[&shared], &[]).await;
            assert!(node.allows(stores[1], &shared).await);
        }
        applied.wait_for(|at| *at >= last).await.unwrap();
        assert!(!node.world(stores[1]).await.is_loaded());
    });
}

#[test]
fn a_deleted_store_is_gone_at_once() {
    on_both(async |ground| {
        let store = ground.shop(1, MODEL).await;
        let node = ground.node(ground.options());
        node.write(store, &["order:1#reader@user:a"], &[]).await;
        node.loaded(store).await;
        let mut applied = node.live.watch(store).await.unwrap();
        node.live.delete_store(store, NOW).await.unwrap();
        let asked = node.live.world(store, Consistency::MinimizeLatency).await.err();
        assert!(matches!(asked, Some(PermissionError::UnknownStore)), "{asked:?}");
        // What watches it ends.
        while applied.changed().await.is_ok() {}
        node.live.sweep(NOW).await.unwrap();
        let unknown = ground.shop(2, MODEL).await;
        assert!(node.world(unknown).await.revision() > StoreRevision::ZERO);
    });
}

#[test]
fn what_expires_is_swept_and_the_graph_follows() {
    on_both(async |ground| {
        let store = ground.shop(1, MODEL).await;
        let node = ground.node(ground.options());
        node.loaded(store).await;
        let mut write = request(&["order:1#reader@user:a", "order:1#reader@user:b"], &[]);
        write.writes[0] = write.writes[0].clone().with_expiry(1_700_000_000);
        let written = node.live.write(store, write).await.unwrap();
        let mut applied = node.live.watch(store).await.unwrap();
        node.live.sweep(NOW).await.unwrap();
        applied.wait_for(|at| *at > written).await.unwrap();
        assert!(!node.allows(store, "order:1#reader@user:a").await);
        assert!(node.allows(store, "order:1#reader@user:b").await);
    });
}
