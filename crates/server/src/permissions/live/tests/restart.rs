use std::sync::Arc;

use counterfoil_store::{
    Engine,
    permission::{PermissionStoreId, SnapshotFiles, StoreRevision},
};

use super::ground::{Ground, MODEL, Node, on, on_both};
use crate::permissions::live::{World, load};

/// Writes the store's snapshot file as the node has it.
async fn write_file(ground: &Ground, node: &Node, store: PermissionStoreId) -> StoreRevision {
    let world = node.loaded(store).await;
    let revision = world.revision();
    let graph = graph_of(&world);
    let files = SnapshotFiles::new(ground.folder());
    load::write_file(node.live.db(), files, store, (graph, revision)).await.unwrap();
    revision
}

fn graph_of(world: &World) -> Arc<counterfoil_permission::graph::Graph> {
    world.graph().unwrap()
}

/// Makes the rows poorer than the file, to tell what an answer comes from.
async fn lose_a_row(ground: &Ground, store: PermissionStoreId, lost: &str) {
    let db = ground.store.permissions(ground.iss);
    let write = super::ground::request(&[], &[lost]);
    db.write_tuples(store, write).await.unwrap();
}

#[test]
fn a_restart_reads_the_file_and_the_tail_of_the_log() {
    on_both(async |ground| {
        let store = ground.shop(1, MODEL).await;
        let node = ground.node(ground.options());
        node.write(store, &["order:1#reader@user:a", "order:2#reader@group:x#member"], &[]).await;
        node.write(store, &["group:x#member@user:b"], &[]).await;
        let written = write_file(&ground, &node, store).await;
        drop(node);
        // The tail: one more, and one less.
        let again = ground.node(ground.options());
        again.write(store, &["order:3#reader@user:c"], &["order:1#reader@user:a"]).await;
        drop(again);
        let again = ground.node(ground.options());
        again.live.warm().await;
        assert!(again.loaded(store).await.revision() > written);
        assert!(!again.allows(store, "order:1#reader@user:a").await);
        assert!(again.allows(store, "order:2#reader@user:b").await);
        assert!(again.allows(store, "order:3#reader@user:c").await);
    });
}

#[test]
fn a_file_that_does_not_fit_is_left_out() {
    on(Engine::Sqlite, &async |ground| {
        let store = ground.shop(1, MODEL).await;
        let node = ground.node(ground.options());
        node.write(store, &["order:1#reader@user:a", "order:2#reader@user:a"], &[]).await;
        write_file(&ground, &node, store).await;
        drop(node);
        let path = ground.folder().join(format!("{store}.snapshot"));
        let whole = std::fs::read(&path).unwrap();
        let all = async |what: &str| {
            let node = ground.node(ground.options());
            node.loaded(store).await;
            assert!(node.allows(store, "order:1#reader@user:a").await, "{what}");
            assert!(node.allows(store, "order:2#reader@user:a").await, "{what}");
        };
        for cut in [0, 7, 40, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&path, &whole[..cut]).unwrap();
            all(&format!("cut at {cut}")).await;
        }
        for place in [3, 20, 40, 60, 90, whole.len() - 20] {
            let mut bent = whole.clone();
            bent[place] ^= 1;
            std::fs::write(&path, &bent).unwrap();
            all(&format!("bent at {place}")).await;
        }
        std::fs::write(&path, &whole).unwrap();
        all("whole").await;
    });
}

#[test]
fn what_is_in_the_file_need_not_be_read_from_the_rows() {
    on(Engine::Sqlite, &async |ground| {
        let store = ground.shop(1, MODEL).await;
        let node = ground.node(ground.options());
        node.write(store, &["order:1#reader@user:a", "order:2#reader@user:a"], &[]).await;
        let written = write_file(&ground, &node, store).await;
        let files = SnapshotFiles::new(ground.folder());
        let found = files.open(store).unwrap().unwrap();
        assert_eq!(found.head.revision, written);
        assert_eq!(files.stores().unwrap(), [store]);
        lose_a_row(&ground, store, "order:2#reader@user:a").await;
        assert!(!node.live.db().log_mark(store, written).await.unwrap().unwrap().is_empty());
        // A deleted store's file goes with it.
        node.live.delete_store(store, super::ground::NOW).await.unwrap();
        assert!(files.open(store).unwrap().is_none());
    });
}

#[test]
fn a_file_of_another_history_is_left_out() {
    on(Engine::Sqlite, &async |ground| {
        let (store, other) = (ground.shop(1, MODEL).await, ground.shop(2, MODEL).await);
        let node = ground.node(ground.options());
        node.write(store, &["order:1#reader@user:a"], &[]).await;
        node.write(other, &["order:2#reader@user:b"], &[]).await;
        write_file(&ground, &node, store).await;
        drop(node);
        // As if the other store were this one, restored to an older state and then gone on.
        let files = SnapshotFiles::new(ground.folder());
        let mut found = files.open(store).unwrap().unwrap();
        let mut body = Vec::new();
        std::io::Read::read_to_end(&mut found.body, &mut body).unwrap();
        let head = counterfoil_store::permission::SnapshotHead { store: other, ..found.head };
        files.write(head, |out| Ok(out.write_all(&body)?)).unwrap();
        let node = ground.node(ground.options());
        node.loaded(other).await;
        assert!(node.allows(other, "order:2#reader@user:b").await);
        assert!(!node.allows(other, "order:1#reader@user:a").await);
    });
}
