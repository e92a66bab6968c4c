//! Generated worlds, ready to be asked.

use std::collections::BTreeSet;
use std::sync::Arc;

use counterfoil_permission::ListLimits;
use counterfoil_permission::check::{CheckRequest, Decision, Snapshot};
use counterfoil_permission::compile::{CheckedModel, compile};
use counterfoil_permission::graph::{Change, Graph};
use counterfoil_permission::model::{Relation, Rewrite};
use counterfoil_permission::tuple::{ObjectName, RelationName, Tuple, UserName};

use super::LIMITS;
use crate::build::{Named, all, any, but_not, direct, from, model, of, rel, tuple, ty};
use crate::naive::{Fact, Line, Rule};
use crate::ways::graphs;
use crate::worlds::{World, world};

/// The moment of every question, in seconds since 1970.
pub(super) const NOW: u64 = 1_000;

pub(super) const LIST_LIMITS: ListLimits = ListLimits { check: LIMITS, steps: 1_000_000 };

/// One world, and all that is asked of it.
pub(super) struct Case {
    pub(super) seed: u64,
    pub(super) world: World,
    pub(super) snapshot: Snapshot,
    /// The same, come about in another way.
    other: (&'static str, Snapshot),
    pub(super) contextual: Vec<Tuple>,
    pub(super) users: BTreeSet<String>,
}

impl Case {
    pub(super) fn new(seed: u64) -> Self {
        let world = world(seed);
        let graph = graph(seed, &world);
        let mut ways = graphs(&graph.list(), seed);
        let (way, again) = ways.swap_remove(usize::try_from(seed).unwrap() % ways.len());
        let snapshot = Snapshot::new(Arc::new(checked(&world)), Arc::new(graph));
        let other = (way, snapshot.with_graph(Arc::new(again)));
        let contextual = world.contextual.iter().map(|fact| tuple(&spell(fact))).collect();
        let mut users = world.users();
        users.insert("user:*".to_owned());
        Self { seed, snapshot, other, contextual, users, world }
    }

    /// The world, for whoever must find out what went wrong.
    pub(super) fn tell(&self) -> String {
        let tuples = |facts: &[Fact]| facts.iter().map(spell).collect::<Vec<_>>();
        let World { lines, stored, contextual, expired, deleted, .. } = &self.world;
        format!(
            "{lines:#?}\nstored {:#?}\ncontextual {:#?}\nexpired {:#?}\ndeleted {:#?}",
            tuples(stored),
            tuples(contextual),
            tuples(expired),
            tuples(deleted),
        )
    }

    pub(super) fn objects(line: &Line) -> impl Iterator<Item = String> {
        (0..=5).map(|object| format!("{}:{object}", line.of))
    }

    /// The answer to `document:1#viewer@user:alice`: yes, no, or nobody knows.
    pub(super) fn check(&self, question: &str) -> Option<bool> {
        let (object, rest) = question.split_once('#').unwrap();
        let (relation, user) = rest.split_once('@').unwrap();
        let (object, relation) =
            (ObjectName::parse(object).unwrap(), RelationName::parse(relation).unwrap());
        let user = UserName::parse(user).unwrap();
        let request = CheckRequest::new(&object, &relation, &user)
            .contextual(&self.contextual)
            .limits(LIMITS)
            .now(NOW);
        let decision = self.snapshot.check(&request, &Named).unwrap();
        let (way, other) = &self.other;
        let again = other.check(&request, &Named).unwrap();
        assert_eq!(again, decision, "seed {}: {question} {way}\n{}", self.seed, self.tell());
        match decision {
            Decision::Allow => Some(true),
            Decision::Deny => Some(false),
            Decision::Missing(missing) => {
                assert!(!missing.is_empty(), "seed {}: {question}", self.seed);
                None
            }
            other => panic!("seed {}: {question}: {other:?}\n{}", self.seed, self.tell()),
        }
    }
}

pub(super) fn spell(fact: &Fact) -> String {
    let condition = fact.condition.map(|name| format!(" with {name}")).unwrap_or_default();
    format!("{}#{}@{}{condition}", fact.object, fact.relation, fact.user)
}

fn checked(world: &World) -> CheckedModel {
    let relations = |name: &str| {
        world.lines.iter().filter(|line| line.of == name).map(relation).collect::<Vec<_>>()
    };
    let types = ["user", "group", "folder", "document"].map(|name| ty(name, relations(name)));
    compile(&model(types.into())).unwrap()
}

fn relation(line: &Line) -> Relation {
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

/// The tuples of a world, laid out at once or by changes, in a way that the seed chooses.
fn graph(seed: u64, world: &World) -> Graph {
    let mut stored: Vec<Tuple> = world.stored.iter().map(|fact| tuple(&spell(fact))).collect();
    for late in stored.iter_mut().step_by(4) {
        *late = late.clone().with_expiry(NOW + 1);
    }
    let expired = world.expired.iter().map(|fact| tuple(&spell(fact)).with_expiry(NOW));
    let deleted: Vec<Tuple> = world.deleted.iter().map(|fact| tuple(&spell(fact))).collect();
    let all: Vec<Tuple> = stored.into_iter().chain(expired).collect();
    if seed % 4 < 2 {
        return Graph::new(&all).unwrap();
    }
    let (first, later) = all.split_at(all.len() / 2);
    let (old, young) = deleted.split_at(deleted.len() / 2);
    let mut graph = Graph::new(&[first, old].concat()).unwrap();
    let mut changes: Vec<Change> = young.iter().cloned().map(Change::Write).collect();
    for tuple in later {
        // What was written under a condition or for a time is written anew.
        if let Ok(other) = plain(tuple).with_condition("closed", Default::default()) {
            changes.push(Change::Write(other));
        }
        changes.push(Change::Write(tuple.clone()));
    }
    changes.extend(old.iter().chain(young).map(|tuple| Change::Delete(plain(tuple))));
    let at_once = if seed.is_multiple_of(3) { changes.len().max(1) } else { 7 };
    for (round, some) in changes.chunks(at_once).enumerate() {
        graph = graph.with(some).unwrap();
        if seed.is_multiple_of(5) && round == 1 {
            graph = graph.merged();
        }
    }
    graph
}

/// A tuple without condition and end.
fn plain(tuple: &Tuple) -> Tuple {
    let names = [tuple.object().to_string(), tuple.user().to_string()];
    Tuple::parse(&names[0], tuple.relation().as_str(), &names[1]).unwrap()
}
