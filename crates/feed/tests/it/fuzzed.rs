//! What must hold for any bytes at all. The libFuzzer targets in `fuzz/` and the replay test run
//! the same functions.

use counterfoil_feed::sse::{Event, SseDecoder, SseError};
use counterfoil_feed::{
    Diff, FRAME_TYP, FeedKeys, FeedName, FeedSigner, LEASE_TYP, LeaseRequest, RECEIPT_TYP,
    SNAPSHOT_TYP,
};
use counterfoil_jose::crypto::Secret32;
use counterfoil_jose::jws::{JwsHeader, sign};
use counterfoil_jose::{JwkSet, JwsAlgorithm, SigningKey};
use std::sync::{Arc, LazyLock};

const AUD: &str = "https://orders.example";

static KEY: LazyLock<Arc<SigningKey>> = LazyLock::new(|| {
    let key = SigningKey::from_seed(JwsAlgorithm::EdDsa, &Secret32::from([7; 32]));
    Arc::new(key.expect("the seed is good").with_kid("feed-1"))
});

static SIGNER: LazyLock<FeedSigner> =
    LazyLock::new(|| FeedSigner::new(Arc::clone(&KEY)).expect("it is a key for feeds"));

static KEYS: LazyLock<FeedKeys> = LazyLock::new(|| {
    let feed = FeedName { iss: "http://localhost:7070".to_owned(), aud: AUD.to_owned() };
    FeedKeys::new(feed, &JwkSet::from_keys(vec![KEY.public_jwk()])).expect("one key")
});

/// Signs the bytes as each kind of message. What is taken is written again and taken again.
pub fn message(payload: &[u8]) {
    let signed = |typ| sign(&KEY, &JwsHeader::typ(typ), payload);
    if let Ok(frame) = KEYS.frame(&signed(FRAME_TYP)) {
        assert_eq!(KEYS.frame(&SIGNER.frame(&frame)).unwrap(), frame);
    }
    if let Ok(snapshot) = KEYS.snapshot(&signed(SNAPSHOT_TYP)) {
        let again = SIGNER.snapshot(&snapshot);
        assert_eq!(SIGNER.snapshot(&KEYS.snapshot(&again).unwrap()), again);
    }
    if let Ok(grant) = KEYS.grant(&signed(LEASE_TYP)) {
        assert_eq!(KEYS.grant(&SIGNER.grant(&grant)).unwrap(), grant);
    }
    if let Ok(receipt) = KEYS.receipt(&signed(RECEIPT_TYP), AUD) {
        assert_eq!(KEYS.receipt(&SIGNER.receipt(&receipt), AUD).unwrap(), receipt);
    }
    if let Ok(request) = LeaseRequest::parse(payload) {
        assert_eq!(LeaseRequest::parse(request.to_json().as_bytes()), Ok(request));
    }
    if let Ok(diff) = Diff::parse(payload) {
        assert_eq!(Diff::parse(diff.to_json().as_bytes()), Ok(diff));
    }
}

/// Reads a stream whole and byte by byte, with the same outcome.
pub fn stream(bytes: &[u8]) {
    let read = |size: usize| -> (Vec<Event>, Option<SseError>) {
        let mut decoder = SseDecoder::new();
        let mut events = Vec::new();
        let fault = bytes.chunks(size).find_map(|chunk| decoder.push(chunk, &mut events).err());
        (events, fault)
    };
    assert_eq!(read(bytes.len().max(1)), read(1));
}
