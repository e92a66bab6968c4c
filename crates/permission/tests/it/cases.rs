//! Each rule of the semantics, by name.

use counterfoil_permission::check::{CheckError, Decision, Limits, MissingParameter};
use counterfoil_permission::model::{Model, Rewrite};

use crate::build::{all, any, ask, ask_with, but_not, direct, from, model, of, rel, snapshot, ty};

fn drive() -> Model {
    let this = || Rewrite::This;
    model(vec![
        ty("user", vec![]),
        ty(
            "group",
            vec![
                direct(
                    "member",
                    &[
                        "user",
                        "user:*",
                        "group#member",
                        "user with later",
                        "user with open",
                        "user with closed",
                    ],
                ),
                rel("everybody", &[], of("member")),
            ],
        ),
        ty(
            "folder",
            vec![
                direct("parent", &["folder"]),
                rel("viewer", &["user", "group#member"], any([this(), from("viewer", "parent")])),
            ],
        ),
        ty(
            "document",
            vec![
                direct("parent", &["folder", "group"]),
                direct("owner", &["user"]),
                direct("banned", &["user", "group#member"]),
                direct(
                    "shared",
                    &["group#everybody", "group#member with open", "group#member with later"],
                ),
                rel(
                    "viewer",
                    &["user", "user:*", "group#member"],
                    any([this(), of("owner"), from("viewer", "parent")]),
                ),
                rel("reader", &[], but_not(of("viewer"), of("banned"))),
                rel("approver", &[], all([of("viewer"), of("shared")])),
                rel(
                    "nested",
                    &[],
                    but_not(
                        all([any([of("viewer"), of("shared")]), of("owner")]),
                        but_not(of("banned"), of("shared")),
                    ),
                ),
            ],
        ),
    ])
}

fn check(tuples: &[&str], questions: &[(&str, &str)]) {
    let snapshot = snapshot(&drive(), tuples);
    for (question, expected) in questions {
        let decision = match ask(&snapshot, question) {
            Decision::Allow => "allow",
            Decision::Deny => "deny",
            Decision::Missing(_) => "missing",
            Decision::Failed { .. } => "failed",
            Decision::TooComplex => "too complex",
        };
        assert_eq!(decision, *expected, "{question} given {tuples:?}");
    }
}

#[test]
fn direct_tuples() {
    check(
        &["document:1#owner@user:a"],
        &[
            ("document:1#owner@user:a", "allow"),
            ("document:1#owner@user:b", "deny"),
            ("document:2#owner@user:a", "deny"),
            ("document:1#viewer@user:a", "allow"),
        ],
    );
}

#[test]
fn usersets_and_their_nesting() {
    check(
        &[
            "document:1#viewer@group:x#member",
            "group:x#member@group:y#member",
            "group:y#member@user:a",
        ],
        &[("document:1#viewer@user:a", "allow"), ("document:1#viewer@user:b", "deny")],
    );
}

#[test]
fn a_userset_may_be_asked_about() {
    check(
        &[
            "document:1#viewer@group:x#member",
            "group:x#member@group:y#member",
            "document:1#shared@group:x#everybody",
        ],
        &[
            ("document:1#viewer@group:x#member", "allow"),
            ("document:1#viewer@group:y#member", "allow"),
            ("document:1#viewer@group:z#member", "deny"),
            ("document:1#viewer@group:x#everybody", "deny"),
            ("document:1#shared@group:x#everybody", "allow"),
            // The alias shape: the released resolver follows it.
            ("document:1#shared@group:x#member", "allow"),
            // Itself, stored or not.
            ("group:x#member@group:x#member", "allow"),
            ("group:new#member@group:new#member", "allow"),
            ("group:new#member@group:other#member", "deny"),
        ],
    );
}

#[test]
fn public_wildcards() {
    check(
        &[
            "document:1#viewer@user:*",
            "document:2#viewer@user:a",
            "group:g#member@user:*",
            "document:3#viewer@group:g#member",
        ],
        &[
            ("document:1#viewer@user:unheard-of", "allow"),
            ("document:1#viewer@user:*", "allow"),
            ("document:2#viewer@user:*", "deny"),
            ("document:3#viewer@user:a", "allow"),
            ("document:3#viewer@user:*", "allow"),
            ("document:1#viewer@group:g", "deny"),
            ("document:1#viewer@group:g#member", "deny"),
        ],
    );
}

#[test]
fn relations_from_others() {
    check(
        &[
            "document:1#parent@folder:a",
            "folder:a#parent@folder:b",
            "folder:b#viewer@user:a",
            "document:1#parent@group:g",
            "group:g#member@user:b",
        ],
        &[
            ("document:1#viewer@user:a", "allow"),
            // Groups have no viewer: the tuple is passed over.
            ("document:1#viewer@user:b", "deny"),
        ],
    );
}

#[test]
fn exclusion_intersection_and_their_nesting() {
    check(
        &[
            "document:1#viewer@user:a",
            "document:1#viewer@user:b",
            "document:1#banned@user:b",
            "document:1#shared@group:x#everybody",
            "group:x#member@user:b",
            "document:1#owner@user:b",
            "document:1#owner@user:c",
            "document:1#banned@user:c",
        ],
        &[
            ("document:1#reader@user:a", "allow"),
            ("document:1#reader@user:b", "deny"),
            ("document:1#approver@user:a", "deny"),
            ("document:1#approver@user:b", "allow"),
            ("document:1#nested@user:b", "allow"),
            ("document:1#nested@user:c", "deny"),
            ("document:1#nested@user:a", "deny"),
        ],
    );
}

#[test]
fn tuples_that_the_model_does_not_allow_are_ignored() {
    check(
        &[
            "document:1#owner@user:*",
            "document:1#owner@group:g#member",
            "group:g#member@user:a",
            "document:1#owner@user:b with open",
            "document:1#shared@group:g#member",
            "document:1#unknown@user:a",
            "unknown:1#owner@user:a",
            "document:1#reader@user:d",
        ],
        &[
            ("document:1#owner@user:a", "deny"),
            ("document:1#owner@user:*", "deny"),
            ("document:1#owner@user:b", "deny"),
            ("document:1#owner@group:g#member", "deny"),
            ("document:1#shared@user:a", "deny"),
            ("document:1#reader@user:d", "deny"),
        ],
    );
}

#[test]
fn a_cycle_makes_its_path_false() {
    check(
        &[
            "group:a#member@group:b#member",
            "group:b#member@group:a#member",
            "group:b#member@group:c#member",
            "group:c#member@user:c",
            "folder:a#parent@folder:a",
            "folder:a#viewer@user:d",
        ],
        &[
            ("group:a#member@user:x", "deny"),
            ("group:a#member@user:c", "allow"),
            ("group:b#member@user:c", "allow"),
            ("folder:a#viewer@user:d", "allow"),
            ("folder:a#viewer@user:x", "deny"),
        ],
    );
}

#[test]
fn a_cycle_in_what_is_subtracted_denies() {
    // Observed of OpenFGA 1.22: the fact that a cycle was met is not forgotten on the way up.
    check(
        &[
            "document:1#viewer@user:a",
            "document:1#banned@group:a#member",
            "group:a#member@group:b#member",
            "group:b#member@group:a#member",
        ],
        &[("document:1#reader@user:a", "deny")],
    );
}

#[test]
fn an_answer_cut_by_a_cycle_is_not_remembered_as_final() {
    // From `a` the first path comes by `b` back to `a`; `b` is true all the same, by `a`'s `c`.
    check(
        &[
            "group:a#member@group:b#member",
            "group:b#member@group:a#member",
            "group:a#member@group:c#member",
            "group:c#member@user:u",
            "document:1#banned@group:a#member",
            "document:1#viewer@group:b#member",
        ],
        &[
            ("group:a#member@user:u", "allow"),
            ("group:b#member@user:u", "allow"),
            ("document:1#reader@user:u", "deny"),
        ],
    );
}

#[test]
fn the_depth_limit_is_no_denial() {
    let chain = |length: usize| -> Vec<String> {
        let mut tuples: Vec<String> = (1..length)
            .map(|group| format!("group:{group}#member@group:{}#member", group + 1))
            .collect();
        tuples.push(format!("group:{length}#member@user:a"));
        tuples
    };
    for (length, expected) in [(25, Decision::Allow), (26, Decision::TooComplex)] {
        let tuples = chain(length);
        let tuples: Vec<&str> = tuples.iter().map(String::as_str).collect();
        let snapshot = snapshot(&drive(), &tuples);
        assert_eq!(ask(&snapshot, "group:1#member@user:a"), expected, "{length} groups");
        let short = Limits { depth: 3, ..Limits::default() };
        let answer = |question| ask_with(&snapshot, question, &[], short).unwrap();
        assert_eq!(answer("group:1#member@group:3#member"), Decision::Allow);
        assert_eq!(answer("group:1#member@user:a"), Decision::TooComplex);
    }
}

#[test]
fn a_limit_elsewhere_does_not_hide_an_allow_or_a_denial() {
    let mut tuples: Vec<String> =
        (1..40).map(|group| format!("group:{group}#member@group:{}#member", group + 1)).collect();
    tuples.extend(
        [
            "document:1#viewer@group:1#member",
            "document:1#owner@user:a",
            "document:2#banned@group:1#member",
        ]
        .map(str::to_owned),
    );
    let tuples: Vec<&str> = tuples.iter().map(String::as_str).collect();
    check(
        &tuples,
        &[
            ("document:1#viewer@user:a", "allow"),
            ("document:1#viewer@user:b", "too complex"),
            ("document:1#approver@user:b", "deny"),
            ("document:2#reader@user:a", "deny"),
        ],
    );
}

#[test]
fn conditions_are_three_valued() {
    check(
        &[
            "group:g#member@user:open with open",
            "group:g#member@user:closed with closed",
            "group:g#member@user:later with later",
            "document:1#viewer@group:g#member",
            "document:1#owner@user:later",
            "document:2#viewer@group:g#member",
            "document:2#banned@user:later",
            "document:3#viewer@user:later",
            "document:3#banned@group:g#member",
            "document:4#shared@group:g#member with later",
            "document:4#viewer@user:open",
        ],
        &[
            ("group:g#member@user:open", "allow"),
            ("group:g#member@user:closed", "deny"),
            ("group:g#member@user:later", "missing"),
            ("document:1#viewer@user:later", "allow"),
            ("document:2#viewer@user:later", "missing"),
            ("document:2#reader@user:later", "deny"),
            ("document:3#reader@user:later", "missing"),
            ("document:2#approver@user:later", "deny"),
            ("document:4#approver@user:open", "missing"),
            ("document:4#shared@user:nobody", "deny"),
        ],
    );
}

#[test]
fn a_missing_parameter_is_named() {
    let snapshot = snapshot(&drive(), &["group:g#member@user:a with later"]);
    let expected = MissingParameter { condition: "later".to_owned(), parameter: "now".to_owned() };
    assert_eq!(ask(&snapshot, "group:g#member@user:a"), Decision::Missing(vec![expected]));
}

#[test]
fn contextual_tuples_count_for_one_question() {
    let snapshot = snapshot(&drive(), &["document:1#viewer@group:g#member"]);
    let ask = |question, tuples: &[&str]| ask_with(&snapshot, question, tuples, Limits::default());
    let allow = Ok(Decision::Allow);
    assert_eq!(ask("document:1#viewer@user:a", &["group:g#member@user:a"]), allow);
    assert_eq!(ask("document:1#viewer@user:a", &["group:g#member@user:*"]), allow);
    assert_eq!(ask("document:1#viewer@user:a", &[]), Ok(Decision::Deny));
    assert_eq!(
        ask("document:9#viewer@user:z", &["document:9#parent@folder:9", "folder:9#viewer@user:z"]),
        allow
    );
    assert_eq!(
        ask("document:9#reader@user:z", &["document:9#viewer@user:z", "document:9#banned@user:z"]),
        Ok(Decision::Deny)
    );
    assert_eq!(
        ask("group:g#member@user:a", &["group:g#member@user:a with closed"]),
        Ok(Decision::Deny)
    );
    assert_eq!(
        ask("document:1#viewer@user:a", &["document:1#owner@user:*"]),
        Err(CheckError::TupleNotAllowed("document:1#owner@user:*".to_owned()))
    );
    assert_eq!(
        ask("document:1#viewer@user:a", &["document:1#owner@user:a with open"]),
        Err(CheckError::TupleNotAllowed("document:1#owner@user:a".to_owned()))
    );
    let many = vec!["group:g#member@user:a"; 101];
    assert_eq!(ask("group:g#member@user:a", &many[..100]), allow);
    assert_eq!(ask("group:g#member@user:a", &many), Err(CheckError::TooManyContextualTuples));
}

#[test]
fn questions_must_fit_the_model() {
    let snapshot = snapshot(&drive(), &[]);
    let ask =
        |question| ask_with(&snapshot, question, &[], Limits::default()).unwrap_err().to_string();
    assert_eq!(ask("ghost:1#viewer@user:a"), "the model has no type `ghost`");
    assert_eq!(ask("document:1#ghost@user:a"), "type `document` has no relation `ghost`");
    assert_eq!(ask("document:1#viewer@ghost:a"), "the model has no type `ghost`");
    assert_eq!(ask("document:1#viewer@group:a#ghost"), "type `group` has no relation `ghost`");
}
