//! Replays the kept corpus and a bounded number of seeded mutations of it, on the stable compiler.

use crate::corpus::check;
use crate::fuzzed;

/// Mutants of each corpus entry: enough to reach every part of a token, a few seconds in all.
const MUTANTS: usize = 4_000;

#[test]
fn jws() {
    check("jws", MUTANTS, fuzzed::jws);
}

#[test]
fn jwe() {
    check("jwe", MUTANTS, fuzzed::jwe);
}

#[test]
fn jwk() {
    check("jwk", MUTANTS, fuzzed::jwk);
}

#[test]
fn claims() {
    check("claims", MUTANTS, fuzzed::claims);
}
