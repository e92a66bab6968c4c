use counterfoil_store::StoreError;
use counterfoil_store::permission::{
    Cursor, OnDuplicate, OnMissing, Precondition, TupleFilter, WriteTuples,
};

use super::ground::{Shop, filter, key, request};
use crate::ground::on_both;

#[test]
fn a_write_is_all_or_nothing_and_names_what_is_wrong() {
    on_both(async |ground| {
        let shop = Shop::new(ground).await;
        assert_eq!(
            shop.write(&["order:1#reader@user:a", "order:1#reader@user:b"], &[]).await,
            Ok(1)
        );
        let cases: [(&[&str], &[&str], &str); 6] = [
            (
                &["order:2#reader@user:a", "order:1#reader@user:b"],
                &[],
                "`order:1#reader@user:b` exists already",
            ),
            (
                &["order:2#reader@user:a"],
                &["order:9#reader@user:a"],
                "`order:9#reader@user:a` does not exist",
            ),
            (&[], &["order:1#writer@user:a"], "`order:1#writer@user:a` does not exist"),
            (
                &["order:2#reader@user:a", "order:2#reader@user:a"],
                &[],
                "`order:2#reader@user:a` is named more than once",
            ),
            (
                &["order:1#reader@user:a"],
                &["order:1#reader@user:a"],
                "`order:1#reader@user:a` is named more than once",
            ),
            (&["order:1#reader@user:a if near"], &[], "`order:1#reader@user:a` exists already"),
        ];
        for (writes, deletes, expected) in cases {
            assert_eq!(shop.write(writes, deletes).await, Err(expected.to_owned()));
        }
        assert_eq!(shop.all().await, ["order:1#reader@user:a", "order:1#reader@user:b"]);
        assert_eq!(
            shop.write(&["order:1#reader@group:x#member"], &["order:1#reader@user:a"]).await,
            Ok(2)
        );
        assert_eq!(shop.write(&["order:1#reader@user:*"], &[]).await, Ok(3));
        assert_eq!(
            shop.log().await,
            [
                "1 + order:1#reader@user:a",
                "1 + order:1#reader@user:b",
                "2 - order:1#reader@user:a",
                "2 + order:1#reader@group:x#member",
                "3 + order:1#reader@user:*",
            ]
        );
    });
}

#[test]
fn duplicates_and_missing_ones_can_be_ignored() {
    on_both(async |ground| {
        let shop = Shop::new(ground).await;
        shop.write(&["order:1#reader@user:a", "order:1#reader@user:b if near {\"k\":1}"], &[])
            .await
            .unwrap();
        let ignore = |writes: &[&str], deletes: &[&str]| WriteTuples {
            on_duplicate: OnDuplicate::Ignore,
            on_missing: OnMissing::Ignore,
            ..request(writes, deletes)
        };
        let same = ignore(&["order:1#reader@user:b if near {\"k\":1}"], &["order:7#reader@user:q"]);
        assert_eq!(shop.ask(same).await, Ok(1), "nothing changed, so no revision is taken");
        let mixed =
            ignore(&["order:1#reader@user:a", "order:2#reader@user:a"], &["order:7#reader@user:q"]);
        assert_eq!(shop.ask(mixed).await, Ok(2));
        for other in [
            "order:1#reader@user:b",
            "order:1#reader@user:b if near {\"k\":2}",
            "order:1#reader@user:b if far {\"k\":1}",
            "order:1#reader@user:b if near {\"k\":1} until 1900000000",
        ] {
            let refused = shop.ask(ignore(&[other], &[])).await.unwrap_err();
            assert_eq!(
                refused,
                "`order:1#reader@user:b` exists already with another condition or expiry"
            );
        }
        assert_eq!(shop.log().await.last().unwrap(), "2 + order:2#reader@user:a");
    });
}

#[test]
fn a_condition_is_replaced_at_once() {
    on_both(async |ground| {
        let shop = Shop::new(ground).await;
        assert_eq!(shop.replace(&["order:1#reader@user:a"]).await, Ok(1), "inserted");
        assert_eq!(shop.replace(&["order:1#reader@user:a if near {\"k\":1}"]).await, Ok(2));
        assert_eq!(
            shop.replace(&["order:1#reader@user:a if near {\"k\":1}"]).await,
            Ok(2),
            "the same"
        );
        assert_eq!(shop.replace(&["order:1#reader@user:a until 1900000000"]).await, Ok(3));
        assert_eq!(shop.all().await, ["order:1#reader@user:a until 1900000000"]);
        assert_eq!(
            shop.log().await,
            [
                "1 + order:1#reader@user:a",
                "2 + order:1#reader@user:a if near {\"k\":1}",
                "3 + order:1#reader@user:a until 1900000000",
            ]
        );
    });
}

#[test]
fn what_has_expired_may_be_written_again() {
    on_both(async |ground| {
        let shop = Shop::new(ground).await;
        shop.write(
            &["order:1#reader@user:a until 1800000000", "order:1#reader@user:b until 1800000001"],
            &[],
        )
        .await
        .unwrap();
        assert_eq!(shop.write(&["order:1#reader@user:a"], &[]).await, Ok(2), "over by now");
        assert!(shop.write(&["order:1#reader@user:b"], &[]).await.is_err(), "not yet over");
    });
}

#[test]
fn preconditions_are_held() {
    on_both(async |ground| {
        let shop = Shop::new(ground).await;
        shop.write(&["order:1#reader@user:a"], &[]).await.unwrap();
        let with = |preconditions: Vec<Precondition>, user: u8| WriteTuples {
            preconditions,
            ..request(&[&format!("order:2#reader@user:{user}")], &[])
        };
        let exists = |text: &str| Precondition::Exists(TupleFilter::key(&key(text)));
        let absent = |text: &str| Precondition::Absent(TupleFilter::key(&key(text)));
        assert_eq!(shop.ask(with(vec![exists("order:1#reader@user:a")], 1)).await, Ok(2));
        assert_eq!(shop.ask(with(vec![absent("order:1#reader@user:b")], 2)).await, Ok(3));
        assert_eq!(
            shop.ask(with(vec![Precondition::Exists(filter("order", "", "", "user:a"))], 3)).await,
            Ok(4)
        );
        let refused = shop
            .ask(with(vec![exists("order:1#reader@user:a"), exists("order:1#reader@user:b")], 4))
            .await;
        assert_eq!(refused, Err("precondition 1 does not hold".to_owned()));
        let refused =
            shop.ask(with(vec![Precondition::Absent(filter("order", "1", "", ""))], 5)).await;
        assert_eq!(refused, Err("precondition 0 does not hold".to_owned()));
        assert_eq!(shop.all().await.len(), 4);
    });
}

#[test]
fn reads_fit_their_filter_and_go_on_where_they_ended() {
    on_both(async |ground| {
        let shop = Shop::new(ground).await;
        let mut all = Vec::new();
        for object in ["order:1", "order:2", "folder:1"] {
            for relation in ["reader", "owner"] {
                for user in ["user:a", "user:b", "user:*", "group:a#member", "group:a"] {
                    all.push(format!("{object}#{relation}@{user}"));
                }
            }
        }
        let texts: Vec<&str> = all.iter().map(String::as_str).collect();
        shop.write(&texts, &[]).await.unwrap();
        for of in ["", "order", "folder", "nothing"] {
            for id in ["", "1", "3"] {
                for relation in ["", "owner", "nothing"] {
                    for user in ["", "user:a", "user:*", "group:a#member", "group:a", "user:z"] {
                        if of.is_empty() && !id.is_empty() {
                            continue;
                        }
                        let mut expected: Vec<String> = all
                            .iter()
                            .filter(|text| {
                                let (object, rest) = text.split_once('#').unwrap();
                                let (its_relation, its_user) = rest.split_once('@').unwrap();
                                let (its_type, its_id) = object.split_once(':').unwrap();
                                (of.is_empty() || of == its_type)
                                    && (id.is_empty() || id == its_id)
                                    && (relation.is_empty() || relation == its_relation)
                                    && (user.is_empty() || user == its_user)
                            })
                            .cloned()
                            .collect();
                        expected.sort();
                        let found = shop.found(&filter(of, id, relation, user)).await;
                        assert_eq!(found, expected, "{of} {id} {relation} {user}");
                    }
                }
            }
        }
        let page =
            shop.db.read_tuples(shop.id, &filter("order", "1", "", ""), None, 2).await.unwrap();
        assert_eq!((page.tuples.len(), page.revision.get()), (2, 1));
        let cursor = page.next.unwrap();
        assert_eq!(Cursor::from_bytes(&cursor.to_bytes()), Some(cursor.clone()));
        for bad in [&[][..], &[1], &[3; 33], &cursor.to_bytes()[1..]] {
            assert_eq!(Cursor::from_bytes(bad), None);
        }
        let other = shop
            .db
            .read_tuples(shop.id, &filter("order", "", "", "user:a"), Some(&cursor), 2)
            .await;
        assert!(matches!(other, Err(StoreError::Unstorable(_))));
    });
}
