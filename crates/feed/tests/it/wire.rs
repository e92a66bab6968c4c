//! The wire forms: what is written is read back, and each defect has its own refusal.

use crate::common::{AUD, ISS, at, feed, keys, signer, signing_key};
use counterfoil_feed::{
    ApiFacts, CHAIN_BLOCK, ChainHash, Diff, Epoch, FRAME_TYP, FeedKeys, FeedSigner, Frame, Head,
    Instance, KeyedId, LEASE_TYP, LeaseGrant, LeaseRequest, MAX_FRAME_BYTES, MAX_FRAME_WATERMARKS,
    MacKey, Mode, Nonce, NotEd25519, Position, RECEIPT_TYP, Reason, Receipt, Revision, Revisions,
    SNAPSHOT_TYP, Snapshot, Watermark, WatermarkKey, WatermarkKind, WireError,
};
use counterfoil_jose::crypto::Secret32;
use counterfoil_jose::jws::{JwsError, JwsHeader, sign};
use counterfoil_jose::{ClaimError, JwkSet, JwsAlgorithm, SigningKey, UnixTime};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) fn forge(typ: &str, claims: &Value) -> String {
    sign(&signing_key(), &JwsHeader::typ(typ), claims.to_string().as_bytes())
}

pub(crate) fn frame_json() -> Value {
    json!({
        "iss": ISS, "aud": AUD, "epoch": 1, "from_seq": 101, "to_seq": 103,
        "prev_hash": ChainHash::from_bytes([5; 32]).to_string(), "iat": 1_700_000_000,
        "watermarks": [watermark_json(102)], "keys_rev": 1, "config_rev": 1,
    })
}

fn watermark_json(not_before: u64) -> Value {
    json!({
        "kind": "user", "id": KeyedId::from_bytes([1; 16]).to_string(), "not_before": not_before,
        "mode": "hard", "reason": "suspended", "expires_at": 1_700_000_600,
    })
}

pub(crate) fn grant_json() -> Value {
    json!({
        "iss": ISS, "aud": AUD, "instance": "guard-1", "nonce": nonce().to_string(), "epoch": 1,
        "committed_seq": 103, "lease_ms": 5_000, "iat": 1_700_000_000,
    })
}

pub(crate) fn snapshot_json() -> Value {
    json!({
        "iss": ISS, "aud": AUD, "epoch": 1, "seq": 103,
        "head_hash": ChainHash::from_bytes([5; 32]).to_string(), "continues": true,
        "iat": 1_700_000_000, "instance": "guard-1", "nonce": nonce().to_string(),
        "watermarks": [watermark_json(102)], "floor": 0, "keys_rev": 1, "config_rev": 1,
        "lease_ms": 5_000, "rho_ppm": 500,
        "profile": {"format": "opaque", "max_lifetime_secs": 600},
        "mac_keys": [{"id": 1, "k": "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM"}],
    })
}

fn nonce() -> Nonce {
    Nonce::from_bytes([0xaa; 16])
}

/// Changes one member of a sound message; `null` takes it away.
fn with(mut message: Value, member: &str, value: &Value) -> Value {
    let object = message.as_object_mut().unwrap();
    if value.is_null() {
        object.remove(member);
    } else {
        object.insert(member.to_owned(), value.clone());
    }
    message
}

fn missing(name: &str) -> WireError {
    WireError::Claim(ClaimError::Missing { name: name.to_owned() })
}

fn wrong(name: &str, expected: &'static str, found: &'static str) -> WireError {
    WireError::Claim(ClaimError::WrongType { name: name.to_owned(), expected, found })
}

#[test]
fn sound_messages_are_taken() {
    keys().frame(&forge(FRAME_TYP, &frame_json())).unwrap();
    keys().grant(&forge(LEASE_TYP, &grant_json())).unwrap();
    keys().snapshot(&forge(SNAPSHOT_TYP, &snapshot_json())).unwrap();
}

#[test]
fn unknown_members_and_reasons_are_let_through() {
    let newer = with(frame_json(), "colour", &json!("blue"));
    let mut watermark = watermark_json(102);
    watermark["reason"] = json!("eclipse");
    let newer = with(newer, "watermarks", &json!([watermark]));
    let frame = keys().frame(&forge(FRAME_TYP, &newer)).unwrap();
    assert_eq!(frame.watermarks[0].reason, Reason::Other);
}

#[test]
fn each_defect_of_a_frame_has_its_refusal() {
    let hash = ChainHash::from_bytes([5; 32]).to_string();
    let many: Vec<Value> = (0..=MAX_FRAME_WATERMARKS as u64).map(watermark_json).collect();
    let odd = |member: &str, value: Value| {
        let mut watermark = watermark_json(102);
        watermark[member] = value;
        json!([watermark])
    };
    let cases: Vec<(&str, Value, WireError)> = vec![
        ("iss", json!(null), missing("iss")),
        ("iss", json!("http://localhost:7070/"), WireError::Issuer),
        ("iss", json!([ISS]), wrong("iss", "a string", "an array")),
        ("aud", json!("https://other.example"), WireError::Audience),
        ("aud", json!([AUD]), wrong("aud", "a string", "an array")),
        ("exp", json!(1_700_000_600), WireError::TokenClaim { name: "exp" }),
        ("nbf", json!(0), WireError::TokenClaim { name: "nbf" }),
        ("sub", json!("alice"), WireError::TokenClaim { name: "sub" }),
        ("epoch", json!("1"), wrong("epoch", "an integer from 0", "a string")),
        ("epoch", json!(-1), wrong("epoch", "an integer from 0", "an integer")),
        ("to_seq", json!(1_u64 << 53), WireError::Number { name: "to_seq" }),
        ("to_seq", json!(99), WireError::RangeBackwards),
        ("from_seq", json!(0), WireError::RangeBackwards),
        ("from_seq", json!(103.5), wrong("from_seq", "an integer from 0", "a fraction")),
        ("to_seq", json!(CHAIN_BLOCK + 1), WireError::CrossesBlock),
        ("from_seq", json!(103), WireError::OutOfOrder),
        ("to_seq", json!(101), WireError::OutOfOrder),
        ("prev_hash", json!("AAAA"), WireError::Form { name: "prev_hash" }),
        ("prev_hash", json!(format!("{hash}=")), WireError::Form { name: "prev_hash" }),
        ("iat", json!("now"), wrong("iat", "an integer", "a string")),
        ("watermarks", json!({}), wrong("watermarks", "an array", "an object")),
        ("watermarks", json!([1]), WireError::Form { name: "watermarks" }),
        (
            "watermarks",
            json!(many),
            WireError::TooMany { name: "watermarks", limit: MAX_FRAME_WATERMARKS },
        ),
        ("watermarks", json!([watermark_json(102), watermark_json(102)]), WireError::OutOfOrder),
        ("watermarks", odd("kind", json!("User")), WireError::Kind),
        ("watermarks", odd("mode", json!("medium")), WireError::Mode),
        ("watermarks", odd("id", json!("AAAA")), WireError::Form { name: "id" }),
        ("watermarks", odd("reason", json!("x".repeat(65))), WireError::Form { name: "reason" }),
    ];
    for (member, value, expected) in cases {
        let message = with(frame_json(), member, &value);
        assert_eq!(keys().frame(&forge(FRAME_TYP, &message)), Err(expected), "{member}: {value}");
    }
}

#[test]
fn each_defect_of_a_grant_has_its_refusal() {
    let cases = [
        ("nonce", json!("AAAA"), WireError::Form { name: "nonce" }),
        ("instance", json!("a b"), WireError::Form { name: "instance" }),
        ("instance", json!("x".repeat(65)), WireError::Form { name: "instance" }),
        ("lease_ms", json!(99), WireError::LeaseLength),
        ("lease_ms", json!(60_001), WireError::LeaseLength),
        ("committed_seq", json!(null), missing("committed_seq")),
    ];
    for (member, value, expected) in cases {
        let message = with(grant_json(), member, &value);
        assert_eq!(keys().grant(&forge(LEASE_TYP, &message)), Err(expected), "{member}: {value}");
    }
}

#[test]
fn each_defect_of_a_snapshot_has_its_refusal() {
    let mac = |id: u64, k: &str| json!([{"id": id, "k": k}]);
    let cases = [
        ("continues", json!(null), WireError::Form { name: "continues" }),
        ("rho_ppm", json!(100_001), WireError::Number { name: "rho_ppm" }),
        ("lease_ms", json!(u64::MAX), WireError::LeaseLength),
        ("profile", json!(null), WireError::Form { name: "profile" }),
        ("profile", json!({"max_lifetime_secs": 1}), WireError::Form { name: "format" }),
        (
            "profile",
            json!({"format": "jwt", "max_lifetime_secs": 86_401}),
            WireError::Number { name: "max_lifetime_secs" },
        ),
        ("mac_keys", mac(256, "AwM"), WireError::Number { name: "id" }),
        ("mac_keys", mac(1, "AwM"), WireError::Form { name: "k" }),
    ];
    for (member, value, expected) in cases {
        let message = with(snapshot_json(), member, &value);
        let refused = keys().snapshot(&forge(SNAPSHOT_TYP, &message)).map(|_| ());
        assert_eq!(refused, Err(expected), "{member}: {value}");
    }
}

#[test]
fn messages_need_a_key_of_the_feed() {
    let frame = forge(FRAME_TYP, &frame_json());
    let stranger = SigningKey::from_seed(JwsAlgorithm::EdDsa, &Secret32::from([8; 32])).unwrap();
    let payload = frame_json().to_string();
    let by = |key: &SigningKey| sign(key, &JwsHeader::typ(FRAME_TYP), payload.as_bytes());
    assert_eq!(keys().frame(&by(&stranger)), Err(WireError::UnknownKid));
    let impostor = stranger.with_kid("feed-1");
    assert_eq!(keys().frame(&by(&impostor)), Err(WireError::Jws(JwsError::BadSignature)));
    let long = "x".repeat(MAX_FRAME_BYTES + 1);
    let limit = MAX_FRAME_BYTES;
    assert_eq!(keys().frame(&long), Err(WireError::Jws(JwsError::TooLong { limit })));
    let other = FeedKeys::new(
        counterfoil_feed::FeedName { aud: "https://other.example".to_owned(), ..feed() },
        &JwkSet::from_keys(vec![signing_key().public_jwk()]),
    );
    assert_eq!(other.unwrap().frame(&frame), Err(WireError::Audience));
}

#[test]
fn the_feed_is_signed_with_ed25519_alone() {
    let key = SigningKey::from_seed(JwsAlgorithm::Es256, &Secret32::from([7; 32])).unwrap();
    let set = JwkSet::from_keys(vec![key.public_jwk()]);
    assert_eq!(FeedKeys::new(feed(), &set).map(|_| ()), Err(WireError::KeySet));
    assert_eq!(FeedSigner::new(Arc::new(key)).map(|_| ()), Err(NotEd25519));
    let many = vec![signing_key().public_jwk(); 9];
    let many = FeedKeys::new(feed(), &JwkSet::from_keys(many)).map(|_| ());
    assert_eq!(many, Err(WireError::KeySet));
}

#[test]
fn lease_requests_are_strict() {
    let sound = r#"{"instance":"g","nonce":"qqqqqqqqqqqqqqqqqqqqqg","epoch":1,"applied_seq":3,
        "head_hash":"gB3NvfHo8FgeasF0br_x47AAqF0cLUvViABf3g2Vz-0"}"#;
    assert_eq!(LeaseRequest::parse(sound.as_bytes()).unwrap().applied_seq, Revision::new(3));
    for (from, to) in [
        ("\"g\"", "\"\""),
        ("qg\"", "qh\""),
        ("\"epoch\":1", "\"epoch\":1,\"epoch\":2"),
        ("\"epoch\":1", "\"epoch\":1e0"),
        ("gB3N", "gB3"),
    ] {
        let body = sound.replacen(from, to, 1);
        LeaseRequest::parse(body.as_bytes()).expect_err(&body);
    }
    LeaseRequest::parse(&vec![b' '; 2_000]).expect_err("too long");
}

#[test]
fn diffs_are_strict() {
    let sound = r#"{"diff_set":["a"],"cursor":null,"more":true}"#;
    let gone = Diff { diff_set: vec!["a".to_owned()], cursor: None, more: true };
    assert_eq!(Diff::parse(sound.as_bytes()), Ok(gone));
    for body in [
        r#"{"cursor":null,"more":true}"#,
        r#"{"diff_set":[1],"cursor":null,"more":true}"#,
        r#"{"diff_set":[],"cursor":"1.2","more":true}"#,
        r#"{"diff_set":[],"cursor":7,"more":true}"#,
        r#"{"diff_set":[],"cursor":null,"more":"true"}"#,
        r#"{"diff_set":[],"cursor":null}"#,
    ] {
        Diff::parse(body.as_bytes()).expect_err(body);
    }
    let many = json!({"diff_set": vec!["a"; 65], "cursor": null, "more": false}).to_string();
    let limit = counterfoil_feed::DIFF_FRAMES;
    let refused = Diff::parse(many.as_bytes());
    assert_eq!(refused, Err(WireError::TooMany { name: "diff_set", limit }));
}

#[test]
fn a_receipt_is_made_out_to_one_client() {
    let receipt = Receipt {
        iss: ISS.to_owned(),
        aud: "ops".to_owned(),
        at: at(1, 7),
        effective_at: UnixTime::from_secs(5),
        acknowledged: 1,
        lapsed: 0,
    };
    let wire = signer().receipt(&receipt);
    assert_eq!(*keys().receipt(&wire, "ops").unwrap(), receipt);
    assert_eq!(keys().receipt(&wire, "dev"), Err(WireError::Audience));
    assert_eq!(keys().frame(&wire), Err(WireError::Typ { expected: FRAME_TYP }));
    let frame = forge(FRAME_TYP, &frame_json());
    assert_eq!(keys().receipt(&frame, AUD), Err(WireError::Typ { expected: RECEIPT_TYP }));
}

#[test]
fn a_snapshot_hides_its_keys_in_debug_output() {
    let snapshot = keys().snapshot(&forge(SNAPSHOT_TYP, &snapshot_json())).unwrap();
    let shown = format!("{:?}", snapshot.mac_keys);
    assert_eq!(shown, "[MacKey { id: 1, key: Secret32(..) }]");
}

fn revision() -> impl Strategy<Value = Revision> {
    (1..1_000_u64).prop_map(Revision::new)
}

fn watermarks() -> impl Strategy<Value = Vec<Watermark>> {
    let one = (0..9_usize, any::<[u8; 16]>(), any::<bool>(), 0..12_usize, 0..2_000_000_000_i64);
    prop::collection::vec(one, 0..8).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(at, (kind, id, hard, reason, expires))| Watermark {
                key: WatermarkKey { kind: WatermarkKind::ALL[kind], id: KeyedId::from_bytes(id) },
                not_before: Revision::new(2 * at as u64 + 100),
                mode: if hard { Mode::Hard } else { Mode::Soft },
                reason: Reason::ALL[reason],
                expires_at: UnixTime::from_secs(expires),
            })
            .collect()
    })
}

prop_compose! {
    fn frame()(
        watermarks in watermarks(),
        epoch in 0..9_u64,
        hash in any::<[u8; 32]>(),
        keys in revision(),
        permission in prop::option::of(revision()),
        config in revision(),
    ) -> Frame {
        Frame {
            feed: feed(),
            epoch: Epoch::new(epoch),
            from_seq: Revision::new(90),
            to_seq: Revision::new(if watermarks.is_empty() { 89 } else { 200 }),
            prev_hash: ChainHash::from_bytes(hash),
            iat: UnixTime::from_secs(1_700_000_000),
            watermarks,
            revisions: Revisions { keys, permission, config },
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn frames_are_read_back(frame in frame()) {
        let read = keys().frame(&signer().frame(&frame)).unwrap();
        prop_assert_eq!(read.into_inner(), frame);
    }

    #[test]
    fn snapshots_are_read_back(
        watermarks in watermarks(),
        seq in revision(),
        continues: bool,
        alg in prop::option::of("[A-Z]{2}[0-9]{3}"),
    ) {
        let snapshot = Snapshot {
            feed: feed(),
            at: Position::new(Epoch::new(1), seq),
            instance: Instance::parse("guard-1").unwrap(),
            nonce: nonce(),
            head_hash: ChainHash::from_bytes([5; 32]),
            continues,
            iat: UnixTime::from_secs(1_700_000_000),
            watermarks,
            floor: seq,
            revisions: Revisions::default(),
            lease_ms: 5_000,
            rho_ppm: 500,
            facts: ApiFacts { format: "jwt".to_owned(), alg, typ: None, max_lifetime_secs: 600 },
            mac_keys: vec![MacKey { id: 3, key: Secret32::from([4; 32]) }],
        };
        let wire = signer().snapshot(&snapshot);
        let read = keys().snapshot(&wire).unwrap();
        prop_assert_eq!(signer().snapshot(&read), wire);
        prop_assert_eq!(&read.watermarks, &snapshot.watermarks);
    }

    #[test]
    fn grants_and_requests_are_read_back(nonce: [u8; 16], seq in revision(), lease in 100..60_000_u64) {
        let grant = LeaseGrant {
            feed: feed(),
            instance: Instance::parse("guard-1").unwrap(),
            nonce: Nonce::from_bytes(nonce),
            epoch: Epoch::new(3),
            committed_seq: seq,
            lease_ms: lease,
            iat: UnixTime::from_secs(1_700_000_000),
        };
        prop_assert_eq!(&*keys().grant(&signer().grant(&grant)).unwrap(), &grant);
        let request = LeaseRequest {
            instance: grant.instance,
            nonce: grant.nonce,
            epoch: grant.epoch,
            applied_seq: seq,
            head_hash: ChainHash::from_bytes([6; 32]),
        };
        prop_assert_eq!(LeaseRequest::parse(request.to_json().as_bytes()), Ok(request));
    }

    #[test]
    fn heads_are_read_back(epoch in 0..99_u64, seq in revision(), hash: [u8; 32]) {
        let at = Position::new(Epoch::new(epoch), seq);
        let head = Head { at, hash: ChainHash::from_bytes(hash) };
        prop_assert_eq!(Head::parse(&head.to_string()), Some(head));
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        _ = keys().frame(&text);
        _ = keys().snapshot(&text);
        _ = keys().grant(&text);
        _ = keys().receipt(&text, AUD);
        _ = Head::parse(&text);
        _ = Instance::parse(&text);
        _ = Nonce::parse(&text);
        _ = LeaseRequest::parse(&bytes);
        _ = Diff::parse(&bytes);
    }

    #[test]
    fn a_frame_with_one_flipped_byte_is_refused(at in 0..1_000_usize, bit in 0..7_u8) {
        let sound = forge(FRAME_TYP, &frame_json());
        let mut bytes = sound.clone().into_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(text) = String::from_utf8(bytes) && text != sound {
            prop_assert!(keys().frame(&text).is_err());
        }
    }
}
