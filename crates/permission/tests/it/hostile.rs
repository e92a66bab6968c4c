//! Data of any shape takes bounded time and stack.

use counterfoil_permission::check::{Decision, Limits};

use crate::build::{any, ask, ask_with, direct, from, model, of, rel, snapshot, ty};
use counterfoil_permission::model::Rewrite;

fn groups(edges: impl Iterator<Item = (usize, usize)>) -> Vec<String> {
    edges.map(|(from, to)| format!("group:{from}#member@group:{to}#member")).collect()
}

fn world(tuples: &[String]) -> counterfoil_permission::check::Snapshot {
    let types =
        vec![ty("user", vec![]), ty("group", vec![direct("member", &["user", "group#member"])])];
    snapshot(&model(types), &tuples.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn everybody_in_everybody() {
    let clique = |size: usize| groups((0..size).flat_map(move |a| (0..size).map(move |b| (a, b))));
    // Fewer groups than the depth limit: no path is too long, so the answer is no.
    assert_eq!(ask(&world(&clique(20)), "group:0#member@user:a"), Decision::Deny);
    assert_eq!(ask(&world(&clique(60)), "group:0#member@user:a"), Decision::TooComplex);
    let mut tuples = clique(20);
    tuples.push("group:19#member@user:a".to_owned());
    assert_eq!(ask(&world(&tuples), "group:0#member@user:a"), Decision::Allow);
}

#[test]
fn layers_joined_by_every_edge() {
    let layers = |count: usize| {
        groups((0..count - 1).flat_map(|layer| {
            (0..12).flat_map(move |a| (0..12).map(move |b| (layer * 12 + a, (layer + 1) * 12 + b)))
        }))
    };
    assert_eq!(ask(&world(&layers(20)), "group:0#member@user:a"), Decision::Deny);
    assert_eq!(ask(&world(&layers(40)), "group:0#member@user:a"), Decision::TooComplex);
}

#[test]
fn a_long_chain_under_a_high_limit_does_not_overflow_the_stack() {
    let tuples = groups((0..5_000).map(|group| (group, group + 1)));
    let limits = Limits { depth: u32::MAX, ..Limits::default() };
    let answer = ask_with(&world(&tuples), "group:0#member@user:a", &[], limits);
    assert_eq!(answer, Ok(Decision::TooComplex));
}

#[test]
fn a_long_chain_of_computed_relations_does_not_overflow_the_stack() {
    let mut relations = vec![direct("r0", &["user"])];
    for number in 1..5_000 {
        let rewrite = (0..3).fold(of(&format!("r{}", number - 1)), |inner, _| any([inner]));
        relations.push(rel(&format!("r{number}"), &[], rewrite));
    }
    let types = vec![ty("user", vec![]), ty("document", relations)];
    let snapshot = snapshot(&model(types), &["document:1#r0@user:a"]);
    assert_eq!(ask(&snapshot, "document:1#r50@user:a"), Decision::Allow);
    assert_eq!(ask(&snapshot, "document:1#r4999@user:a"), Decision::TooComplex);
}

#[test]
fn steps_are_limited() {
    let folder = vec![
        direct("parent", &["folder"]),
        rel("viewer", &["user"], any([Rewrite::This, from("viewer", "parent")])),
    ];
    let tuples: Vec<String> =
        (1..=50).map(|parent| format!("folder:0#parent@folder:{parent}")).collect();
    let tuples: Vec<&str> = tuples.iter().map(String::as_str).collect();
    let world = snapshot(&model(vec![ty("user", vec![]), ty("folder", folder)]), &tuples);
    let limits = Limits { steps: 30, ..Limits::default() };
    let answer = ask_with(&world, "folder:0#viewer@user:a", &[], limits);
    assert_eq!(answer, Ok(Decision::TooComplex));
    assert_eq!(ask(&world, "folder:0#viewer@user:a"), Decision::Deny);
}

#[test]
fn a_rewrite_of_any_depth_is_refused() {
    let rewrite = (0..2_000).fold(Rewrite::This, |inner, _| any([inner]));
    let types = vec![ty("user", vec![]), ty("document", vec![rel("viewer", &["user"], rewrite)])];
    assert!(counterfoil_permission::compile::compile(&model(types)).is_err());
}
