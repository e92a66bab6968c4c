//! Replays the kept corpus and a bounded number of seeded mutations of it: whatever the bytes,
//! decoding ends in a message or in a refusal.

use crate::common::{AUD, keys, signer, signing_key};
use counterfoil_feed::sse::{Event, SseDecoder, SseError};
use counterfoil_feed::{Diff, FRAME_TYP, LEASE_TYP, LeaseRequest, RECEIPT_TYP, SNAPSHOT_TYP};
use counterfoil_jose::jws::{JwsHeader, sign};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::path::PathBuf;

/// Mutants of each entry.
const MUTANTS: u64 = 400;

fn corpus(kind: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(kind);
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

/// Signs the bytes as each kind of message. What is taken is written again and taken again.
fn message(payload: &[u8]) {
    let signed = |typ| sign(&signing_key(), &JwsHeader::typ(typ), payload);
    if let Ok(frame) = keys().frame(&signed(FRAME_TYP)) {
        assert_eq!(keys().frame(&signer().frame(&frame)).unwrap(), frame);
    }
    if let Ok(snapshot) = keys().snapshot(&signed(SNAPSHOT_TYP)) {
        let again = signer().snapshot(&snapshot);
        assert_eq!(signer().snapshot(&keys().snapshot(&again).unwrap()), again);
    }
    if let Ok(grant) = keys().grant(&signed(LEASE_TYP)) {
        assert_eq!(keys().grant(&signer().grant(&grant)).unwrap(), grant);
    }
    if let Ok(receipt) = keys().receipt(&signed(RECEIPT_TYP), AUD) {
        assert_eq!(keys().receipt(&signer().receipt(&receipt), AUD).unwrap(), receipt);
    }
    if let Ok(request) = LeaseRequest::parse(payload) {
        assert_eq!(LeaseRequest::parse(request.to_json().as_bytes()), Ok(request));
    }
    if let Ok(diff) = Diff::parse(payload) {
        assert_eq!(Diff::parse(diff.to_json().as_bytes()), Ok(diff));
    }
}

/// Reads a stream whole and byte by byte, with the same outcome.
fn stream(bytes: &[u8]) {
    let read = |size: usize| -> (Vec<Event>, Option<SseError>) {
        let mut decoder = SseDecoder::new();
        let mut events = Vec::new();
        let fault = bytes.chunks(size).find_map(|chunk| decoder.push(chunk, &mut events).err());
        (events, fault)
    };
    assert_eq!(read(bytes.len().max(1)), read(1));
}

#[test]
fn messages_from_the_corpus() {
    check("message", message);
}

#[test]
fn streams_from_the_corpus() {
    check("stream", stream);
}
