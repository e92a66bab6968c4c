//! Models and worlds from a seed.
//!
//! Kept off the shapes that OpenFGA's released and coming resolvers answer differently: recursion
//! through `and` or `but not`, relations restricted to aliases, usersets and wildcards asked about
//! across a subtraction, usersets asked about across `from` or about themselves. Also kept off
//! cycles under a subtraction, which OpenFGA denies whatever they lead to (see `cases`).

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::naive::{Fact, Line, Rule, permitted};

/// How many objects of each type there are.
const OBJECTS: u32 = 4;

/// Conditions as restrictions name them.
const CONDITIONS: [&str; 3] = ["open", "closed", "later"];

#[derive(Default)]
pub(crate) struct World {
    pub(crate) lines: Vec<Line>,
    pub(crate) stored: Vec<Fact>,
    pub(crate) contextual: Vec<Fact>,
    /// Written, but no longer there: they ended, or were deleted.
    pub(crate) expired: Vec<Fact>,
    pub(crate) deleted: Vec<Fact>,
    pub(crate) questions: Vec<(String, &'static str, String)>,
}

/// What must be so everywhere below `but not` and `and`, and may be otherwise elsewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Cycles, and no subtraction.
    Cyclic,
    /// Subtraction, and no cycles.
    Subtracting,
}

struct Maker {
    rng: ChaCha8Rng,
    shape: Shape,
    lines: Vec<Line>,
}

pub(crate) fn world(seed: u64) -> World {
    let shape = if seed.is_multiple_of(2) { Shape::Cyclic } else { Shape::Subtracting };
    let mut maker = Maker { rng: ChaCha8Rng::seed_from_u64(seed), shape, lines: vec![] };
    for name in ["member", "lead", "staff"] {
        maker.relation("group", name, None);
    }
    maker.link("folder", "folder");
    for name in ["viewer", "editor", "admin"] {
        maker.relation("folder", name, Some("folder"));
    }
    maker.link("document", "folder");
    for name in ["a", "b", "c", "d"] {
        maker.relation("document", name, Some("folder"));
    }
    let mut facts = maker.facts();
    let mut contextual = vec![];
    if seed.is_multiple_of(3) {
        let late = facts.split_off(facts.len() * 3 / 4);
        let (allowed, other) = late.into_iter().partition(|fact| permitted(&maker.lines, fact));
        (contextual, facts) = (allowed, [facts, other].concat());
    }
    let questions = maker.questions();
    let mut expired = maker.facts();
    expired.retain(|fact| !facts.iter().chain(&contextual).any(|known| same(known, fact)));
    let deleted = expired.split_off(expired.len() / 2);
    World { lines: maker.lines, stored: facts, contextual, expired, deleted, questions }
}

impl World {
    pub(crate) fn facts(&self) -> Vec<Fact> {
        [self.stored.clone(), self.contextual.clone()].concat()
    }

    pub(crate) fn users(&self) -> BTreeSet<String> {
        self.questions.iter().map(|(_, _, user)| user.clone()).collect()
    }
}

impl Maker {
    fn below(&mut self, bound: usize) -> usize {
        self.rng.next_u32() as usize % bound
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn link(&mut self, of: &'static str, to: &str) {
        let mut allowed = vec![to.to_owned()];
        if self.chance(20) {
            allowed.push(format!("{to} with later"));
        }
        self.lines.push(Line { of, name: "parent", allowed, rule: Rule::Own });
    }

    fn relation(&mut self, of: &'static str, name: &'static str, linked: Option<&'static str>) {
        let rule = self.rule(of, name, linked);
        // What recurs may do so in unions only.
        let recursive = !subtracts_or_intersects(&rule);
        let allowed = if is_direct(&rule) { self.allowed(of, name, recursive) } else { vec![] };
        self.lines.push(Line { of, name, allowed, rule });
    }

    fn rule(&mut self, of: &'static str, name: &'static str, linked: Option<&'static str>) -> Rule {
        let mut leaf = |recursive| self.leaf(of, name, linked, recursive);
        let (one, two, three) = (leaf(false), leaf(false), leaf(false));
        let (left, right) = (leaf(true), leaf(true));
        match (self.below(8), self.shape) {
            (0 | 1, _) => Rule::Own,
            (2, _) => one,
            (3 | 4, _) => Rule::Any(vec![Rule::Own, left, right]),
            (5, _) => Rule::All(vec![one, Rule::Any(vec![two, three])]),
            (6, Shape::Subtracting) => Rule::Without(
                Box::new(Rule::Any(vec![Rule::Own, one])),
                Box::new(Rule::All(vec![two, three])),
            ),
            (_, Shape::Subtracting) => Rule::Without(Box::new(one), Box::new(two)),
            (6, Shape::Cyclic) => Rule::All(vec![Rule::Own, one, two]),
            (_, Shape::Cyclic) => Rule::Any(vec![left, Rule::All(vec![one, two]), Rule::Own]),
        }
    }

    /// Own tuples, an earlier relation of the same type, or one over a link.
    fn leaf(
        &mut self,
        of: &'static str,
        name: &'static str,
        linked: Option<&'static str>,
        recursive: bool,
    ) -> Rule {
        let earlier = |other: &'static str, lines: &[Line]| -> Vec<&'static str> {
            let named = lines.iter().filter(|line| line.of == other && line.name != "parent");
            named.map(|line| line.name).collect()
        };
        let here = earlier(of, &self.lines);
        let mut there = linked.map(|other| earlier(other, &self.lines)).unwrap_or_default();
        if recursive && linked == Some(of) {
            there.push(name);
        }
        match self.below(3) {
            1 if !here.is_empty() => Rule::Same(here[self.below(here.len())]),
            2 if !there.is_empty() => {
                Rule::Via { link: "parent", relation: there[self.below(there.len())] }
            }
            _ => Rule::Own,
        }
    }

    fn allowed(&mut self, of: &'static str, name: &'static str, recursive: bool) -> Vec<String> {
        let mut allowed = vec!["user".to_owned()];
        if self.chance(35) {
            allowed.push("user:*".to_owned());
        }
        if self.chance(40) {
            allowed.push(format!("user with {}", CONDITIONS[self.below(3)]));
        }
        let usersets: Vec<String> = self
            .lines
            .iter()
            .filter(|line| line.name != "parent" && !matches!(line.rule, Rule::Same(_)))
            .map(|line| format!("{}#{}", line.of, line.name))
            .collect();
        for userset in usersets {
            if self.chance(20) {
                allowed.push(userset);
            } else if self.chance(10) {
                allowed.push(format!("{userset} with {}", CONDITIONS[self.below(3)]));
            }
        }
        if recursive && self.chance(60) {
            allowed.push(format!("{of}#{name}"));
        }
        allowed
    }

    fn facts(&mut self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = vec![];
        for line in self.lines.clone() {
            for _ in 0..self.below(10) {
                let fact = self.fact(&line);
                if !facts.iter().any(|known| same(known, &fact)) {
                    facts.push(fact);
                }
            }
        }
        // In no order, so that those brought along by the question are of every kind.
        for place in (1..facts.len()).rev() {
            let other = self.below(place + 1);
            facts.swap(place, other);
        }
        facts
    }

    fn fact(&mut self, line: &Line) -> Fact {
        let noise = ["user", "user:*", "group#member", "user with open"].map(str::to_owned);
        let allowed =
            if line.allowed.is_empty() || self.chance(10) { &noise[..] } else { &line.allowed[..] };
        let text = allowed[self.below(allowed.len())].clone();
        let (user, condition) = match text.split_once(" with ") {
            Some((user, name)) => {
                (user.to_owned(), CONDITIONS.into_iter().find(|known| *known == name))
            }
            None => (text, None),
        };
        let number = self.below(OBJECTS as usize);
        let mut other = self.below(OBJECTS as usize);
        // Downwards only where cycles are not wanted: every recursion passes own usersets or links.
        if self.shape == Shape::Subtracting && other <= number {
            other = number + 1;
        }
        let user = match (user.split_once('#'), user.ends_with(":*")) {
            (Some((of, relation)), _) => format!("{of}:{other}#{relation}"),
            (None, true) => user,
            (None, false) => format!("{user}:{other}"),
        };
        Fact {
            object: format!("{}:{number}", line.of),
            relation: line.name.to_owned(),
            user,
            condition,
        }
    }

    fn questions(&mut self) -> Vec<(String, &'static str, String)> {
        let mut users: Vec<String> = (0..=OBJECTS).map(|user| format!("user:{user}")).collect();
        users.push("user:unheard-of".to_owned());
        if self.shape == Shape::Cyclic {
            users.push("user:*".to_owned());
            if !self.lines.iter().any(|line| crosses(&line.rule)) {
                users.extend((0..OBJECTS).map(|group| format!("group:{group}#member")));
            }
        }
        let mut questions = vec![];
        for line in &self.lines {
            for object in 0..=OBJECTS {
                let object = format!("{}:{object}", line.of);
                for user in users.iter().filter(|user| !user.starts_with(&format!("{object}#"))) {
                    questions.push((object.clone(), line.name, user.clone()));
                }
            }
        }
        questions
    }
}

/// Whether two tuples are one, whatever their conditions.
fn same(one: &Fact, other: &Fact) -> bool {
    (&one.object, &one.relation, &one.user) == (&other.object, &other.relation, &other.user)
}

pub(crate) fn walk(rule: &Rule, visit: &mut dyn FnMut(&Rule)) {
    visit(rule);
    match rule {
        Rule::Own | Rule::Same(_) | Rule::Via { .. } => {}
        Rule::Any(rules) | Rule::All(rules) => rules.iter().for_each(|rule| walk(rule, visit)),
        Rule::Without(base, out) => {
            walk(base, visit);
            walk(out, visit);
        }
    }
}

fn has(rule: &Rule, wanted: fn(&Rule) -> bool) -> bool {
    let mut found = false;
    walk(rule, &mut |rule| found |= wanted(rule));
    found
}

fn is_direct(rule: &Rule) -> bool {
    has(rule, |rule| matches!(rule, Rule::Own))
}

fn crosses(rule: &Rule) -> bool {
    has(rule, |rule| matches!(rule, Rule::Via { .. }))
}

fn subtracts_or_intersects(rule: &Rule) -> bool {
    has(rule, |rule| matches!(rule, Rule::All(_) | Rule::Without(..)))
}
