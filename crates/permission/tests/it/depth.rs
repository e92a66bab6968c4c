//! What is known of groups beforehand says what a walk says, at any depth limit.

use counterfoil_permission::check::{Decision, Limits};
use counterfoil_permission::model::Rewrite;
use counterfoil_permission::tuple::Tuple;
use proptest::prelude::*;

use crate::build::{any, ask_with, but_not, direct, model, of, rel, snapshot, tuple, ty};
use crate::ways::graphs;

/// The same relations twice: `member` is group-like, `walked` is not by a detour that adds nobody.
fn groups() -> counterfoil_permission::model::Model {
    let nobody = but_not(of("none"), of("none"));
    model(vec![
        ty("user", vec![]),
        ty(
            "group",
            vec![
                direct("none", &["user"]),
                direct("owner", &["user"]),
                rel(
                    "member",
                    &["user", "user:*", "user with later", "group#member"],
                    any([Rewrite::This, of("owner")]),
                ),
                rel(
                    "walked",
                    &["user", "user:*", "user with later", "group#walked"],
                    any([Rewrite::This, of("owner"), nobody]),
                ),
            ],
        ),
        ty(
            "document",
            vec![direct("by_member", &["group#member"]), direct("by_walked", &["group#walked"])],
        ),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn groups_known_beforehand_say_what_a_walk_says(
        edges in proptest::collection::btree_set((0u8..9, 0u8..9), 0..14),
        upwards in proptest::bool::weighted(0.3),
        members in proptest::collection::btree_map((0u8..9, 0u8..5), 0u8..6, 0..6),
        shared in proptest::collection::btree_set(0u8..9, 0..4),
        seed in 0u64..1_000_000,
    ) {
        let mut tuples = vec![];
        for relation in ["member", "walked"] {
            for (outer, inner) in edges.iter().filter(|(outer, inner)| upwards || outer < inner) {
                tuples.push(format!("group:{outer}#{relation}@group:{inner}#{relation}"));
            }
            for ((group, user), how) in &members {
                tuples.push(match how {
                    0 => format!("group:{group}#{relation}@user:*"),
                    1 => format!("group:{group}#{relation}@user:{user} with later"),
                    2 => format!("group:{group}#owner@user:{user}"),
                    _ => format!("group:{group}#{relation}@user:{user}"),
                });
            }
            for group in &shared {
                tuples.push(format!("document:1#by_{relation}@group:{group}#{relation}"));
            }
        }
        tuples.sort();
        tuples.dedup();
        let parsed: Vec<Tuple> = tuples.iter().map(|text| tuple(text)).collect();
        let base = snapshot(&groups(), &[]);
        for (way, graph) in graphs(&parsed, seed) {
            let snapshot = base.with_graph(graph.into());
            for depth in [1, 2, 3, 4, 6, 9, 25] {
                let limits = Limits { depth, ..Limits::default() };
                let ask = |object: &str, relation: &str, user: u8| {
                    let question = format!("{object}#{relation}@user:{user}");
                    match ask_with(&snapshot, &question, &[], limits).unwrap() {
                        Decision::Missing(_) => "missing".to_owned(),
                        other => format!("{other:?}"),
                    }
                };
                for user in 0..6 {
                    let by_group = ask("document:1", "by_member", user);
                    prop_assert_eq!(
                        &by_group, &ask("document:1", "by_walked", user),
                        "{} to depth {}: user {} of {:#?}", way, depth, user, tuples
                    );
                    for group in 0..9 {
                        let group = format!("group:{group}");
                        prop_assert_eq!(
                            ask(&group, "member", user), ask(&group, "walked", user),
                            "{} to depth {}: user {} in {} of {:#?}", way, depth, user, group, tuples
                        );
                    }
                }
            }
        }
    }
}
