//! The engine says what the naive evaluator says, on generated worlds.

use std::collections::BTreeMap;
use std::sync::Arc;

use counterfoil_permission::check::{Decision, Limits, Snapshot};
use counterfoil_permission::model::Rewrite;

use crate::build::{all, any, ask_with, but_not, direct, from, model, of, rel, snapshot, ty};
use crate::naive::{Fact, Line, Naive, Rule};
use crate::ways::graphs;
use crate::worlds::{World, walk, world};

/// How many worlds the suite asks about.
pub(crate) const SEEDS: u64 = 400;

/// Paths here are longer than OpenFGA's limit, and shorter than this.
pub(crate) const LIMITS: Limits = Limits { depth: 1_000, steps: 1_000_000 };

#[test]
fn engine_and_naive_evaluator_agree() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..SEEDS {
        let world = world(seed);
        count_rules(&world, &mut seen);
        let (facts, users) = (world.facts(), world.users());
        let naive = Naive::new(&world.lines, &facts, &users);
        let snapshots = snapshots(&world, seed);
        let contextual: Vec<String> = world.contextual.iter().map(spell).collect();
        let contextual: Vec<&str> = contextual.iter().map(String::as_str).collect();
        for (object, relation, user) in &world.questions {
            let expected = match naive.has(object, relation, user) {
                Some(true) => "allow",
                Some(false) => "deny",
                None => "missing",
            };
            let question = format!("{object}#{relation}@{user}");
            for (way, snapshot) in &snapshots {
                let got = match ask_with(snapshot, &question, &contextual, LIMITS).unwrap() {
                    Decision::Allow => "allow",
                    Decision::Deny => "deny",
                    Decision::Missing(_) => "missing",
                    Decision::Failed { .. } => "failed",
                    Decision::TooComplex => "too complex",
                };
                assert_eq!(
                    got,
                    expected,
                    "seed {seed}, {way}: {question}\n{:#?}\nstored {:#?}\ncontextual {contextual:#?}",
                    world.lines,
                    world.stored.iter().map(spell).collect::<Vec<_>>(),
                );
            }
            *seen.entry(expected).or_default() += 1;
            *seen.entry(asked_kind(user)).or_default() += 1;
        }
    }
    // A generator that drifts must not make the agreement empty.
    for (what, least) in [
        ("allow", 10_000),
        ("deny", 10_000),
        ("missing", 1_000),
        ("own", 500),
        ("same", 200),
        ("via", 200),
        ("any", 200),
        ("all", 200),
        ("without", 200),
        ("object", 10_000),
        ("userset", 1_000),
        ("wildcard", 1_000),
        ("contextual", 500),
    ] {
        let count = seen.get(what).copied().unwrap_or(0);
        assert!(count >= least, "{what} occurred {count} times of {least}: {seen:?}");
    }
}

fn count_rules(world: &World, seen: &mut BTreeMap<&str, usize>) {
    *seen.entry("contextual").or_default() += world.contextual.len();
    for line in &world.lines {
        walk(&line.rule, &mut |rule| {
            let name = match rule {
                Rule::Own => "own",
                Rule::Same(_) => "same",
                Rule::Via { .. } => "via",
                Rule::Any(_) => "any",
                Rule::All(_) => "all",
                Rule::Without(..) => "without",
            };
            *seen.entry(name).or_default() += 1;
        });
    }
}

fn asked_kind(user: &str) -> &'static str {
    match (user.contains('#'), user.ends_with(":*")) {
        (true, _) => "userset",
        (false, true) => "wildcard",
        (false, false) => "object",
    }
}

/// The world laid out at once, and come about in one other way, by turns.
fn snapshots(world: &World, seed: u64) -> Vec<(&'static str, Snapshot)> {
    let laid_out = built(world);
    let tuples: Vec<String> = world.stored.iter().map(spell).collect();
    let mut ways = graphs(&tuples, seed);
    let turn = usize::try_from(seed).unwrap() % ways.len();
    let (way, graph) = ways.swap_remove(turn);
    let other = laid_out.with_graph(Arc::new(graph));
    vec![("laid out", laid_out), (way, other)]
}

pub(crate) fn built(world: &World) -> Snapshot {
    let relations = |name: &str| {
        world.lines.iter().filter(|line| line.of == name).map(relation).collect::<Vec<_>>()
    };
    let types = ["user", "group", "folder", "document"].map(|name| ty(name, relations(name)));
    let tuples: Vec<String> = world.stored.iter().map(spell).collect();
    snapshot(&model(types.into()), &tuples.iter().map(String::as_str).collect::<Vec<_>>())
}

fn relation(line: &Line) -> counterfoil_permission::model::Relation {
    let allowed: Vec<&str> = line.allowed.iter().map(String::as_str).collect();
    match &line.rule {
        Rule::Own => direct(line.name, &allowed),
        rule => rel(line.name, &allowed, rewrite(rule)),
    }
}

fn rewrite(rule: &Rule) -> Rewrite {
    let each = |rules: &[Rule]| rules.iter().map(rewrite).collect::<Vec<_>>();
    match rule {
        Rule::Own => Rewrite::This,
        Rule::Same(relation) => of(relation),
        Rule::Via { link, relation } => from(relation, link),
        Rule::Any(rules) => any(each(rules)),
        Rule::All(rules) => all(each(rules)),
        Rule::Without(base, out) => but_not(rewrite(base), rewrite(out)),
    }
}

pub(crate) fn spell(fact: &Fact) -> String {
    let condition = fact.condition.map(|name| format!(" with {name}")).unwrap_or_default();
    format!("{}#{}@{}{condition}", fact.object, fact.relation, fact.user)
}
