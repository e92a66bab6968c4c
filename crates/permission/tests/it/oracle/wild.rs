//! Worlds of any shape from a seed: also those that the other generator avoids because the naive
//! evaluator or OpenFGA's coming resolver decide them otherwise.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::naive::{Fact, Line, Rule, permitted};
use crate::worlds::{World, walk};

/// How many objects of each type there are.
const OBJECTS: usize = 3;

/// How many operators a rule may nest.
const NESTING: usize = 2;

/// Every relation but the links, by type.
const RELATIONS: [(&str, &[&str]); 3] = [
    ("group", &["member", "lead", "staff"]),
    ("folder", &["viewer", "editor", "admin"]),
    ("document", &["a", "b", "c"]),
];

/// What users are listed and asked about.
const USERS: [&str; 10] = [
    "user:0",
    "user:1",
    "user:2",
    "user:unheard-of",
    "user:*",
    "group:1",
    "group:0#member",
    "group:2#lead",
    "folder:1#viewer",
    "document:0#a",
];

struct Maker {
    rng: ChaCha8Rng,
    /// The relations of whatever the link of the type at hand may name.
    linked: Vec<&'static str>,
}

pub(crate) fn wild(seed: u64) -> World {
    let mut maker = Maker { rng: ChaCha8Rng::seed_from_u64(!seed), linked: vec![] };
    let mut lines = vec![];
    for (of, names) in RELATIONS {
        maker.linked = vec![];
        if of != "group" {
            let allowed =
                maker.some(&["folder", "folder", "group", "document", "folder with open"]);
            maker.linked = allowed.iter().flat_map(|to| relations_of(to)).copied().collect();
            lines.push(Line { of, name: "parent", allowed, rule: Rule::Own });
        }
        for name in names.iter().copied() {
            let rule = maker.rule(of, names, name, NESTING);
            let allowed = if is_direct(&rule) { maker.allowed() } else { vec![] };
            lines.push(Line { of, name, allowed, rule });
        }
    }
    let mut facts: Vec<Fact> = vec![];
    for line in &lines {
        for _ in 0..maker.below(9) {
            facts.extend(maker.fact(line).filter(|fact| {
                let key =
                    |fact: &Fact| (fact.object.clone(), fact.relation.clone(), fact.user.clone());
                permitted(&lines, fact) && !facts.iter().any(|known| key(known) == key(fact))
            }));
        }
    }
    let contextual =
        if seed.is_multiple_of(3) { facts.split_off(facts.len() * 3 / 4) } else { vec![] };
    let mut questions = vec![];
    for line in &lines {
        for object in 0..=OBJECTS {
            for user in USERS {
                questions.push((format!("{}:{object}", line.of), line.name, user.to_owned()));
            }
        }
    }
    World { lines, stored: facts, contextual, questions, ..World::default() }
}

impl Maker {
    fn below(&mut self, bound: usize) -> usize {
        self.rng.next_u32() as usize % bound
    }

    fn one<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    /// One or two of them.
    fn some(&mut self, all: &[&str]) -> Vec<String> {
        let mut some = vec![self.one(all).to_owned()];
        let other = self.one(all).to_owned();
        if self.below(2) == 0 && !some.contains(&other) {
            some.push(other);
        }
        some
    }

    fn rule(
        &mut self,
        of: &'static str,
        names: &[&'static str],
        own: &'static str,
        nesting: usize,
    ) -> Rule {
        if nesting == 0 || self.below(3) == 0 {
            return self.leaf(of, names, own);
        }
        let mut inner = || self.rule(of, names, own, nesting - 1);
        let (one, two, three) = (inner(), inner(), inner());
        match self.below(7) {
            0 | 1 => Rule::Any(vec![Rule::Own, one, two]),
            2 => Rule::Any(vec![one, two]),
            3 => Rule::All(vec![one, two]),
            4 => Rule::All(vec![Rule::Any(vec![Rule::Own, one]), Rule::Any(vec![two, three])]),
            5 => Rule::Without(Box::new(one), Box::new(two)),
            _ => Rule::Without(Box::new(Rule::Any(vec![Rule::Own, one])), Box::new(two)),
        }
    }

    fn leaf(&mut self, of: &'static str, names: &[&'static str], own: &'static str) -> Rule {
        let other = names[self.below(names.len())];
        match self.below(5) {
            0 if other != own => Rule::Same(other),
            1 | 2 if of != "group" => {
                let there = self.below(self.linked.len());
                Rule::Via { link: "parent", relation: self.linked[there] }
            }
            _ => Rule::Own,
        }
    }

    fn allowed(&mut self) -> Vec<String> {
        let mut allowed = vec!["user".to_owned()];
        for _ in 0..self.below(4) {
            let (of, names) = RELATIONS[self.below(RELATIONS.len())];
            let user = match self.below(8) {
                0..=2 => "user".to_owned(),
                3 => "user:*".to_owned(),
                4 => of.to_owned(),
                _ => format!("{of}#{}", self.one(names)),
            };
            let condition = self.one(&["", "", "", " with open", " with closed", " with later"]);
            let text = format!("{user}{condition}");
            if !allowed.contains(&text) {
                allowed.push(text);
            }
        }
        allowed
    }

    fn fact(&mut self, line: &Line) -> Option<Fact> {
        let allowed: Vec<&str> = line.allowed.iter().map(String::as_str).collect();
        if allowed.is_empty() {
            return None;
        }
        let text = self.one(&allowed);
        let (user, condition) = match text.split_once(" with ") {
            Some((user, name)) => {
                (user, ["open", "closed", "later"].into_iter().find(|known| *known == name))
            }
            None => (text, None),
        };
        let (number, other) = (self.below(OBJECTS), self.below(OBJECTS));
        let object = format!("{}:{number}", line.of);
        let user = match (user.split_once('#'), user.ends_with(":*")) {
            (Some((of, relation)), _) => format!("{of}:{other}#{relation}"),
            (None, true) => user.to_owned(),
            (None, false) => format!("{user}:{other}"),
        };
        Some(Fact { object, relation: line.name.to_owned(), user, condition })
    }
}

fn relations_of(link: &str) -> &'static [&'static str] {
    let link = link.split(' ').next();
    RELATIONS.iter().find(|(of, _)| Some(*of) == link).map_or(&[], |(_, names)| names)
}

fn is_direct(rule: &Rule) -> bool {
    let mut found = false;
    walk(rule, &mut |rule| found |= matches!(rule, Rule::Own));
    found
}
