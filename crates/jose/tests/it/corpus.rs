//! Replays a kept corpus and seeded mutations of it. Other crates' tests include this file.

use std::fs;
use std::path::PathBuf;

/// SplitMix64: small, seeded, good enough to pick mutations.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus");
    let mut entries: Vec<_> = fs::read_dir(PathBuf::from(root).join(target))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    entries.sort();
    assert!(entries.len() >= 5, "the corpus of {target} is kept");
    entries
}

fn mutate(bytes: &mut Vec<u8>, other: &[u8], rng: &mut Seeded) {
    const SPICE: &[u8] = b".{}[]\"\\,:=-_+/ \n\0\xff\xc3019eEu";
    for _ in 0..=rng.below(3) {
        let at = rng.below(bytes.len() + 1);
        match rng.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << rng.below(8),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => bytes.insert(at, SPICE[rng.below(SPICE.len())]),
            3 => bytes.truncate(at),
            4 => {
                let end = at + rng.below(bytes.len() - at + 1);
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            _ if !other.is_empty() => {
                let start = rng.below(other.len());
                let end = start + rng.below(other.len() - start + 1);
                bytes.splice(at..at, other[start..end].iter().copied());
            }
            _ => {}
        }
    }
}

/// Runs every entry of a corpus, and so many mutants of each.
#[track_caller]
pub fn check(target: &str, mutants: usize, run: fn(&[u8])) {
    let entries = corpus(target);
    for (index, (path, entry)) in entries.iter().enumerate() {
        run(entry);
        for seed in 0..mutants {
            let mut rng = Seeded(((index as u64) << 32) | seed as u64);
            let mut mutant = entry.clone();
            let other = &entries[rng.below(entries.len())].1;
            mutate(&mut mutant, other, &mut rng);
            let outcome = std::panic::catch_unwind(|| run(&mutant));
            assert!(outcome.is_ok(), "{} with seed {seed}", path.display());
        }
    }
}
