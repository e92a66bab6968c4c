//! What a model is refused or warned for.

use counterfoil_permission::compile::{REWRITE_DEPTH_MAX, TYPES_MAX, compile};
use counterfoil_permission::model::{Relation, Rewrite, TypeDefinition};

use crate::build::{all, any, but_not, direct, from, model, of, rel, ty};

fn check(types: Vec<TypeDefinition>, expected: &[&str]) {
    let (findings, refused) = match compile(&model(types)) {
        Ok(checked) => (checked.warnings().to_vec(), false),
        Err(findings) => (findings, true),
    };
    let texts: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(texts, expected);
    assert_eq!(refused, findings.iter().any(counterfoil_permission::compile::Finding::is_error));
}

fn document(relations: Vec<Relation>) -> Vec<TypeDefinition> {
    vec![
        ty("user", vec![]),
        ty("group", vec![direct("member", &["user"])]),
        ty("document", relations),
    ]
}

#[test]
fn unknown_names_come_with_the_nearest() {
    check(
        document(vec![
            direct(
                "viewer",
                &["usr", "group#membr", "user with opne", "user with nothing-like-it"],
            ),
            rel("reader", &[], of("viewr")),
            rel("far", &[], of("something")),
        ]),
        &[
            "`document#viewer`: there is no type `usr`; did you mean `user`?",
            "`document#viewer`: type `group` has no relation `membr`; did you mean `member`?",
            "`document#viewer`: there is no condition `opne`; did you mean `open`?",
            "`document#viewer`: there is no condition `nothing-like-it`",
            "`document#reader`: type `document` has no relation `viewr`; did you mean `viewer`?",
            "`document#far`: type `document` has no relation `something`",
        ],
    );
}

#[test]
fn names_are_distinct_speakable_and_not_reserved() {
    check(
        vec![
            ty("user", vec![]),
            ty("user", vec![]),
            ty(
                "self",
                vec![
                    direct("this", &["user"]),
                    direct("a", &["user", "user"]),
                    direct("a", &["user"]),
                ],
            ),
            ty("a b", vec![direct("c#d", &["user"])]),
        ],
        &[
            "`user`: `user` is defined twice",
            "`self`: `self` is a reserved word",
            "`self#this`: `this` is a reserved word",
            "`self#a`: `a` is defined twice",
            "`a b`: `a b` is no name: it is empty, too long or holds `:`, `#`, `@` or white space",
            "`a b#c#d`: `c#d` is no name: it is empty, too long or holds `:`, `#`, `@` or white space",
            "`self#a`: `user` is defined twice",
        ],
    );
}

#[test]
fn restrictions_and_tuples_need_each_other() {
    check(
        document(vec![
            rel("owner", &["user"], of("viewer")),
            direct("viewer", &[]),
            rel("empty", &[], any([])),
        ]),
        &[
            "`document#owner`: it has type restrictions but takes no tuples",
            "`document#viewer`: it takes tuples but has no type restrictions",
            "`document#empty`: an operator without operands",
        ],
    );
}

#[test]
fn a_tupleset_is_a_relation_of_plain_objects() {
    let refused = |name: &str| {
        format!(
            "`document#viewer`: `from {name}` needs a relation of plain objects: `{name}` may be neither computed nor restricted to usersets or wildcards"
        )
    };
    for (name, parent) in [
        ("computed", rel("computed", &[], of("owner"))),
        ("mixed", rel("mixed", &["group"], any([Rewrite::This, of("owner")]))),
        ("usersets", direct("usersets", &["group#member"])),
        ("wildcards", direct("wildcards", &["group", "group:*"])),
    ] {
        let relations =
            vec![direct("owner", &["group"]), parent, rel("viewer", &[], from("member", name))];
        check(document(relations), &[&refused(name)]);
    }
}

#[test]
fn a_computed_relation_exists_on_the_types_of_its_tupleset() {
    check(
        document(vec![
            direct("parent", &["user", "group"]),
            rel("viewer", &[], from("member", "parent")),
        ]),
        &[
            "`document#viewer`: `member from parent`: `user` lacks `member`, which OpenFGA's coming v2 resolver refuses",
        ],
    );
    check(
        document(vec![
            direct("parent", &["user", "group"]),
            rel("viewer", &[], from("membre", "parent")),
        ]),
        &[
            "`document#viewer`: no type that `parent` may name has a relation `membre`; did you mean `member`?",
        ],
    );
}

#[test]
fn a_relation_without_an_entry_is_impossible() {
    let nobody =
        |name: &str| format!("`document#{name}`: nobody can ever have it: it only leads to itself");
    check(
        document(vec![
            direct("loop", &["document#loop"]),
            rel("led", &[], of("loop")),
            rel("half", &[], all([of("fine"), of("loop")])),
            rel("without", &[], but_not(of("fine"), of("loop"))),
            rel("fine", &["user"], any([Rewrite::This, of("loop")])),
        ]),
        &["loop", "led", "half", "without"].map(nobody).each_ref().map(String::as_str),
    );
}

#[test]
fn a_relation_is_not_computed_from_itself() {
    let itself = |name: &str| format!("`document#{name}`: it is computed from itself");
    check(
        document(vec![
            rel("a", &["user"], any([Rewrite::This, of("b")])),
            rel("b", &[], all([of("c"), of("fine")])),
            rel("c", &[], but_not(of("fine"), of("a"))),
            rel("same", &["user"], any([Rewrite::This, of("same")])),
            rel("above", &[], of("a")),
            direct("fine", &["user", "document#fine"]),
        ]),
        &["a", "b", "c", "same"].map(itself).each_ref().map(String::as_str),
    );
}

#[test]
fn limits_are_exact() {
    let types = |count: usize| (0..count).map(|n| ty(&format!("t{n}"), vec![])).collect();
    check(vec![], &["the model has no types"]);
    check(types(TYPES_MAX), &[]);
    check(types(TYPES_MAX + 1), &["more than 100 types"]);
    let nested = |depth: usize| {
        let rewrite = (0..depth).fold(Rewrite::This, |inner, _| any([inner]));
        document(vec![rel("viewer", &["user"], rewrite)])
    };
    check(nested(REWRITE_DEPTH_MAX), &[]);
    check(
        nested(REWRITE_DEPTH_MAX + 2),
        &[
            "`document#viewer`: it has type restrictions but takes no tuples",
            "`document#viewer`: operators nested deeper than 32",
        ],
    );
}

#[test]
fn recursion_through_an_operator_is_warned_about() {
    let warned = |name: &str| {
        format!(
            "`document#{name}`: it leads back to itself through `and` or `but not`, which OpenFGA's coming v2 resolver refuses"
        )
    };
    let plain = |name: &str| rel(name, &["user"], any([Rewrite::This, from(name, "parent")]));
    check(
        document(vec![
            direct("parent", &["document"]),
            direct("banned", &["user"]),
            plain("reader"),
            // Recursion below an operator, but not through it.
            rel("view", &[], but_not(of("reader"), of("banned"))),
            rel("own", &["user"], any([Rewrite::This, all([of("reader"), from("own", "parent")])])),
            rel(
                "kept",
                &["user"],
                but_not(any([Rewrite::This, from("kept", "parent")]), of("banned")),
            ),
            // The operator stands in one of two relations that lead to each other.
            rel("near", &["user"], any([Rewrite::This, from("far", "parent")])),
            rel("far", &["user", "document#near"], but_not(Rewrite::This, of("banned"))),
        ]),
        &["own", "kept", "far"].map(warned).each_ref().map(String::as_str),
    );
}
