//! Deterministic simulation of both ends: the shipping machines, a model issuer and model guards,
//! under delay, loss, duplication, reordering, partition, pauses, suspends, clock drift and steps,
//! restarts, fail-overs and replayed messages.
//!
//! Properties:
//! - **P1** nothing is accepted that a receipt has declared ended;
//! - **P2** nothing is accepted out of a cache later than `L·(1 + ρ)` after the change;
//! - **P3** after the faults every guard is fresh again soon, within a budget of calls;
//! - **P4** junk tokens cost no call to the issuer;
//! - **P5** a good token is never refused, whatever is down.
//!
//! A failure prints its seed; set [`ONLY_SEED`] to it to run that one alone with its story.

mod chance;
mod clock;
mod guard;
mod issuer;
mod net;
mod rules;
mod world;

use world::World;

/// Runs one seed and prints what happened in it.
const ONLY_SEED: Option<u64> = None;

/// How many seeds the suite runs: some seconds' worth.
const SEEDS: u64 = 3_000;

/// How many threads share them.
const THREADS: u64 = 2;

#[test]
fn the_properties_hold_on_every_seed() {
    if let Some(seed) = ONLY_SEED {
        let outcome = World::new(seed, true).run();
        assert_eq!(outcome.broken, None, "seed {seed}");
        return;
    }
    let broken: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..THREADS).map(|part| scope.spawn(move || first_broken(part))).collect();
        threads.into_iter().filter_map(|thread| thread.join().expect("a seed panicked")).collect()
    });
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn first_broken(part: u64) -> Option<String> {
    (part..SEEDS).step_by(usize::try_from(THREADS).unwrap()).find_map(|seed| {
        let outcome = World::new(seed, false).run();
        outcome.broken.map(|rule| format!("seed {seed}: {rule}"))
    })
}

/// The rules can be broken: a clock that drifts beyond the bound is found out. That each fault of
/// the code is found out is shown by `cargo xtask mutants`.
#[test]
fn clocks_beyond_the_bound_are_caught() {
    let broken =
        (0..300).find_map(|seed| World::new(seed, false).with_broken_clocks().run().broken);
    let rule = broken.expect("300 seeds with broken clocks break a rule");
    assert!(rule.starts_with("P1") || rule.starts_with("P2"), "{rule}");
}

/// The simulation must not pass by doing nothing.
#[test]
fn the_simulation_reaches_what_it_is_about() {
    let mut total = world::Counts::default();
    for seed in 0..100 {
        total.add(&World::new(seed, false).run().counts);
    }
    for (what, count) in total.list() {
        assert!(count > 0, "100 seeds never reached: {what}");
    }
}
