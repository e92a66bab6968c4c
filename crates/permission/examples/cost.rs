//! What a check, a change and a graph cost, on a world of documents in folders shared with groups.
//!
//! `cargo run --release -p counterfoil-permission --example cost -- 1000000`
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    reason = "a measurement for whoever works on the engine"
)]

use std::sync::Arc;
use std::time::Instant;

use counterfoil_permission::check::{
    CheckRequest, Checker, Conditions, Decision, HandleRequest, Snapshot, Truth,
};
use counterfoil_permission::compile::compile;
use counterfoil_permission::graph::{Change, Graph, GraphBuilder};
use counterfoil_permission::language::parse;
use counterfoil_permission::list_objects::ListObjectsRequest;
use counterfoil_permission::tuple::{Context, ObjectName, RelationName, Tuple, TypeName, UserName};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

const MODEL: &str = "model
  schema 1.1
type user
type group
  relations
    define member: [user, group#member, user with weekday]
type folder
  relations
    define parent: [folder]
    define owner: [user]
    define viewer: [user, user:*, group#member, user with weekday, group#member with weekday] or owner or viewer from parent
type document
  relations
    define parent: [folder]
    define owner: [user]
    define banned: [user, group#member]
    define barred: [user]
    define viewer: [user, user:*, group#member, user with weekday, group#member with weekday] or owner or viewer from parent
    define view: viewer but not banned
    define see: viewer but not barred
condition weekday(day: string) {
  day != \"sunday\"
}
";

struct World {
    users: u32,
    groups: u32,
    folders: u32,
    documents: u32,
    rng: ChaCha8Rng,
    conditional: u32,
    folder_parent: Vec<Option<u32>>,
    folder_grants: Vec<Vec<Grant>>,
    document_parent: Vec<u32>,
    document_grants: Vec<Vec<Grant>>,
    members: Vec<Vec<u32>>,
    inner: Vec<Vec<u32>>,
}

#[derive(Clone, Copy)]
enum Grant {
    User(u32),
    Group(u32),
}

fn id(kind: &str, number: u32) -> String {
    let mixed = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ kind.len() as u64;
    let other = mixed.wrapping_mul(0xD134_2543_DE82_EF95);
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        mixed >> 32,
        mixed & 0xFFFF,
        mixed >> 20 & 0xFFF,
        other & 0xFFF,
        other >> 16
    )
}

impl World {
    fn new(tuples: u32, conditional: u32) -> Self {
        let unit = (tuples / 400).max(1);
        let mut world = Self {
            users: unit * 10,
            groups: unit,
            folders: unit * 10,
            documents: unit * 100,
            rng: ChaCha8Rng::seed_from_u64(7),
            conditional,
            folder_parent: vec![],
            folder_grants: vec![],
            document_parent: vec![],
            document_grants: vec![],
            members: vec![vec![]; unit as usize],
            inner: vec![vec![]; unit as usize],
        };
        world.fill();
        world
    }

    fn below(&mut self, bound: u32) -> u32 {
        self.rng.next_u32() % bound
    }

    /// Few are named often.
    fn skewed(&mut self, bound: u32) -> u32 {
        let one = f64::from(self.rng.next_u32()) / f64::from(u32::MAX);
        ((one.powi(3) * f64::from(bound)) as u32).min(bound - 1)
    }

    fn grant(&mut self) -> Grant {
        if self.below(3) == 0 {
            Grant::Group(self.skewed(self.groups))
        } else {
            Grant::User(self.skewed(self.users))
        }
    }

    fn fill(&mut self) {
        for user in 0..self.users {
            for _ in 0..1 + self.below(4) {
                let group = self.skewed(self.groups);
                self.members[group as usize].push(user);
            }
        }
        // A tree of six levels, and some second parents.
        for group in 1..self.groups {
            let outer = group / 5;
            self.inner[outer as usize].push(group);
            if self.below(10) == 0 {
                let other = self.below(group);
                self.inner[other as usize].push(group);
            }
        }
        for folder in 0..self.folders {
            let parent = (folder > 10)
                .then(|| if self.below(4) == 0 { self.below(10) } else { self.below(folder) });
            self.folder_parent.push(parent);
            let count = if self.below(3) == 0 { 1 + self.below(4) } else { 0 };
            let grants = (0..count).map(|_| self.grant()).collect();
            self.folder_grants.push(grants);
        }
        for _ in 0..self.documents {
            let parent = self.below(self.folders);
            self.document_parent.push(parent);
            let count = if self.below(5) == 0 { 2 + self.below(8) } else { self.below(2) };
            let grants = (0..count).map(|_| self.grant()).collect();
            self.document_grants.push(grants);
        }
    }

    fn each(&mut self, mut emit: impl FnMut(Tuple)) {
        let tuple = |object: &str, number: u32, relation: &str, user: &str| {
            Tuple::parse(&format!("{object}:{}", id(object, number)), relation, user).unwrap()
        };
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let conditional = self.conditional;
        let mut emit = |tuple: Tuple, may: bool| {
            let with = may && rng.next_u32() % 100 < conditional;
            emit(if with {
                tuple.with_condition("weekday", Context::new()).unwrap()
            } else {
                tuple
            });
        };
        let user = |number: u32| format!("user:{}", id("user", number));
        let group = |number: u32| format!("group:{}#member", id("group", number));
        let folder = |number: u32| format!("folder:{}", id("folder", number));
        let named = |grant: &Grant| match grant {
            Grant::User(number) => user(*number),
            Grant::Group(number) => group(*number),
        };
        for (number, members) in (0..).zip(&self.members) {
            members.iter().for_each(|at| emit(tuple("group", number, "member", &user(*at)), true));
        }
        for (number, inner) in (0..).zip(&self.inner) {
            inner.iter().for_each(|at| emit(tuple("group", number, "member", &group(*at)), false));
        }
        for number in 0..self.folders {
            if let Some(parent) = self.folder_parent[number as usize] {
                emit(tuple("folder", number, "parent", &folder(parent)), false);
            }
            for grant in &self.folder_grants[number as usize] {
                emit(tuple("folder", number, "viewer", &named(grant)), true);
            }
        }
        for number in 0..self.documents {
            let parent = self.document_parent[number as usize];
            emit(tuple("document", number, "parent", &folder(parent)), false);
            let owner = (number.wrapping_mul(2_654_435_761) >> 4) % self.users;
            emit(tuple("document", number, "owner", &user(owner)), false);
            for grant in &self.document_grants[number as usize] {
                emit(tuple("document", number, "viewer", &named(grant)), true);
            }
            if number % 100 == 3 {
                emit(tuple("document", number, "viewer", "user:*"), false);
            }
            if number % 200 == 5 {
                emit(tuple("document", number, "banned", &user(owner)), false);
            }
        }
    }

    fn member(&mut self, group: u32) -> Option<u32> {
        let mut group = group;
        for _ in 0..6 {
            let inner = self.inner[group as usize].clone();
            let members = self.members[group as usize].clone();
            if !members.is_empty() && (inner.is_empty() || self.below(2) == 0) {
                return Some(members[self.below(members.len() as u32) as usize]);
            }
            if inner.is_empty() {
                return None;
            }
            group = inner[self.below(inner.len() as u32) as usize];
        }
        None
    }

    /// A document and a user, who may see it by some path if `allowed`.
    fn question(&mut self, allowed: bool) -> (u32, u32) {
        loop {
            let document = self.below(self.documents);
            if !allowed {
                return (document, self.skewed(self.users));
            }
            let mut grants = self.document_grants[document as usize].clone();
            let mut folder = Some(self.document_parent[document as usize]);
            while let Some(at) = folder {
                if self.below(2) == 0 {
                    grants.clone_from(&self.folder_grants[at as usize]);
                }
                folder = self.folder_parent[at as usize];
            }
            if grants.is_empty() {
                continue;
            }
            let at = self.below(grants.len() as u32) as usize;
            match grants[at] {
                Grant::User(user) => return (document, user),
                Grant::Group(group) => {
                    if let Some(user) = self.member(group) {
                        return (document, user);
                    }
                }
            }
        }
    }
}

struct Weekday;

impl Conditions for Weekday {
    fn holds(&self, _condition: &str, _context: &Context) -> Truth {
        Truth::True
    }
}

fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1024.0
}

fn report(name: &str, mut times: Vec<u32>) {
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    let mean = times.iter().map(|time| f64::from(*time)).sum::<f64>() / times.len() as f64;
    println!(
        "{name:<34} p50 {:>6} ns  p95 {:>6}  p99 {:>6}  p99.9 {:>7}  mean {mean:>7.0}",
        at(0.5),
        at(0.95),
        at(0.99),
        at(0.999)
    );
}

fn checks(
    name: &str,
    snapshot: &Snapshot,
    questions: &[(ObjectName, UserName)],
    contextual: &[Tuple],
) -> u32 {
    let relation = RelationName::parse("view").unwrap();
    let mut checker = Checker::default();
    let (mut times, mut allowed) = ([vec![], vec![]], 0);
    for round in 0..2 {
        for (object, user) in questions {
            // Whoever asks has just read the names: they are not far away in memory.
            let (object, user) = (object.clone(), user.clone());
            let request = CheckRequest::new(&object, &relation, &user).contextual(contextual);
            let start = Instant::now();
            let decision = snapshot.check_with(&mut checker, &request, &Weekday).unwrap();
            let time = start.elapsed().as_nanos() as u32;
            let allow = decision == Decision::Allow;
            if round == 1 {
                allowed += u32::from(allow);
                times[usize::from(allow)].push(time);
            }
        }
    }
    let [deny, allow] = times;
    report(&format!("{name}, all"), [deny.clone(), allow.clone()].concat());
    report(&format!("{name}, allow"), allow);
    report(&format!("{name}, deny"), deny);
    allowed
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let wanted: u32 = arguments.next().map_or(1_000_000, |text| text.parse().unwrap());
    let conditional: u32 = arguments.next().map_or(0, |text| text.parse().unwrap());
    let before = resident();
    let mut world = World::new(wanted, conditional);
    let world_bytes = resident() - before;
    let start = Instant::now();
    let mut builder = GraphBuilder::default();
    world.each(|tuple| builder.push(&tuple).unwrap());
    let pushed = start.elapsed();
    let graph = builder.finish().unwrap();
    let all = start.elapsed();
    let tuples = graph.tuples();
    let names: u32 =
        ["user", "group", "folder", "document"].iter().map(|of| graph.objects(of)).sum();
    let size = resident() - before - world_bytes;
    println!(
        "{tuples} tuples, {names} names: pushed in {pushed:.1?}, laid out in {:.1?}; {:.1} bytes per tuple in all, {:.1} beyond the ids'",
        all.checked_sub(pushed).unwrap(),
        size / tuples as f64,
        (size - f64::from(names) * 36.0) / tuples as f64
    );
    let questions: Vec<(ObjectName, UserName)> = (0..200_000)
        .map(|at| {
            let (document, user) = world.question(at % 2 == 0);
            let object = ObjectName::parse(&format!("document:{}", id("document", document)));
            (object.unwrap(), UserName::parse(&format!("user:{}", id("user", user))).unwrap())
        })
        .collect();
    let checked = compile(&parse(MODEL).unwrap()).unwrap();
    let snapshot = Snapshot::new(Arc::new(checked), Arc::new(graph));
    let allowed = checks("check", &snapshot, &questions, &[]);
    println!("{allowed} of {} allowed", questions.len());
    let some = [
        Tuple::parse("document:new", "viewer", "user:new").unwrap(),
        Tuple::parse(&format!("group:{}", id("group", 3)), "member", "user:new").unwrap(),
    ];
    checks("with contextual tuples", &snapshot, &questions, &some);
    let few: Vec<_> = questions.iter().take(500).cycle().take(500_000).cloned().collect();
    checks("check, near", &snapshot, &few, &[]);
    drop(few);
    handles(&snapshot, &questions);
    lists(&mut world, &snapshot);
    bytes(snapshot.graph());
    changes(&snapshot, &mut world, &questions);
}

fn handles(snapshot: &Snapshot, questions: &[(ObjectName, UserName)]) {
    let view = RelationName::parse("view").unwrap();
    let view = snapshot.resolve_relation("document", &view).unwrap();
    let asked: Vec<HandleRequest> = questions
        .iter()
        .filter_map(|(object, user)| {
            let UserName::Object(user) = user else { return None };
            let (object, user) = (snapshot.resolve(object)?, snapshot.resolve(user)?);
            Some(HandleRequest::new(object, view, user))
        })
        .collect();
    let mut checker = Checker::default();
    let mut times = vec![];
    for request in &asked {
        let start = Instant::now();
        let decision = snapshot.check_handles(&mut checker, request, &Weekday).unwrap();
        times.push(start.elapsed().as_nanos() as u32);
        assert!(matches!(decision, Decision::Allow | Decision::Deny));
    }
    report("by handles", times);
}

/// The list of somebody who may view every fourth document, most of them by folders.
fn lists(world: &mut World, snapshot: &Snapshot) {
    let folders = (0..world.folders).filter(|number| number % 5 == 0).map(|number| {
        let group = "group:outer#member";
        Tuple::parse(&format!("folder:{}", id("folder", number)), "viewer", group).unwrap()
    });
    let documents = (0..world.documents).filter(|number| number % 20 == 0).map(|number| {
        let document = format!("document:{}", id("document", number));
        Tuple::parse(&document, "viewer", "user:lister").unwrap()
    });
    let groups = [("group:inner", "user:lister"), ("group:outer", "group:inner#member")];
    let groups = groups.map(|(group, user)| Tuple::parse(group, "member", user).unwrap());
    let mut builder = GraphBuilder::default();
    folders.chain(documents).chain(groups).for_each(|tuple| builder.push(&tuple).unwrap());
    world.each(|tuple| builder.push(&tuple).unwrap());
    let snapshot = snapshot.with_graph(Arc::new(builder.finish().unwrap()));
    let document = TypeName::parse("document").unwrap();
    let lister = UserName::parse("user:lister").unwrap();
    for relation in ["viewer", "view", "see"] {
        let relation = RelationName::parse(relation).unwrap();
        let request = ListObjectsRequest::new(&document, &relation, &lister);
        let mut times = vec![];
        for _ in 0..7 {
            let start = Instant::now();
            let mut list = snapshot.list_objects(&request, &Weekday).unwrap();
            assert!(list.next().unwrap().is_ok());
            let first = start.elapsed();
            let bytes: usize = list.by_ref().map(|found| found.unwrap().len()).sum();
            times.push((start.elapsed(), first, bytes / 36 + 1));
        }
        times.sort_unstable();
        let (all, first, count) = times[times.len() / 2];
        println!(
            "list of {count} by `{}`: {:.0} results per second, the first after {first:.1?}",
            relation.as_str(),
            count as f64 / all.as_secs_f64()
        );
    }
}

fn bytes(graph: &Graph) {
    let mut bytes: Vec<u8> = vec![];
    let start = Instant::now();
    let sink = &mut |chunk: &[u8]| {
        bytes.extend_from_slice(chunk);
        Ok::<_, std::convert::Infallible>(())
    };
    graph.to_bytes(sink).unwrap();
    let written = start.elapsed();
    let before = resident();
    let start = Instant::now();
    let mut rest = bytes.as_slice();
    let again = Graph::from_bytes(&mut |room| std::io::Read::read(&mut rest, room)).unwrap();
    let read = start.elapsed();
    println!(
        "{:.1} bytes per tuple written in {written:.1?}, read in {read:.1?}: {:.0} tuples per second, {:.1} bytes per tuple in memory",
        bytes.len() as f64 / again.tuples() as f64,
        again.tuples() as f64 / read.as_secs_f64(),
        (resident() - before) / again.tuples() as f64
    );
}

fn changes(snapshot: &Snapshot, world: &mut World, questions: &[(ObjectName, UserName)]) {
    let mut graph: Graph = snapshot.graph().clone();
    let mut times = vec![];
    for at in 0..10_000 {
        let object = format!("document:{}", id("document", world.below(world.documents)));
        let user =
            if at % 3 == 0 { format!("new-{at}") } else { id("user", world.below(world.users)) };
        let tuple = Tuple::parse(&object, "viewer", &format!("user:{user}")).unwrap();
        let start = Instant::now();
        graph = graph.with(&[Change::Write(tuple)]).unwrap();
        times.push(start.elapsed().as_nanos() as u32);
    }
    report("publish one write", times);
    let start = Instant::now();
    let bound = snapshot.with_graph(Arc::new(graph.clone()));
    println!("bind {:.1?}", start.elapsed());
    checks("check on 10,000 changes", &bound, questions, &[]);
    let start = Instant::now();
    let merged = graph.merged();
    println!("merged {} in {:.1?}", merged.tuples(), start.elapsed());
}
