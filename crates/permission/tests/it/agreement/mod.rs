//! Every answer is the naive evaluator's, on generated worlds.
//!
//! The suite runs some hundred worlds; `cargo xtask worlds --count 10000` runs as many as are asked
//! for. A failure names its seed first.

mod case;
mod check;
mod deep;
mod expand;
mod explain;
mod objects;
mod permissions;
mod users;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_permission::check::Limits;

use crate::naive::{Naive, Rule};
use crate::worlds::walk;
use case::Case;

/// How many worlds the suite asks about.
const WORLDS: u64 = 400;
/// How many worlds of each shape are asked for every kind of answer, not only for checks: the first
/// ones.
const THOROUGH: u64 = 100;

/// Paths here are longer than OpenFGA's limit, and shorter than this.
const LIMITS: Limits = Limits { depth: 1_000, steps: 1_000_000 };

/// How often what occurred, so that a generator that drifts cannot make the agreement empty.
#[derive(Debug, Default)]
struct Seen(BTreeMap<&'static str, usize>);

impl Seen {
    fn count(&mut self, what: &'static str, times: usize) {
        *self.0.entry(what).or_default() += times;
    }

    fn demand(&self, least: &[(&str, usize)]) {
        for (what, least) in least {
            let count = self.0.get(what).copied().unwrap_or(0);
            assert!(count >= *least, "{what} occurred {count} times of {least}: {self:?}");
        }
    }
}

/// Whether a difference was found: the other half of the worlds need not be asked about then.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Tells when it is dropped by a panic, and names the seed if nothing else did.
struct Watch(u64);

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            FAILED.store(true, Ordering::Relaxed);
            #[expect(clippy::print_stdout, reason = "a failure names its seed")]
            {
                println!("seed {}: a panic", self.0);
            }
        }
    }
}

/// The worlds to ask about; those that `cargo xtask worlds` wants, if it runs this.
fn seeds() -> (Range<u64>, bool) {
    #[expect(clippy::disallowed_methods, reason = "how long to run is said from outside")]
    let wanted = std::env::var("COUNTERFOIL_WORLDS").unwrap_or_default();
    match wanted.split_once("..") {
        Some((from, to)) => (from.parse().unwrap()..to.parse().unwrap(), true),
        None => (0..WORLDS, false),
    }
}

/// Asks everything about the worlds with seeds of one parity, which is one shape of worlds.
fn agree(parity: u64) -> Option<Seen> {
    let (seeds, long) = seeds();
    let mut seen = Seen::default();
    let mut watch = Watch(0);
    for seed in seeds.clone().filter(|seed| seed % 2 == parity) {
        if FAILED.load(Ordering::Relaxed) {
            return None;
        }
        watch.0 = seed;
        let case = Case::new(seed);
        count_rules(&case, &mut seen);
        let facts = case.world.facts();
        let naive = Naive::new(&case.world.lines, &facts, &case.users);
        check::agree(&case, &naive, &mut seen);
        if long || seed / 2 < THOROUGH {
            objects::agree(&case, &naive, &mut seen);
            users::agree(&case, &naive, &mut seen);
            explain::agree(&case, &mut seen);
            expand::agree(&case, &mut seen);
            permissions::agree(&case);
            users::agree_on_usersets(&case, &mut seen);
            deep::agree(&case);
        }
    }
    if long {
        #[expect(clippy::print_stdout, reason = "what was run is the result of a long run")]
        {
            println!("the worlds of seeds {seeds:?} with parity {parity} agree: {:?}", seen.0);
        }
        return None;
    }
    Some(seen)
}

#[test]
fn worlds_with_cycles_agree() {
    let Some(seen) = agree(0) else { return };
    seen.demand(&[
        ("allow", 10_000),
        ("deny", 10_000),
        ("missing", 500),
        ("own", 250),
        ("same", 100),
        ("via", 100),
        ("any", 150),
        ("all", 100),
        ("object", 10_000),
        ("userset", 1_000),
        ("wildcard", 1_000),
        ("contextual", 250),
        ("expired", 250),
        ("deleted", 250),
        ("listed objects", 3_000),
        ("undecided objects", 200),
        ("listed users", 3_000),
        ("undecided users", 200),
        ("listed wildcards", 300),
        ("listed usersets", 1_000),
        ("explained allows", 3_000),
        ("explained denials", 3_000),
        ("explained doubts", 150),
        ("expanded users", 1_000),
    ]);
}

#[test]
fn worlds_with_subtraction_agree() {
    let Some(seen) = agree(1) else { return };
    seen.demand(&[
        ("allow", 5_000),
        ("deny", 10_000),
        ("missing", 300),
        ("own", 250),
        ("same", 100),
        ("via", 100),
        ("any", 50),
        ("all", 50),
        ("without", 200),
        ("object", 10_000),
        ("contextual", 250),
        ("expired", 250),
        ("deleted", 250),
        ("listed objects", 1_000),
        ("undecided objects", 100),
        ("listed users", 1_000),
        ("undecided users", 100),
        ("listed wildcards", 100),
        ("excluded users", 10),
        ("explained allows", 1_000),
        ("explained denials", 3_000),
        ("explained doubts", 50),
        ("expanded users", 1_000),
    ]);
}

fn count_rules(case: &Case, seen: &mut Seen) {
    seen.count("contextual", case.world.contextual.len());
    seen.count("expired", case.world.expired.len());
    seen.count("deleted", case.world.deleted.len());
    for line in &case.world.lines {
        walk(&line.rule, &mut |rule| {
            let name = match rule {
                Rule::Own => "own",
                Rule::Same(_) => "same",
                Rule::Via { .. } => "via",
                Rule::Any(_) => "any",
                Rule::All(_) => "all",
                Rule::Without(..) => "without",
            };
            seen.count(name, 1);
        });
    }
}
