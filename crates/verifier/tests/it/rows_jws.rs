//! Rows 1 to 28 and 42 of the list of bad inputs: signatures, headers, encodings.

use crate::draft::Draft;
use crate::world::{AUD, ISS, World, changed, ed25519, es256, jwks, rs256, word};
use counterfoil_jose::crypto::HmacKey;
use counterfoil_jose::{SigningKey, b64};
use counterfoil_verifier::{ClaimsFrom, Issuer, Step};
use serde_json::{Value, json};

/// Tokens that are made by hand from an accepted draft.
fn forged(forge: impl FnOnce(Draft) -> String) -> String {
    let world = World::jwt();
    assert_eq!(world.check(&Draft::accepted().sign()), "accepted");
    world.check(&forge(Draft::accepted()))
}

#[test]
fn row_01_alg_none() {
    let none = |signature: &'static [u8]| {
        forged(|mut draft| {
            draft.header("alg", "none");
            draft.signed_as(signature)
        })
    };
    assert_eq!(none(b""), "alg_none");
    assert_eq!(none(b"x"), "alg_none");
    assert_eq!(forged(|draft| draft.signed_as(b"")), "signature_length");
}

#[test]
fn row_02_alg_none_in_disguise() {
    for alg in ["noNe", "NONE", " none", "none ", "None"] {
        assert_eq!(changed(|draft| draft.header("alg", alg)), "alg_none", "{alg}");
    }
}

/// The texts of the RSA key that an attacker can get hold of.
fn public_texts(key: &SigningKey) -> Vec<Vec<u8>> {
    let jwk = key.public_jwk().to_json();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        jwk["n"].as_str().unwrap()
    );
    vec![
        pem.clone().into_bytes(),
        b64::decode(jwk["n"].as_str().unwrap()).unwrap(),
        jwk.to_string().into_bytes(),
        format!(" \n{pem}").into_bytes(),
        Vec::new(),
    ]
}

#[test]
fn rows_03_04_05_06_symmetric_with_a_public_key() {
    for text in public_texts(rs256()) {
        for kid in ["rs", ""] {
            let outcome = forged(|mut draft| {
                draft.header("alg", "HS256");
                draft.header("kid", kid);
                let tag = HmacKey::new(&text).tag(&[draft.signing_input().as_bytes()]);
                draft.signed_as(&tag)
            });
            assert_eq!(outcome, "alg_symmetric");
        }
    }
}

#[test]
fn row_07_the_key_decides() {
    assert_eq!(changed(|draft| draft.header("kid", "rs")), "alg_mismatch");
    assert_eq!(changed(|draft| draft.header("alg", "PS256")), "alg_mismatch");
    assert_eq!(changed(|draft| draft.header("alg", "ES384")), "alg_mismatch");
    let named = |name: &str, value: Value| {
        let world = World::jwt();
        assert_eq!(world.check(&Draft::accepted().sign()), "accepted");
        let mut jwk = es256().public_jwk().to_json();
        jwk[name] = value;
        let set = json!({"keys": [jwk, ed25519().public_jwk().to_json()]});
        world.publish_keys(&set.to_string());
        world.check(&Draft::accepted().sign())
    };
    assert_eq!(named("use", json!("enc")), "key_refused");
    assert_eq!(named("key_ops", json!(["deriveKey"])), "key_refused");
    assert_eq!(named("alg", json!("ES384")), "key_refused");
    assert_eq!(named("crv", json!("P-384")), "key_refused");
}

#[test]
fn row_08_ecdsa_out_of_range() {
    let order = P256_ORDER;
    let with = |r: [u8; 32], s: [u8; 32]| forged(|draft| draft.signed_as(&[r, s].concat()));
    let mut one = [0; 32];
    one[31] = 1;
    assert_eq!(with([0; 32], [0; 32]), "bad_signature");
    assert_eq!(with(order, one), "bad_signature");
    assert_eq!(with(one, order), "bad_signature");
    assert_eq!(with([255; 32], [255; 32]), "bad_signature");
}

#[test]
fn row_09_signatures_of_another_length() {
    assert_eq!(forged(|draft| draft.signed_as(&[0x30; 70])), "signature_length");
    assert_eq!(forged(|draft| draft.signed_as(&[1; 63])), "signature_length");
    let long = forged(|draft| format!("{}.{}", draft.signing_input(), "A".repeat(21_830)));
    assert_eq!(long, "token_too_long");
}

/// A high-S twin is a valid signature in RFC 7515 itself. It is accepted, and what revokes the
/// one revokes the other, because watermarks name the token and not its text.
#[test]
fn row_10_both_twins_are_accepted_and_both_are_revoked() {
    let mut world = World::jwt();
    let draft = Draft::accepted();
    let token = draft.sign();
    let signature = b64::decode(token.rsplit('.').next().unwrap()).unwrap();
    let (r, s) = signature.split_at(32);
    let twin = draft.signed_as(&[r, &minus(&P256_ORDER, s)].concat());
    assert_ne!(token, twin);
    assert_eq!(world.check(&token), "accepted");
    assert_eq!(world.check(&twin), "accepted");
    world.change(
        counterfoil_feed::WatermarkKind::Token,
        crate::world::TOKEN,
        counterfoil_feed::Mode::Hard,
    );
    assert_eq!(world.check(&token), "revoked");
    assert_eq!(world.check(&twin), "revoked");
}

#[test]
fn row_11_ed25519_edges() {
    let world = World::jwt();
    let draft = Draft::accepted().signed_with(ed25519());
    let token = draft.sign();
    assert_eq!(world.check(&token), "accepted");
    let signature = b64::decode(token.rsplit('.').next().unwrap()).unwrap();
    let (r, s) = signature.split_at(32);
    let malleable = draft.signed_as(&[r, &plus_little_endian(s, &ED25519_ORDER)].concat());
    assert_eq!(world.check(&malleable), "bad_signature");
    // The neutral point as a key would make everything verify.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let weak = json!({"kty": "OKP", "crv": "Ed25519", "x": b64::encode(&neutral), "kid": "ed"});
    let set = json!({"keys": [weak, es256().public_jwk().to_json()]});
    world.publish_keys(&set.to_string());
    assert_eq!(world.check(&token), "key_refused");
}

#[test]
fn row_12_weak_rsa_keys() {
    let world = World::jwt();
    let token = Draft::accepted().signed_with(rs256()).sign();
    assert_eq!(world.check(&token), "accepted");
    let jwk = rs256().public_jwk().to_json();
    let n = b64::decode(jwk["n"].as_str().unwrap()).unwrap();
    for (name, value) in
        [("n", b64::encode(&n[..128])), ("e", b64::encode(&[1])), ("e", b64::encode(&[3]))]
    {
        let mut weak = jwk.clone();
        weak[name] = value.into();
        let set = json!({"keys": [weak, es256().public_jwk().to_json()]});
        world.publish_keys(&set.to_string());
        assert_eq!(world.check(&token), "key_refused");
    }
}

#[test]
fn rows_13_14_crit() {
    for crit in [json!(["x"]), json!(["exp"]), json!([]), json!("exp"), json!(null), json!(["b64"])]
    {
        assert_eq!(changed(|draft| draft.header("crit", crit.clone())), "crit", "{crit}");
    }
}

#[test]
fn row_15_unencoded_payload() {
    assert_eq!(changed(|draft| draft.header("b64", false)), "b64");
    assert_eq!(changed(|draft| draft.header("b64", true)), "b64");
}

/// Signed by the attacker's key, which the header brings along.
#[test]
fn rows_16_18_keys_in_the_header_are_not_used() {
    let attacker = SigningKey::generate(counterfoil_jose::JwsAlgorithm::Es256).unwrap();
    for (name, value) in [
        ("jwk", attacker.public_jwk().to_json()),
        ("x5c", json!(["MIIB"])),
        ("jku", json!("https://localhost/keys")),
    ] {
        let world = World::jwt();
        let mut draft = Draft::accepted();
        draft.header(name, value);
        assert_eq!(world.check(&draft.sign()), "accepted", "ignoring {name} is fine");
        let input = draft.signing_input();
        let forged = draft.signed_as(&attacker.sign(input.as_bytes()));
        assert_eq!(world.check(&forged), "bad_signature", "{name}");
    }
}

#[test]
fn row_17_nothing_is_fetched_from_a_header() {
    let world = World::jwt();
    for url in ["https://evil.example/k", "http://127.0.0.1/k", "http://169.254.169.254/"] {
        for name in ["jku", "x5u"] {
            let mut draft = Draft::accepted();
            draft.header(name, url);
            draft.header("kid", "not-there");
            assert_eq!(world.check(&draft.sign()), "kid_unknown");
        }
    }
}

#[test]
fn row_19_kid_is_a_name_and_nothing_else() {
    for kid in ["../../dev/null", "' OR 1=1 --", "https://evil.example", "é", ""] {
        assert_eq!(changed(|draft| draft.header("kid", kid)), "kid_unknown", "{kid}");
    }
    for kid in ["a\0b", "a\r\nb", "\u{7f}"] {
        assert_eq!(changed(|draft| draft.header("kid", kid)), "kid_control");
    }
    assert_eq!(changed(|draft| draft.header("kid", 1)), "header_type");
    assert_eq!(changed(|draft| draft.without_header("kid")), "accepted", "only one key fits");
}

#[test]
fn row_20_sizes() {
    assert_eq!(changed(|draft| draft.header("kid", "k".repeat(257))), "kid_too_long");
    assert_eq!(changed(|draft| draft.header("kid", "k".repeat(4_000))), "header_too_long");
    assert_eq!(changed(|draft| draft.header("kid", "k".repeat(100_000))), "token_too_long");
    assert_eq!(changed(|draft| draft.claim("x", "y".repeat(20_000))), "token_too_long");
}

/// Whoever sends them, unknown names cost at most the budget.
#[test]
fn row_21_a_flood_of_kids_cannot_amplify() {
    let mut world = World::foreign(|config| config.issuer(Issuer::foreign(ISS)));
    let mut fetches = 0;
    for number in 0..6_000 {
        let mut draft = Draft::accepted();
        draft.header("kid", format!("k{number}"));
        if let Step::FetchKeys(issuer) = world.step(&draft.sign())
            && let Some(fetch) = world.verifier.begin_key_fetch(issuer, world.now)
        {
            fetches += 1;
            let _ = world.verifier.keys_fetched(fetch, Some(jwks().as_bytes()), world.now);
        }
        world.now.boot_ms += 100;
    }
    // Ten minutes: the budget of 6, one more every 30 seconds, and the scheduled refreshes.
    assert!((6..=30).contains(&fetches), "{fetches}");
    assert_eq!(world.check(&Draft::accepted().sign()), "accepted", "good tokens never suffer");
}

/// A feed that is up to date tells of every key: unknown ones cost nothing at all.
#[test]
fn row_21_with_a_feed_unknown_kids_cost_no_call() {
    let world = World::jwt();
    for number in 0..1_000 {
        let outcome = {
            let mut draft = Draft::accepted();
            draft.header("kid", format!("k{number}"));
            world.check(&draft.sign())
        };
        assert_eq!(outcome, "kid_unknown");
    }
}

#[test]
fn row_22_an_unknown_issuer_triggers_nothing() {
    for verifier in [World::jwt(), World::foreign(|config| config.issuer(Issuer::foreign(ISS)))] {
        let mut draft = Draft::accepted();
        draft.claim("iss", "https://evil.example");
        assert_eq!(verifier.check(&draft.sign()), "iss_unknown");
        draft.header("kid", "not-there");
        assert_eq!(verifier.check(&draft.sign()), "iss_unknown");
    }
}

fn foreign() -> Issuer {
    Issuer::foreign("https://other.example")
}

/// Keys are looked up among their issuer's alone.
#[test]
fn row_23_one_kid_at_two_issuers() {
    let world = World::with(|config| {
        config.issuer(Issuer::counterfoil(ISS).claims(ClaimsFrom::Token)).issuer(foreign())
    });
    let other = SigningKey::generate(counterfoil_jose::JwsAlgorithm::Es256).unwrap().with_kid("es");
    let set = json!({"keys": [other.public_jwk().to_json()]}).to_string();
    let (index, _) = world.verifier.issuers().nth(1).unwrap();
    world.verifier.keys_moved();
    let fetch = world.verifier.begin_key_fetch(index, world.now).unwrap();
    let _ = world.verifier.keys_fetched(fetch, Some(set.as_bytes()), world.now);
    let sign = |iss: &str, key: &SigningKey| {
        let mut draft = Draft::accepted();
        draft.claim("iss", iss);
        let input = draft.signing_input();
        draft.signed_as(&key.sign(input.as_bytes()))
    };
    assert_eq!(world.check(&sign(ISS, es256())), "accepted");
    assert_eq!(world.check(&sign("https://other.example", &other)), "accepted");
    assert_eq!(world.check(&sign(ISS, &other)), "bad_signature");
    assert_eq!(world.check(&sign("https://other.example", es256())), "bad_signature");
}

#[test]
fn row_24_json_serializations() {
    let json = forged(|draft| {
        let token = draft.sign();
        let parts: Vec<_> = token.split('.').collect();
        json!({"protected": parts[0], "payload": parts[1], "signature": parts[2]}).to_string()
    });
    assert_eq!(json, "json_serialization");
    let polyglot = forged(|draft| format!("{{\"x\":\"{}\"}}", draft.sign()));
    assert_eq!(polyglot, "json_serialization");
}

#[test]
fn row_25_lax_base64() {
    let edit = |edit: fn(Vec<&str>) -> String| {
        forged(|draft| {
            let token = draft.sign();
            edit(token.split('.').collect())
        })
    };
    for (name, outcome) in [
        ("padding", edit(|parts| format!("{}=.{}.{}", parts[0], parts[1], parts[2]))),
        ("padding", edit(|parts| format!("{}.{}.{}==", parts[0], parts[1], parts[2]))),
        ("plus", edit(|parts| format!("{}.{}+.{}", parts[0], parts[1], parts[2]))),
        ("slash", edit(|parts| format!("{}.{}.{}/", parts[0], parts[1], parts[2]))),
        ("space", edit(|parts| format!("{}.{} .{}", parts[0], parts[1], parts[2]))),
        ("newline", edit(|parts| format!("{}.{}.{}\n", parts[0], parts[1], parts[2]))),
    ] {
        assert_eq!(outcome, "base64", "{name}");
    }
    // The last character of a 64-byte signature carries four bits that must be zero.
    let stray = forged(|draft| {
        let mut token = draft.sign();
        let last = token.pop().unwrap();
        token.push(char::from(u8::try_from(last).unwrap() + 1));
        token
    });
    assert_eq!(stray, "base64");
}

#[test]
fn row_26_dots() {
    assert_eq!(forged(|draft| format!("{}.", draft.sign())), "parts");
    assert_eq!(forged(|draft| draft.signing_input()), "parts");
    assert_eq!(forged(|_| ".".repeat(10_000)), "parts");
    assert_eq!(forged(|_| ".".repeat(10_000_000)), "token_too_long");
    assert_eq!(forged(|_| String::new()), "parts");
}

#[test]
fn row_27_duplicate_members() {
    let twice = |from: &'static str, to: &'static str| {
        (
            changed(|draft| draft.header_text(from, to)),
            changed(|draft| draft.payload_text(r#""iss""#, r#""iss":"x","iss""#)),
        )
    };
    let (header, payload) = twice(r#""alg""#, r#""alg":"ES256","alg""#);
    assert_eq!((header.as_str(), payload.as_str()), ("header_json", "payload_json"));
    let (escaped, _) = twice(r#""alg""#, r#""\u0061lg":"ES256","alg""#);
    assert_eq!(escaped, "header_json");
    // Names are compared with their case: `ALG` and `EXP` are other members.
    assert_eq!(changed(|draft| draft.header_text(r#""alg""#, r#""ALG""#)), "alg_missing");
    assert_eq!(changed(|draft| draft.payload_text(r#""exp""#, r#""EXP""#)), "exp_missing");
    let nested = changed(|draft| draft.claim("x", json!({"a": 1})));
    assert_eq!(nested, "accepted");
    let nested = changed(|draft| draft.payload_text(r#""iss""#, r#""x":{"a":1,"a":1},"iss""#));
    assert_eq!(nested, "payload_json");
}

#[test]
fn row_28_hostile_json() {
    let deep = format!(r#""x":{}1{},"iss""#, "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(changed(|draft| draft.payload_text(r#""iss""#, &deep)), "payload_json");
    assert_eq!(
        changed(|draft| draft.payload_text(r#""iss""#, r#""x":1e400,"iss""#)),
        "payload_json"
    );
    assert_eq!(
        changed(|draft| draft.payload_text(r#""iss""#, r#""x":"\ud800","iss""#)),
        "payload_json"
    );
    assert_eq!(changed(|draft| draft.payload.push(b' ')), "accepted");
    assert_eq!(changed(|draft| draft.payload.push(b'x')), "payload_json");
    assert_eq!(
        changed(|draft| draft.payload = [b"\xef\xbb\xbf", &draft.payload[..]].concat()),
        "payload_json"
    );
    assert_eq!(changed(|draft| draft.payload.insert(2, 0xff)), "payload_json");
    assert_eq!(changed(|draft| draft.payload = b"[]".to_vec()), "payload_json");
    assert_eq!(changed(|draft| draft.header = b"1".to_vec()), "header_json");
}

#[test]
fn row_42_polyglots() {
    assert_eq!(changed(|draft| draft.header("enc", "A256GCM")), "encryption_member");
    assert_eq!(changed(|draft| draft.header("zip", "DEF")), "zip");
    assert_eq!(changed(|draft| draft.header("p2c", 1)), "encryption_member");
}

#[test]
fn algorithms_outside_the_configuration_are_refused() {
    let world = World::with(|config| {
        config.issuer(
            Issuer::counterfoil(ISS)
                .claims(ClaimsFrom::Token)
                .algorithms([counterfoil_jose::JwsAlgorithm::Es256]),
        )
    });
    assert_eq!(world.check(&Draft::accepted().sign()), "accepted");
    let rsa = Draft::accepted().signed_with(rs256()).sign();
    assert_eq!(world.check(&rsa), "alg_not_allowed");
    let unknown = changed(|draft| draft.header("alg", "ES256K"));
    assert_eq!(unknown, "alg_unsupported");
    assert_eq!(changed(|draft| draft.without_header("alg")), "alg_missing");
}

#[test]
fn a_token_without_kid_must_leave_no_choice() {
    let world = World::jwt();
    let second = SigningKey::generate(counterfoil_jose::JwsAlgorithm::Es256).unwrap();
    let keys = [es256().public_jwk().to_json(), second.public_jwk().to_json()];
    world.publish_keys(&json!({"keys": keys}).to_string());
    let mut draft = Draft::accepted();
    assert_eq!(world.check(&draft.sign()), "accepted");
    draft.without_header("kid");
    assert_eq!(word(world.step(&draft.sign())), "kid_missing");
    assert_eq!(world.verifier.resource(), AUD);
}

const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// Little-endian, as RFC 8032 writes numbers.
const ED25519_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn minus(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut out = vec![0; a.len()];
    let mut borrow = 0;
    for at in (0..a.len()).rev() {
        let difference = i32::from(a[at]) - i32::from(b[at]) - borrow;
        borrow = i32::from(difference < 0);
        out[at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    out
}

fn plus_little_endian(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    a.iter()
        .zip(b)
        .map(|(a, b)| {
            let sum = u16::from(*a) + u16::from(*b) + carry;
            carry = sum / 256;
            u8::try_from(sum % 256).unwrap()
        })
        .collect()
}
