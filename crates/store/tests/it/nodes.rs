//! Issuers, epochs, nodes and leases.

use counterfoil_oauth::model::Revision;
use counterfoil_store::{NodeRow, StoreError};

use crate::ground::on_both;

#[test]
fn an_issuer_is_made_once() {
    on_both(async |ground| {
        let mut racers = Vec::new();
        for racer in 0..32 {
            let store = ground.store.clone();
            let url = format!("https://{}.example", racer % 4);
            racers.push(tokio::spawn(async move { store.ensure_issuer(&url).await.unwrap() }));
        }
        let mut ids = Vec::new();
        for racer in racers {
            let head = racer.await.unwrap();
            assert_eq!((head.epoch, head.revision), (1, Revision::ZERO));
            ids.push(head.id);
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 4);
        assert_eq!(ground.store.issuers().await.unwrap().len(), 5);
        for odd in [String::new(), "a\0".to_owned(), "a".repeat(2_000)] {
            let refused = ground.store.ensure_issuer(&odd).await;
            assert!(matches!(refused, Err(StoreError::Unstorable(_))));
        }
    });
}

#[test]
fn an_epoch_is_raised() {
    on_both(async |ground| {
        let (store, iss) = (&ground.store, ground.iss);
        assert_eq!(store.raise_epoch(iss).await.unwrap(), 2);
        assert_eq!(store.raise_epoch(iss).await.unwrap(), 3);
        let head = store.head(iss).await.unwrap();
        assert_eq!(head.epoch, 3);
        // No revision that was lost is given out again: each epoch begins far ahead.
        assert_eq!(head.revision, Revision::new(2 << 32));
        assert_eq!(store.ensure_issuer("https://id.example").await.unwrap().epoch, 3);
    });
}

#[test]
fn nodes_report_and_are_forgotten() {
    on_both(async |ground| {
        let (store, iss) = (&ground.store, ground.iss);
        let row = |node, applied| NodeRow {
            node,
            applied: Revision::new(applied),
            effective: Revision::new(applied / 2),
            lease_until_ms: 1_000 * node,
        };
        for node in [row(2, 4), row(1, 6), row(2, 8)] {
            store.put_node(iss, node).await.unwrap();
        }
        assert_eq!(store.nodes(iss).await.unwrap(), [row(1, 6), row(2, 8)]);
        store.forget_node(iss, 2, 1_999).await.unwrap();
        store.forget_node(iss, 1, 1_000).await.unwrap();
        assert_eq!(store.nodes(iss).await.unwrap(), [row(2, 8)], "a living lease stays");
    });
}

#[test]
fn a_lease_has_one_holder() {
    on_both(async |ground| {
        let (store, iss) = (&ground.store, ground.iss);
        let lease = async |name: &str, holder, until, now| {
            store.try_lease(iss, name, holder, until, now).await.unwrap()
        };
        assert!(lease("sweep", 1, 100, 0).await);
        assert!(!lease("sweep", 2, 150, 99).await);
        assert!(lease("keys", 2, 150, 99).await, "another job");
        assert!(lease("sweep", 1, 200, 99).await, "renewed");
        assert!(!lease("sweep", 2, 250, 199).await);
        assert!(lease("sweep", 2, 300, 200).await, "run out");
        assert!(!lease("sweep", 1, 300, 200).await);
        assert!(matches!(store.try_lease(iss, "", 1, 1, 0).await, Err(StoreError::Unstorable(_))));
    });
}
