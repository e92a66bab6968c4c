//! OpenFGA's answers beside ours. Whatever differs has a name, or fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::ops::Range;

use serde_json::Value;

use super::engine::{Engine, compiled};
use super::sheet::{Answers, Check, Said, Sheet};
use super::wild::wild;
use super::{coming, fga, text};
use crate::worlds::{World, world};

/// How many worlds of each kind the suite asks about.
const ORDINARY: u64 = 100;
const WILD: u64 = 200;

/// How many worlds are held in memory.
const AT_ONCE: u64 = 500;

/// How often OpenFGA is asked again where it differs: some of its answers depend on which of its
/// threads comes first.
const AGAIN: usize = 12;

#[test]
fn openfga_says_the_same_of_ordinary_worlds() {
    compare("ordinary", world, seeds(ORDINARY)).at_least(&[
        ("check Yes", 1_500),
        ("check No", 2_000),
        ("check Unsure", 5),
        ("objects", 700),
        ("users", 700),
    ]);
}

#[test]
fn openfga_says_the_same_of_worlds_of_any_shape() {
    compare("wild", wild, seeds(WILD)).at_least(&[
        ("refused by both", 40),
        ("warned", 40),
        ("self_referential_userset", 10),
        ("userset_with_exclusion", 100),
        ("wildcard_with_exclusion", 50),
        ("alias_userset", 20),
        ("check Yes", 1_500),
        ("check No", 2_000),
        ("check Unsure", 5),
        ("objects", 700),
        ("users", 700),
    ]);
}

/// A world that our engine takes, and what is asked of it.
struct Case {
    seed: u64,
    /// Whether a relation leads back to itself through `and` or `but not`.
    recursive: bool,
    world: World,
    sheet: Sheet,
    engine: Engine,
}

/// The worlds to ask about: the first ones, or those that `cargo xtask worlds` wants.
pub(super) fn seeds(few: u64) -> Range<u64> {
    #[expect(clippy::disallowed_methods, reason = "how long to run is said from outside")]
    let wanted = std::env::var("COUNTERFOIL_WORLDS").unwrap_or_default();
    match wanted.split_once("..") {
        Some((from, to)) => from.parse().unwrap()..to.parse().unwrap(),
        None => 0..few,
    }
}

/// How often what happened, and what must not.
#[derive(Debug, Default)]
pub(super) struct Tally {
    seen: BTreeMap<String, usize>,
    pub(super) wrong: Vec<String>,
}

impl Tally {
    pub(super) fn count(&mut self, what: &str) {
        *self.seen.entry(what.to_owned()).or_default() += 1;
    }

    pub(super) fn at_least(&self, quotas: &[(&str, usize)]) {
        assert!(self.wrong.is_empty(), "{}\n{:#?}", self.wrong.join("\n"), self.seen);
        if seeds(0).end > 0 {
            #[expect(clippy::print_stdout, reason = "what a long run prints")]
            {
                println!("{:#?}", self.seen);
            }
            return;
        }
        for (what, least) in quotas {
            let count = self.seen.get(*what).copied().unwrap_or(0);
            assert!(count >= *least, "{what} occurred {count} times of {least}: {:#?}", self.seen);
        }
    }
}

/// Asks both about the worlds of these seeds.
fn compare(kind: &str, make: fn(u64) -> World, seeds: Range<u64>) -> Tally {
    let mut tally = Tally::default();
    let mut from = seeds.start;
    while from < seeds.end {
        let to = seeds.end.min(from + AT_ONCE);
        compare_some(kind, make, from..to, &mut tally);
        from = to;
    }
    tally
}

fn compare_some(kind: &str, make: fn(u64) -> World, seeds: Range<u64>, tally: &mut Tally) {
    let (mut files, mut cases, mut refused) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for seed in seeds {
        let (name, world) = (format!("{seed:06}"), make(seed));
        match compiled(&world) {
            Ok(model) => {
                let guarded = |finding| format!("{finding}").contains("leads back to itself");
                let recursive = model.warnings().iter().any(guarded);
                tally.count(if model.warnings().is_empty() { "not warned" } else { "warned" });
                let engine = Engine::new(&world, seed, model);
                let sheet = Sheet::of(&world, seed, |check| engine.check(check));
                let file = text::test_file(&world, &sheet, seed, &name);
                files.insert(name.clone(), (text::model(&world), file));
                cases.insert(name, Case { seed, recursive, world, sheet, engine });
            }
            Err(why) => {
                let file = text::test_file(&world, &Sheet::default(), seed, &name);
                files.insert(name.clone(), (text::model(&world), file));
                refused.insert(name, why);
            }
        }
    }
    let mut doubts = vec![];
    for (name, verdict) in fga::ask(kind, &files) {
        match (cases.get(&name), verdict) {
            (Some(case), Ok(theirs)) => judge(case, &theirs, &mut doubts, tally),
            (_, Err(why)) if why == fga::TOO_LONG => tally.count(&why),
            (None, Err(_)) => tally.count("refused by both"),
            (Some(_), Err(why)) if why.contains("potential loop") => {
                tally.count("potential loop that only they refuse");
            }
            (Some(case), Err(why)) => {
                tally.wrong.push(format!("seed {}: {kind}: only they refuse: {why}", case.seed));
            }
            (None, Ok(_)) => {
                tally
                    .wrong
                    .push(format!("seed {name}: {kind}: only we refuse: {}", refused[&name]));
            }
        }
    }
    settle(kind, &cases, doubts, tally);
}

/// What OpenFGA says otherwise, and the checks that tell why.
struct Doubt {
    case: String,
    what: String,
    is_list: bool,
    checks: Vec<(Check, Said)>,
}

fn judge(case: &Case, theirs: &Answers, doubts: &mut Vec<Doubt>, tally: &mut Tally) {
    let Case { seed, sheet, .. } = case;
    let name = format!("{seed:06}");
    let ours = case.engine.answers(sheet);
    let mut judged = |what: String, is_list: bool, checks: Option<Vec<(Check, Said)>>| {
        let checks = checks.unwrap_or_default();
        doubts.push(Doubt { case: name.clone(), what, is_list, checks });
    };
    let told = |question: &dyn Debug, ours: &dyn Debug, theirs: &dyn Debug| {
        format!("{question:?}: we say {ours:?}, they say {theirs:?}")
    };
    for (check, (ours, theirs)) in sheet.checks.iter().zip(ours.checks.iter().zip(&theirs.checks)) {
        tally.count(&format!("check {ours:?}"));
        coming::shape(&case.world.lines, check).into_iter().for_each(|shape| tally.count(shape));
        if ours != theirs && !lacking(case, *ours == Said::Unsure, *theirs == Said::Unsure, tally) {
            judged(told(check, ours, theirs), false, Some(vec![(check.clone(), *ours)]));
        }
    }
    for (list, (ours, theirs)) in sheet.objects.iter().zip(ours.objects.iter().zip(&theirs.objects))
    {
        tally.count("objects");
        if ours != theirs && !lacking(case, ours.is_none(), theirs.is_none(), tally) {
            let check =
                |object| Check { object, relation: list.relation.clone(), user: list.user.clone() };
            judged(told(list, ours, theirs), true, difference(ours, theirs, check));
        }
    }
    for (list, (ours, theirs)) in sheet.users.iter().zip(ours.users.iter().zip(&theirs.users)) {
        tally.count("users");
        let theirs = &wanted(theirs, &list.filter, tally);
        if ours != theirs && !lacking(case, ours.is_none(), theirs.is_none(), tally) {
            let check =
                |user| Check { object: list.object.clone(), relation: list.relation.clone(), user };
            judged(told(list, ours, theirs), true, difference(ours, theirs, check));
        }
    }
}

/// Without the objects that OpenFGA lists where usersets were asked for.
fn wanted(
    theirs: &Option<BTreeSet<String>>,
    filter: &str,
    tally: &mut Tally,
) -> Option<BTreeSet<String>> {
    let mut theirs = theirs.clone()?;
    let all = theirs.len();
    theirs.retain(|name| name.contains('#') == filter.contains('#'));
    if theirs.len() < all {
        tally.count("list of usersets holds objects");
    }
    Some(theirs)
}

/// Whether the difference is the known one about parameters that nobody gave.
fn lacking(case: &Case, ours: bool, theirs: bool, tally: &mut Tally) -> bool {
    if ours == theirs || !text::may_lack(&case.world, case.seed) {
        return false;
    }
    tally.count(if ours {
        "missing parameter dropped"
    } else {
        "missing parameter reported anyway"
    });
    true
}

/// The checks that decide between two lists.
fn difference(
    ours: &Option<BTreeSet<String>>,
    theirs: &Option<BTreeSet<String>>,
    check: impl Fn(String) -> Check,
) -> Option<Vec<(Check, Said)>> {
    let (ours, theirs) = (ours.as_ref()?, theirs.as_ref()?);
    let each = ours.symmetric_difference(theirs).map(|name| {
        let said = if ours.contains(name) { Said::Yes } else { Said::No };
        (check(name.clone()), said)
    });
    Some(each.collect())
}

/// Where OpenFGA differs it is asked again and again, and for checks instead of lists, since its
/// lists are known to contradict its checks. What remains it is asked once more without the tuples
/// that do not count.
fn settle(kind: &str, cases: &BTreeMap<String, Case>, doubts: Vec<Doubt>, tally: &mut Tally) {
    let whole = |case: &Case, sheet: &Sheet, name: &str| {
        text::test_file(&case.world, sheet, case.seed, name)
    };
    let mut left = vec![];
    for (doubt, said) in ask_again(&format!("{kind}-again"), cases, doubts, whole) {
        let runs = || doubt.checks.iter().zip(said.chunks(AGAIN));
        let always = runs().all(|((_, ours), theirs)| theirs.iter().all(|said| said == ours));
        let sometimes = runs().all(|((_, ours), theirs)| theirs.contains(ours));
        // Which operand of a subtraction ends first decides whether OpenFGA meets the cycle in the
        // other, which makes the whole false.
        let recursive = cases[&doubt.case].recursive;
        let cut = said.iter().all(|said| *said == Said::No);
        match (doubt.is_list && always, sometimes) {
            _ if said.is_empty() => left.push(doubt),
            (true, true) => tally.count("list contradicts its own checks"),
            (false, true) => tally.count("says one or the other"),
            (_, false) if recursive && cut => tally.count("cycle below a subtraction"),
            (_, false) => left.push(doubt),
        }
    }
    let without = |case: &Case, sheet: &Sheet, name: &str| {
        let world = text::without_false(&case.world, case.seed);
        text::test_file(&world, sheet, case.seed, name)
    };
    for (doubt, said) in ask_again(&format!("{kind}-without"), cases, left, without) {
        let case = &cases[&doubt.case];
        let runs = || doubt.checks.iter().zip(said.chunks(AGAIN));
        if !said.is_empty() && runs().all(|((_, ours), theirs)| theirs.contains(ours)) {
            tally.count("tuple that does not count hides another");
        } else {
            let name = format!("{kind}-{}", doubt.case);
            let file = whole(case, &case.sheet, &name);
            let kept = fga::keep(&name, &text::model(&case.world), &file);
            let Doubt { what, .. } = &doubt;
            tally.wrong.push(format!("seed {}: {kept}: {what}; again {said:?}", case.seed));
        }
    }
}

fn ask_again(
    kind: &str,
    cases: &BTreeMap<String, Case>,
    doubts: Vec<Doubt>,
    file: impl Fn(&Case, &Sheet, &str) -> Value,
) -> Vec<(Doubt, Vec<Said>)> {
    let mut files = BTreeMap::new();
    for (at, doubt) in doubts.iter().enumerate() {
        let case = &cases[&doubt.case];
        let checks = doubt.checks.iter().map(|(check, _)| check.clone());
        let checks = checks.flat_map(|check| std::iter::repeat_n(check, AGAIN)).collect();
        let sheet = Sheet { checks, ..Sheet::default() };
        let name = format!("{at:06}");
        files.insert(name.clone(), (text::model(&case.world), file(case, &sheet, &name)));
    }
    let verdicts = fga::ask(kind, &files);
    let said = verdicts.into_values().map(|verdict| verdict.unwrap_or_default().checks);
    doubts.into_iter().zip(said).collect()
}
