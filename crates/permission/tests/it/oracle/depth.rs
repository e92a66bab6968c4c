//! Chains about as long as OpenFGA follows them.

use std::collections::BTreeMap;

use super::engine::{Engine, compiled};
use super::sheet::{Check, Said, Sheet};
use super::{fga, text};
use crate::naive::{Fact, Line, Rule};
use crate::worlds::World;

fn line(of: &'static str, name: &'static str, allowed: &[&str], rule: Rule) -> Line {
    let allowed = allowed.iter().map(|text| (*text).to_owned()).collect();
    Line { of, name, allowed, rule }
}

/// A chain of objects, the user at its end.
fn chain(kind: &str, links: usize) -> (World, Sheet) {
    let up = Rule::Via { link: "parent", relation: "viewer" };
    let lead = || Box::new(Rule::Same("lead"));
    let lines = match kind {
        "groups" => vec![line("group", "member", &["user", "group#member"], Rule::Own)],
        "folders" => vec![
            line("folder", "parent", &["folder"], Rule::Own),
            line("folder", "viewer", &["user"], Rule::Any(vec![Rule::Own, up])),
        ],
        "taking turns" => vec![
            line("group", "member", &["user", "folder#viewer"], Rule::Own),
            line("folder", "viewer", &["user", "group#member"], Rule::Own),
        ],
        _ => vec![
            line("group", "lead", &["user"], Rule::Own),
            line(
                "group",
                "member",
                &["user", "group#member"],
                Rule::Without(Box::new(Rule::Own), lead()),
            ),
        ],
    };
    let mut stored = vec![];
    let mut fact = |object: &str, relation: &str, user: &str| {
        let [object, relation, user] = [object, relation, user].map(str::to_owned);
        stored.push(Fact { object, relation, user, condition: None });
    };
    let spell = |at: usize| match kind {
        "folders" => (format!("folder:{at}"), "viewer"),
        "taking turns" if at % 2 == 1 => (format!("folder:{at}"), "viewer"),
        _ => (format!("group:{at}"), "member"),
    };
    for at in 0..links {
        let ((object, relation), (next, of)) = (spell(at), spell(at + 1));
        match kind {
            "folders" => fact(&object, "parent", &next),
            _ => fact(&object, relation, &format!("{next}#{of}")),
        }
    }
    let (end, relation) = spell(links);
    fact(&end, relation, "user:0");
    let (object, relation) = spell(0);
    let check = |user: &str| Check {
        object: object.clone(),
        relation: relation.to_owned(),
        user: user.to_owned(),
    };
    let sheet = Sheet { checks: vec![check("user:0"), check("user:1")], ..Sheet::default() };
    (World { lines, stored, ..World::default() }, sheet)
}

/// How long a chain of a kind both answer: allow and deny, ours and theirs.
#[test]
fn openfga_gives_up_at_the_same_depth() {
    let kinds = ["taking turns", "subtracting", "groups", "folders"];
    let mut chains = BTreeMap::new();
    for (number, kind) in kinds.iter().enumerate() {
        for links in 20..30 {
            chains.insert(format!("{number}{links:05}"), (*kind, links, chain(kind, links)));
        }
    }
    let files = chains.iter().map(|(name, (_, _, (world, sheet)))| {
        (name.clone(), (text::model(world), text::test_file(world, sheet, 0, name)))
    });
    let verdicts = fga::ask("depth", &files.collect());
    let mut longest: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for (name, (kind, links, (world, sheet))) in &chains {
        let ours = Engine::new(world, 0, compiled(world).unwrap()).answers(sheet).checks;
        let theirs = &verdicts[name].as_ref().unwrap().checks;
        for (at, said) in ours.iter().chain(theirs).enumerate() {
            let wanted = [Said::Yes, Said::No][at % 2];
            if *said != Said::Unsure {
                assert_eq!(*said, wanted, "{kind} {links}");
                longest.entry(kind).or_default()[at] = *links;
            }
        }
    }
    // OpenFGA walks relations that lead to nothing but themselves in a way of its own: one link
    // further, and without a limit where nobody is at the end.
    let expected = BTreeMap::from([
        ("taking turns", [24, 24, 24, 24]),
        ("subtracting", [24, 24, 24, 24]),
        ("groups", [24, 24, 25, 29]),
        ("folders", [24, 24, 25, 29]),
    ]);
    assert_eq!(longest, expected);
}
