//! Replays the kept corpus and a bounded number of seeded mutations of it: whatever the bytes,
//! decoding ends in a message or in a refusal.

use crate::corpus::check;
use crate::fuzzed;

/// Mutants of each entry.
const MUTANTS: usize = 400;

#[test]
fn messages_from_the_corpus() {
    check("feed_message", MUTANTS, fuzzed::message);
}

#[test]
fn streams_from_the_corpus() {
    check("feed_stream", MUTANTS, fuzzed::stream);
}
