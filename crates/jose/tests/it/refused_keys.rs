//! Bad keys and key sets.

use counterfoil_jose::b64::{self, B64Error};
use counterfoil_jose::{
    DecryptionKey, EncryptionKey, JweAlgorithm, Jwk, JwkError, JwkSet, JwsAlgorithm,
    MAX_KEYS_PER_SET, SigningKey, VerifyingKey,
};
use serde_json::{Value, json};

fn rsa() -> Value {
    let mut jwk = SigningKey::generate(JwsAlgorithm::Rs256).unwrap().public_jwk().to_json();
    jwk.as_object_mut().unwrap().retain(|name, _| ["kty", "n", "e"].contains(&&**name));
    jwk
}

fn ec() -> Value {
    let mut jwk = SigningKey::generate(JwsAlgorithm::Es256).unwrap().public_jwk().to_json();
    jwk.as_object_mut().unwrap().retain(|name, _| ["kty", "crv", "x", "y"].contains(&&**name));
    jwk
}

fn ed25519() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
}

/// Sets members of a good key (`null` removes) and expects a refusal.
#[track_caller]
fn check(good: Value, changes: Value, expected: JwkError) {
    Jwk::from_json(&good).unwrap();
    let mut bad = good;
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            bad.as_object_mut().unwrap().remove(name);
        } else {
            bad[name] = value.clone();
        }
    }
    assert_eq!(Jwk::from_json(&bad), Err(expected), "{changes}");
}

#[test]
fn row_12_rsa_numbers() {
    let n = |bytes: &[u8]| json!({"n": b64::encode(bytes)});
    let odd = |len: usize| [vec![0x80; len - 1], vec![1]].concat();
    check(rsa(), n(&odd(128)), JwkError::RsaSize { bits: 1024 });
    check(rsa(), n(&odd(255)), JwkError::RsaSize { bits: 2040 });
    check(rsa(), n(&[vec![0x7f], odd(255)].concat()), JwkError::RsaSize { bits: 2047 });
    check(rsa(), n(&odd(1025)), JwkError::RsaSize { bits: 8200 });
    check(rsa(), n(&[vec![0], odd(256)].concat()), JwkError::RsaModulus);
    check(rsa(), n(&[0x80; 256]), JwkError::RsaModulus);
    check(rsa(), n(&[]), JwkError::RsaModulus);
    for e in [&[1][..], &[3], &[17], &[1, 0, 0], &[0, 1, 0, 1], &[], &[3, 0, 0, 0, 1], &[1; 9]] {
        check(rsa(), json!({"e": b64::encode(e)}), JwkError::RsaExponent);
    }
}

#[test]
fn row_7_and_46_points() {
    check(ec(), json!({"crv": "P-384"}), JwkError::CoordinateLength);
    check(ec(), json!({"crv": "secp256k1"}), JwkError::UnknownCurve);
    check(ec(), json!({"crv": "Ed25519"}), JwkError::UnknownCurve);
    check(ec(), json!({"y": b64::encode(&[1; 32])}), JwkError::BadPoint);
    check(ec(), json!({"x": b64::encode(&[0xff; 32])}), JwkError::BadPoint);
    check(ec(), json!({"x": b64::encode(&[1; 31])}), JwkError::CoordinateLength);
    check(ec(), json!({"x": b64::encode(&[1; 33])}), JwkError::CoordinateLength);
    check(ec(), json!({"y": null}), JwkError::Missing { member: "y" });
    check(ec(), json!({"x": 7}), JwkError::WrongType { member: "x" });
    let error = B64Error::Byte { offset: 2 };
    check(ec(), json!({"x": "AA=="}), JwkError::Base64 { member: "x", error });
    check(ed25519(), json!({"crv": "P-256"}), JwkError::UnknownCurve);
    check(ed25519(), json!({"crv": "Ed448"}), JwkError::UnknownCurve);
}

#[test]
fn row_11_small_order_key() {
    let identity = [vec![1], vec![0; 31]].concat();
    check(ed25519(), json!({"x": b64::encode(&identity)}), JwkError::BadPoint);
    check(ed25519(), json!({"x": b64::encode(&[0; 32])}), JwkError::BadPoint);
}

#[test]
fn row_51_private_and_symmetric() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        check(rsa(), json!({member: "AQAB"}), JwkError::Private);
        check(ec(), json!({member: 7}), JwkError::Private);
    }
    check(ec(), json!({"kty": "oct", "k": "AQAB"}), JwkError::Symmetric);
    check(ec(), json!({"kty": "oct"}), JwkError::Symmetric);
    check(ec(), json!({"kty": "AKP"}), JwkError::UnknownKeyType);
    check(ec(), json!({"kty": "ec"}), JwkError::UnknownKeyType);
    check(ec(), json!({"kty": null}), JwkError::Missing { member: "kty" });
    check(ec(), json!({"kty": "RSA"}), JwkError::Missing { member: "n" });
}

#[test]
fn row_7_alg_use_and_key_ops() {
    check(ec(), json!({"alg": "ES384"}), JwkError::Contradiction);
    check(ec(), json!({"alg": "RS256"}), JwkError::Contradiction);
    check(ec(), json!({"alg": "EdDSA"}), JwkError::Contradiction);
    check(ec(), json!({"alg": "RSA-OAEP-256"}), JwkError::Contradiction);
    check(ec(), json!({"alg": "ES256", "use": "enc"}), JwkError::Contradiction);
    check(ec(), json!({"alg": "ECDH-ES", "use": "sig"}), JwkError::Contradiction);
    check(ec(), json!({"alg": "ES256", "key_ops": ["deriveKey"]}), JwkError::Contradiction);
    check(ec(), json!({"use": "sig", "key_ops": ["encrypt"]}), JwkError::Contradiction);
    check(ed25519(), json!({"alg": "ECDH-ES"}), JwkError::Contradiction);
    check(ed25519(), json!({"use": "enc"}), JwkError::Contradiction);
    check(rsa(), json!({"alg": "ES256"}), JwkError::Contradiction);
    check(rsa(), json!({"key_ops": []}), JwkError::Contradiction);
    check(rsa(), json!({"alg": "HS256"}), JwkError::UnknownAlgorithm);
    check(rsa(), json!({"alg": "none"}), JwkError::UnknownAlgorithm);
    check(rsa(), json!({"alg": "RSA1_5"}), JwkError::UnknownAlgorithm);
    check(rsa(), json!({"use": "tls"}), JwkError::UnknownUse);
    check(rsa(), json!({"use": ["sig"]}), JwkError::WrongType { member: "use" });
    check(rsa(), json!({"key_ops": "verify"}), JwkError::WrongType { member: "key_ops" });
    check(rsa(), json!({"key_ops": [7]}), JwkError::WrongType { member: "key_ops" });
    check(rsa(), json!({"key_ops": ["verify", "verify"]}), JwkError::DuplicateKeyOps);
    check(rsa(), json!({"kid": "k".repeat(257)}), JwkError::BadKid);
    check(rsa(), json!({"kid": "a\nb"}), JwkError::BadKid);
    check(rsa(), json!({"kid": 7}), JwkError::WrongType { member: "kid" });
}

#[test]
fn one_key_one_algorithm() {
    let parse = |jwk: Value| Jwk::from_json(&jwk).unwrap();
    let refused = Some(JwkError::NotForThisUse);

    let plain = parse(rsa());
    assert_eq!(VerifyingKey::from_jwk(&plain).unwrap().algorithm(), JwsAlgorithm::Rs256);
    let as_ps = VerifyingKey::from_jwk_as(&plain, JwsAlgorithm::Ps256).unwrap();
    assert_eq!(as_ps.algorithm(), JwsAlgorithm::Ps256);
    assert_eq!(VerifyingKey::from_jwk_as(&plain, JwsAlgorithm::Es256).err(), refused);

    let mut stated = rsa();
    stated["alg"] = "PS512".into();
    let stated = parse(stated);
    assert_eq!(VerifyingKey::from_jwk(&stated).unwrap().algorithm(), JwsAlgorithm::Ps512);
    assert_eq!(VerifyingKey::from_jwk_as(&stated, JwsAlgorithm::Rs256).err(), refused);
    assert_eq!(EncryptionKey::from_jwk(&stated).err(), refused);

    let mut enc = rsa();
    enc["use"] = "enc".into();
    let enc = parse(enc);
    assert_eq!(VerifyingKey::from_jwk(&enc).err(), refused);
    assert_eq!(EncryptionKey::from_jwk(&enc).unwrap().algorithm(), JweAlgorithm::RsaOaep256);

    let mut ops = ec();
    ops["key_ops"] = json!(["deriveBits"]);
    let ops = parse(ops);
    assert_eq!(VerifyingKey::from_jwk(&ops).err(), refused);
    assert!(EncryptionKey::from_jwk(&ops).is_ok());

    assert_eq!(EncryptionKey::from_jwk(&parse(ed25519())).err(), refused);
    let x25519 = DecryptionKey::generate_on(JweAlgorithm::EcdhEs, counterfoil_jose::Curve::X25519);
    assert_eq!(VerifyingKey::from_jwk(&x25519.unwrap().public_jwk()).err(), refused);
}

#[test]
fn private_keys_belong_to_their_public_half() {
    let jwk = json!({
        "kty": "OKP", "crv": "Ed25519", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    });
    let read =
        |jwk: &Value| SigningKey::from_private_jwk(JwsAlgorithm::EdDsa, jwk.to_string().as_bytes());
    assert!(read(&jwk).is_ok());
    let other = SigningKey::generate(JwsAlgorithm::EdDsa).unwrap().public_jwk().to_json();
    for (member, value) in [
        ("x", other["x"].clone()),
        ("d", "AAAA".into()),
        ("d", format!("{}AAAA", jwk["d"].as_str().unwrap()).into()),
        ("use", "enc".into()),
        ("alg", "ES256".into()),
    ] {
        let mut bad = jwk.clone();
        bad[member] = value;
        assert!(read(&bad).is_err(), "{member}");
    }
    let es256 = SigningKey::generate(JwsAlgorithm::Es256).unwrap();
    assert!(SigningKey::from_pkcs8(JwsAlgorithm::Es384, es256.to_pkcs8().expose()).is_err());
    assert!(SigningKey::from_pkcs8(JwsAlgorithm::Rs256, es256.to_pkcs8().expose()).is_err());
    assert!(SigningKey::from_pkcs8(JwsAlgorithm::Es256, b"").is_err());
}

#[test]
fn a_bad_entry_does_not_spoil_the_set() {
    let mut named = ec();
    named["kid"] = "good".into();
    let mut private = ec();
    private["d"] = "AAAA".into();
    private["kid"] = "leaked".into();
    let set = json!({"keys": [
        named, private, {"kty": "oct", "k": "AAAA"}, {"kty": "AKP", "alg": "ML-DSA-44"}, 7, rsa(),
    ]});
    let set = JwkSet::parse(set.to_string().as_bytes()).unwrap();
    assert_eq!(set.keys().len(), 2);
    assert_eq!(set.with_kid("good").count(), 1);
    assert_eq!(set.with_kid("leaked").count(), 0);
    let skipped: Vec<_> = set.skipped().iter().map(|s| (s.index, &s.error)).collect();
    assert_eq!(
        skipped,
        [
            (1, &JwkError::Private),
            (2, &JwkError::Symmetric),
            (3, &JwkError::UnknownKeyType),
            (4, &JwkError::WrongType { member: "keys" }),
        ]
    );
    assert_eq!(set.skipped()[0].kid.as_deref(), Some("leaked"));
    let again = JwkSet::parse(set.to_json().to_string().as_bytes()).unwrap();
    assert_eq!(again.keys(), set.keys());
}

#[test]
fn bad_sets() {
    let parse = |text: &str| JwkSet::parse(text.as_bytes()).unwrap_err();
    assert_eq!(parse("{}"), JwkError::Missing { member: "keys" });
    assert_eq!(parse(r#"{"keys":{}}"#), JwkError::WrongType { member: "keys" });
    assert!(matches!(parse("[]"), JwkError::Json(_)));
    assert!(matches!(parse(r#"{"keys":[],"keys":[]}"#), JwkError::Json(_)));
    assert!(matches!(parse(&" ".repeat(300_000)), JwkError::Json(_)));
    let many = format!(r#"{{"keys":[{}0]}}"#, "0,".repeat(MAX_KEYS_PER_SET));
    assert_eq!(parse(&many), JwkError::TooManyKeys { limit: MAX_KEYS_PER_SET });
    assert!(JwkSet::parse(br#"{"keys":[]}"#).unwrap().keys().is_empty());
}
