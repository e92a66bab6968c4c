use counterfoil_permission::tuple::{ObjectName, RelationName, UserName};
use counterfoil_store::permission::{IMPORT_CHUNK, PermissionSnapshot, TupleFilter, Wanted};

use super::ground::{Shop, show, show_tuple, tuple};
use crate::ground::{on_both, on_sqlite};

async fn everything(snapshot: &PermissionSnapshot, limit: usize) -> Vec<String> {
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let filter = TupleFilter::default();
        let page = snapshot.read_tuples(&filter, after.as_ref(), limit).await.unwrap();
        assert_eq!(page.revision, snapshot.revision());
        lines.extend(page.tuples.iter().map(show));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    lines.sort();
    lines
}

#[test]
fn an_export_is_of_one_revision_whatever_is_written_meanwhile() {
    on_both(async |ground| {
        let shop = Shop::new(ground).await;
        let before = ["order:1#reader@user:a", "order:2#reader@user:a if near {\"k\":1}"];
        shop.write(&before, &[]).await.unwrap();
        let snapshot = shop.db.snapshot(shop.id).await.unwrap();
        shop.write(&["order:0#reader@user:a"], &["order:1#reader@user:a"]).await.unwrap();
        assert_eq!(snapshot.revision().get(), 1);
        assert_eq!(everything(&snapshot, 1).await, before);
        drop(snapshot);
        let snapshot = shop.db.snapshot(shop.id).await.unwrap();
        assert_eq!(snapshot.revision().get(), 2);
        let after = ["order:0#reader@user:a", before[1]];
        assert_eq!(everything(&snapshot, 9).await, after);
    });
}

#[test]
fn many_snapshots_can_be_open_and_all_are_given_back() {
    on_both(async |ground| {
        let shop = Shop::new(ground).await;
        shop.write(&["order:1#reader@user:a"], &[]).await.unwrap();
        for _ in 0..20 {
            let first = shop.db.snapshot(shop.id).await.unwrap();
            let second = shop.db.snapshot(shop.id).await.unwrap();
            assert_eq!(everything(&first, 9).await, everything(&second, 9).await);
        }
        shop.write(&[], &["order:1#reader@user:a"]).await.unwrap();
        assert_eq!(shop.all().await, [""; 0]);
    });
}

#[test]
fn a_look_up_gets_what_may_lead_to_the_user() {
    on_both(async |ground| {
        let shop = Shop::new(ground).await;
        let tuples = [
            "order:1#reader@user:a",
            "order:1#reader@user:b",
            "order:1#reader@user:*",
            "order:1#reader@group:x#member",
            "order:1#parent@folder:1",
            "order:2#reader@user:a",
            "folder:1#owner@user:a",
        ];
        shop.write(&tuples, &[]).await.unwrap();
        let snapshot = shop.db.snapshot(shop.id).await.unwrap();
        let look = async |wanted: &[(&str, &str, bool)], user: &str, limit: usize| {
            let wanted: Vec<Wanted> = wanted
                .iter()
                .map(|(object, relation, all)| Wanted {
                    object: ObjectName::parse(object).unwrap(),
                    relation: RelationName::parse(relation).unwrap(),
                    all: *all,
                })
                .collect();
            let user = UserName::parse(user).ok();
            let found = snapshot.reachable(&wanted, user.as_ref(), limit).await.unwrap();
            let mut lines: Vec<String> = found.iter().map(show).collect();
            lines.sort();
            lines
        };
        let reader = ("order:1", "reader", false);
        assert_eq!(
            look(&[reader], "user:a", 9).await,
            ["order:1#reader@group:x#member", "order:1#reader@user:*", "order:1#reader@user:a",]
        );
        assert_eq!(
            look(&[reader], "user:*", 9).await,
            ["order:1#reader@group:x#member", "order:1#reader@user:*",]
        );
        assert_eq!(look(&[reader], "group:y#member", 9).await, ["order:1#reader@group:x#member"]);
        assert_eq!(look(&[("order:1", "reader", true)], "", 9).await.len(), 4);
        let several = [("order:1", "parent", true), ("folder:1", "owner", false), reader];
        assert_eq!(look(&several, "user:a", 9).await.len(), 5);
        assert_eq!(look(&[("order:9", "reader", true), reader], "user:z", 9).await.len(), 2);
        assert_eq!(look(&[], "user:a", 9).await, [""; 0]);
        assert_eq!(look(&several, "user:a", 2).await.len(), 3, "one more than the limit tells");
    });
}

#[test]
fn writes_overtake_an_import_and_neither_loses_anything() {
    // On PostgreSQL an import is one write among others.
    on_sqlite(async |ground| {
        let shop = Shop::new(ground).await;
        let count = 6 * IMPORT_CHUNK;
        let mut importer = shop.db.importer(shop.id).await.unwrap();
        let importing = tokio::spawn(async move {
            for turn in 0..count {
                importer.push(tuple(&format!("order:{turn}#reader@user:{turn}"))).await.unwrap();
            }
            importer.finish().await.unwrap()
        });
        let mut written = 0;
        while written < 20 || !importing.is_finished() {
            // Some of them the import has too.
            let text = format!("order:{}#reader@user:{0}", written * 100);
            let other = format!("order:{written}#reader@user:other");
            let both = shop.write(&[&text, &other], &[]).await;
            if both.is_err() {
                shop.write(&[&other], &[]).await.unwrap();
            }
            written += 1;
        }
        let done = importing.await.unwrap();
        assert_eq!(done.tuples, count as u64);
        let imported: std::collections::BTreeSet<String> =
            (0..count).map(|turn| format!("order:{turn}#reader@user:{turn}")).collect();
        let mut expected = imported;
        expected.extend((0..written).map(|turn| format!("order:{turn}#reader@user:other")));
        expected.extend((0..written).map(|turn| format!("order:{}#reader@user:{0}", turn * 100)));
        let mut replayed = std::collections::BTreeSet::new();
        for line in shop.log().await {
            replayed.insert(line.split_once(" + ").unwrap().1.to_owned());
        }
        assert_eq!(replayed, expected);
        let mut found = std::collections::BTreeSet::new();
        let mut after = None;
        loop {
            let filter = TupleFilter::default();
            let page = shop.db.read_tuples(shop.id, &filter, after.as_ref(), 10_000).await;
            let page = page.unwrap();
            found.extend(page.tuples.iter().map(|stored| show_tuple(&stored.tuple)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, expected);
    });
}

#[test]
fn an_import_writes_everything_in_few_transactions() {
    on_both(async |ground| {
        let shop = Shop::new(ground).await;
        shop.write(&["order:1#reader@user:0", "order:x#reader@user:0"], &[]).await.unwrap();
        let count = 2 * IMPORT_CHUNK + 10;
        let text = |turn: usize| match turn % 3 {
            0 => format!("order:{turn}#reader@user:{}", turn % 40),
            1 => format!("order:{turn}#reader@group:{}#member if near {{\"k\":{turn}}}", turn % 7),
            _ => format!("folder:{turn}#owner@user:* until 1900000000"),
        };
        for (round, from) in [0, IMPORT_CHUNK / 2].into_iter().enumerate() {
            let mut importer = shop.db.importer(shop.id).await.unwrap();
            let mut seen = 0;
            for turn in from..count {
                if importer.push(tuple(&text(turn))).await.unwrap() {
                    assert!(importer.imported().tuples > seen);
                    seen = importer.imported().tuples;
                }
            }
            // Pushed once more with other attributes: the last one counts.
            importer.push(tuple("order:0#reader@user:0 if near")).await.unwrap();
            let done = importer.finish().await.unwrap();
            assert_eq!(done.tuples, (count - from + 1) as u64);
            assert_eq!(done.revision, shop.db.head(shop.id).await.unwrap());
            let page = shop.db.read_tuples(shop.id, &TupleFilter::default(), None, 10_000).await;
            let mut found: Vec<String> =
                page.unwrap().tuples.iter().map(|stored| show_tuple(&stored.tuple)).collect();
            found.sort();
            let mut expected: Vec<String> = (1..count).map(text).collect();
            expected.push("order:0#reader@user:0 if near {}".to_owned());
            expected.extend(["order:1#reader@user:0", "order:x#reader@user:0"].map(str::to_owned));
            expected.sort();
            assert_eq!(found, expected, "round {round}");
        }
        // The log says the same as the rows.
        let mut replayed = std::collections::BTreeMap::new();
        for line in shop.log().await {
            let (_, line) = line.split_once(" + ").unwrap();
            let key = super::ground::key(line).to_string();
            replayed.insert(key, line.to_owned());
        }
        assert_eq!(replayed.len(), count + 2);
    });
}
