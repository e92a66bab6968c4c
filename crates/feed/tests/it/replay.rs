//! Replays the kept corpus and a bounded number of seeded mutations of it: whatever the bytes,
//! decoding ends in a message or in a refusal.

use crate::fuzzed;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::path::PathBuf;

/// Mutants of each entry.
const MUTANTS: u64 = 400;

fn corpus(kind: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(kind);
    let mut entries: Vec<_> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    entries.sort();
    assert!(entries.len() >= 5, "the corpus of {kind} is kept");
    entries
}

fn mutate(bytes: &mut Vec<u8>, rng: &mut ChaCha8Rng) {
    const SPICE: &[u8] = b"{}[]\",:.-+0159eE \n\r\0\xff\xefnull";
    let mut below = |limit: usize| usize::try_from(rng.next_u64() % limit.max(1) as u64).unwrap();
    for _ in 0..=below(3) {
        let at = below(bytes.len() + 1);
        match below(5) {
            0 if at < bytes.len() => bytes[at] ^= 1 << below(8),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => bytes.insert(at, SPICE[below(SPICE.len())]),
            3 => bytes.truncate(at),
            _ => {
                let copy = bytes[at..at + below(bytes.len() - at + 1)].to_vec();
                bytes.splice(at..at, copy);
            }
        }
    }
}

#[track_caller]
fn check(kind: &str, run: fn(&[u8])) {
    for (index, (path, entry)) in corpus(kind).iter().enumerate() {
        run(entry);
        for seed in 0..MUTANTS {
            let mut rng = ChaCha8Rng::seed_from_u64(((index as u64) << 32) | seed);
            let mut mutant = entry.clone();
            mutate(&mut mutant, &mut rng);
            let outcome = std::panic::catch_unwind(|| run(&mutant));
            assert!(outcome.is_ok(), "{} with seed {seed}", path.display());
        }
    }
}

#[test]
fn messages_from_the_corpus() {
    check("feed_message", fuzzed::message);
}

#[test]
fn streams_from_the_corpus() {
    check("feed_stream", fuzzed::stream);
}
