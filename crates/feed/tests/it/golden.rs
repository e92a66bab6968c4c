//! The vectors of `docs/feed.md`: fixed keys and inputs, exact bytes.

use crate::common::{at, change, feed, keys, ms, pseudonyms, signer, signing_key, terms};
use counterfoil_feed::{
    ChainHash, Epoch, Frame, Head, Instance, LeaseGrant, LeaseRequest, Mode, Nonce, Publisher,
    Receipt, Revision, SealedFrame, SnapshotRequest, WatermarkKind, sse,
};
use counterfoil_jose::UnixTime;
use std::fmt::Write;
use std::sync::Arc;

const DOCS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/feed.md"));
const BEGIN: &str = "<!-- vectors: checked by crates/feed/tests/it/golden.rs -->\n";
const END: &str = "<!-- end of vectors -->";

fn iat() -> UnixTime {
    ms(0).unix()
}

fn nonce() -> Nonce {
    Nonce::from_bytes([0xaa; 16])
}

fn instance() -> Instance {
    Instance::parse("guard-1").unwrap()
}

/// A feed at 1.100 to which a suspension and a changed claim are committed.
fn publisher() -> (Publisher, Vec<Arc<SealedFrame>>) {
    let mut publisher = Publisher::open(feed(), pseudonyms(), at(1, 100), []).unwrap();
    publisher.commit(&change(102, WatermarkKind::User, b"alice", Mode::Hard)).unwrap();
    publisher.commit(&change(103, WatermarkKind::Claims, b"bob", Mode::Soft)).unwrap();
    let signer = signer();
    let mut frames = Vec::new();
    for now_ms in [0, 1_000] {
        frames.extend(publisher.flush(now_ms, iat(), |frame: &Frame| signer.frame(frame)));
    }
    (publisher, frames)
}

fn vectors() -> String {
    let (publisher, frames) = publisher();
    let [frame, heartbeat] = frames.as_slice() else { panic!("two frames") };
    let signer = signer();
    let request = SnapshotRequest { nonce: nonce(), instance: None, have: None };
    let snapshot = publisher.snapshot(&request, instance(), terms(), iat());
    let lease = LeaseRequest {
        instance: instance(),
        nonce: nonce(),
        epoch: Epoch::new(1),
        applied_seq: Revision::new(103),
        head_hash: frame.next_hash,
    };
    let grant = LeaseGrant {
        feed: feed(),
        instance: instance(),
        nonce: nonce(),
        epoch: Epoch::new(1),
        committed_seq: publisher.committed(),
        lease_ms: 5_000,
        iat: iat(),
    };
    let receipt = Receipt {
        iss: feed().iss,
        aud: "ops-console".to_owned(),
        at: at(1, 102),
        effective_at: iat().plus_secs(1),
        acknowledged: 3,
        lapsed: 1,
    };
    let anchor = ChainHash::anchor(&feed(), Epoch::new(1), Revision::ZERO);
    let mut out = String::new();
    let mut block = |title: &str, text: &str| {
        write!(out, "**{title}**\n```text\n{}\n```\n", text.trim_end()).unwrap();
    };
    block("public key", &signing_key().public_jwk().to_json().to_string());
    block(
        "keyed id of user `alice` (code 3)",
        &pseudonyms().id(WatermarkKind::User, b"alice").to_string(),
    );
    block(
        "keyed id of signing key `2026-a`",
        &pseudonyms().id(WatermarkKind::Key, b"2026-a").to_string(),
    );
    block("chain at 1.0, which is its value at 1.100 too", &anchor.to_string());
    block("chain after each watermark of the frame", &chain_lines(anchor, &frame.frame));
    block("frame 101 to 103", &frame.compact);
    block("heartbeat at 103", &heartbeat.compact);
    block("event of the frame", &sse::frame_event(frame));
    block("snapshot at 1.103", &signer.snapshot(&snapshot));
    block("lease request", &lease.to_json());
    block("lease grant", &signer.grant(&grant));
    block("receipt", &signer.receipt(&receipt));
    block("answer to `diff?cursor=` at 1.103", &publisher.diff(&frame.head()).to_json());
    out
}

fn chain_lines(anchor: ChainHash, frame: &Frame) -> String {
    let mut chain = anchor;
    let mut lines = String::new();
    for watermark in &frame.watermarks {
        chain = chain.then(watermark);
        let key = watermark.key;
        let (kind, mode) = (key.kind.as_str(), watermark.mode.as_str());
        let (not_before, expires) = (watermark.not_before, watermark.expires_at.as_secs());
        writeln!(lines, "{kind} {} {not_before} {mode} {expires}\n  {chain}", key.id).unwrap();
    }
    lines
}

#[test]
fn the_vectors_of_the_docs_are_what_the_code_makes() {
    let (_, rest) = DOCS.split_once(BEGIN).expect("docs/feed.md has its vectors");
    let (written, _) = rest.split_once(END).expect("docs/feed.md has their end");
    let made = vectors();
    assert!(written == made, "docs/feed.md must say between its marks:\n{made}");
}

#[test]
fn the_vectors_are_read_back() {
    let (publisher, frames) = publisher();
    for sealed in &frames {
        assert_eq!(*keys().frame(&sealed.compact).unwrap(), sealed.frame);
    }
    let cursor = Head::parse(&frames[0].head().to_string()).unwrap();
    assert_eq!(cursor, frames[0].head());
    assert!(publisher.diff(&cursor).diff_set.is_empty());
}
