//! Bad encrypted tokens, each made from an accepted one by one change.

use counterfoil_jose::b64::{self, B64Error};
use counterfoil_jose::json::JsonError;
use counterfoil_jose::jwe::{self, JweError, JweHeader};
use counterfoil_jose::jws::{self, HeaderError, JwsError, JwsHeader, Signer};
use counterfoil_jose::jwt::{self, Nested, NestedError};
use counterfoil_jose::{
    ContentEncryption, Curve, DecryptionKey, EncryptionKey, JweAlgorithm, JwkError, JwsAlgorithm,
    Limits, SigningKey,
};
use std::sync::Arc;

const ENC: ContentEncryption = ContentEncryption::A256Gcm;

fn key() -> DecryptionKey {
    DecryptionKey::generate(JweAlgorithm::EcdhEsA256Kw).unwrap()
}

fn encrypt(key: &DecryptionKey, header: &JweHeader<'_>, plaintext: &[u8]) -> String {
    let recipient = EncryptionKey::from_jwk(&key.public_jwk()).unwrap();
    jwe::encrypt(&recipient, ENC, header, plaintext).unwrap()
}

fn decrypt(token: &str, key: &DecryptionKey) -> Result<Vec<u8>, JweError> {
    let opened = jwe::Unverified::parse(token, &Limits::DEFAULT)?.decrypt(key)?;
    Ok(opened.into_plaintext())
}

/// Replaces one of the five parts of a good token.
fn with_part(token: &str, part: usize, text: &str) -> String {
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[part] = text;
    parts.join(".")
}

fn header_of(token: &str) -> serde_json::Value {
    serde_json::from_slice(&b64::decode(token.split('.').next().unwrap()).unwrap()).unwrap()
}

/// Puts `header` in place of a good token's header and expects `expected` from parsing.
#[track_caller]
fn check_header(header: &str, expected: JweError) {
    let key = key();
    let token = encrypt(&key, &JweHeader::default(), b"x");
    assert_eq!(decrypt(&token, &key).unwrap(), b"x");
    let token = with_part(&token, 0, &b64::encode(header.as_bytes()));
    assert_eq!(decrypt(&token, &key), Err(expected), "{header}");
}

#[test]
fn algorithms_that_are_not_ours() {
    let unsupported = || JweError::Header(HeaderError::AlgUnsupported);
    for (_source, header) in [
        ("RFC 7516 A.1", r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#),
        ("RFC 7516 A.2, RFC 7520 5.1: row 46", r#"{"alg":"RSA1_5","enc":"A128CBC-HS256"}"#),
        ("RFC 7516 A.3", r#"{"alg":"A128KW","enc":"A128CBC-HS256"}"#),
        ("RFC 7520 5.6", r#"{"alg":"dir","enc":"A128GCM"}"#),
        ("RFC 7520 5.7", r#"{"alg":"A256GCMKW","enc":"A128CBC-HS256","tag":"AA","iv":"AA"}"#),
        (
            "RFC 7520 5.3: row 43",
            r#"{"alg":"PBES2-HS512+A256KW","p2s":"AA","p2c":2147483647,"enc":"A128GCM"}"#,
        ),
        ("ECDH-ES+A192KW", r#"{"alg":"ECDH-ES+A192KW","enc":"A256GCM"}"#),
        ("signature", r#"{"alg":"ES256","enc":"A256GCM"}"#),
        ("case", r#"{"alg":"ecdh-es","enc":"A256GCM"}"#),
        ("none", r#"{"alg":"none","enc":"A256GCM"}"#),
    ] {
        check_header(header, unsupported());
    }
    let epk = r#""epk":{"kty":"EC"}"#;
    for enc in ["A192GCM", "A256CBC-HS512", "none", ""] {
        let header = format!(r#"{{"alg":"ECDH-ES+A256KW","enc":"{enc}",{epk}}}"#);
        check_header(&header, JweError::Header(HeaderError::EncUnsupported));
    }
    let missing = JweError::Header(HeaderError::EncMissing);
    check_header(&format!(r#"{{"alg":"ECDH-ES+A256KW",{epk}}}"#), missing);
}

#[test]
fn rows_13_27_44_header() {
    for (extra, expected) in [
        (r#""zip":"DEF""#, HeaderError::Compressed),
        (r#""crit":["zip"],"zip":"DEF""#, HeaderError::Crit),
        (r#""crit":[]"#, HeaderError::Crit),
        (r#""b64":false"#, HeaderError::Unencoded),
        (
            r#""\u0065nc":"A128GCM""#,
            HeaderError::Json(JsonError::DuplicateMember { name: "enc".into() }),
        ),
    ] {
        let header = format!(r#"{{"alg":"ECDH-ES+A256KW","enc":"A256GCM",{extra}}}"#);
        check_header(&header, JweError::Header(expected));
    }
}

#[test]
fn row_7_header_against_key() {
    let key = key();
    let other = DecryptionKey::generate(JweAlgorithm::EcdhEs).unwrap();
    let mismatch = JweError::AlgorithmMismatch {
        key: JweAlgorithm::EcdhEsA256Kw,
        header: JweAlgorithm::EcdhEs,
    };
    assert_eq!(decrypt(&encrypt(&other, &JweHeader::default(), b"x"), &key), Err(mismatch));
    let token = encrypt(&key, &JweHeader::default(), b"x");
    let renamed = DecryptionKey::from_pkcs8(key.algorithm(), key.to_pkcs8().expose())
        .unwrap()
        .with_kid("2026");
    assert_eq!(decrypt(&token, &renamed), Err(JweError::KidMismatch));
    let wrong = self::key().with_kid(key.kid());
    assert_eq!(decrypt(&token, &wrong), Err(JweError::Decrypt));
}

#[test]
fn row_41_signed_tokens_and_signing_keys() {
    let signing = SigningKey::generate(JwsAlgorithm::Rs256).unwrap();
    let token = jws::sign(&signing, &JwsHeader::typ("JWT"), b"{}");
    let rsa = DecryptionKey::generate(JweAlgorithm::RsaOaep256).unwrap();
    assert_eq!(decrypt(&token, &rsa), Err(JweError::Signed));
    let refused = EncryptionKey::from_jwk(&signing.public_jwk()).unwrap_err();
    assert_eq!(refused, JwkError::NotForThisUse);
}

#[test]
fn row_45_malformed_parts() {
    for alg in JweAlgorithm::ALL {
        let key = DecryptionKey::generate(alg).unwrap();
        let token = encrypt(&key, &JweHeader::default(), b"some plaintext");
        for part in 1..5 {
            for text in ["", "AA", "AAAAAAAAAAAAAAAAAAAAAA", &"A".repeat(342)] {
                if token.split('.').nth(part) != Some(text) {
                    decrypt(&with_part(&token, part, text), &key).unwrap_err();
                }
            }
            for text in ["A", "A=", "****", " AA"] {
                let refused = decrypt(&with_part(&token, part, text), &key).unwrap_err();
                assert!(matches!(refused, JweError::Base64 { .. }), "{refused:?}");
            }
        }
    }
    let key = key();
    for text in ["", ".", "...", ".....", &".".repeat(16_000)] {
        assert_eq!(decrypt(text, &key), Err(JweError::Parts));
    }
    assert_eq!(decrypt("{\"ciphertext\":\"\"}", &key), Err(JweError::JsonSerialization));
    let limit = Limits::DEFAULT.token;
    assert_eq!(decrypt(&".".repeat(limit + 1), &key), Err(JweError::TooLong { limit }));
    let token = encrypt(&key, &JweHeader::default(), b"x");
    let bad_tag = with_part(&token, 4, "AAAAAAAAAAAAAAAAAAAAAB");
    let part = "authentication tag";
    let expected = JweError::Base64 { part, error: B64Error::TrailingBits };
    assert_eq!(decrypt(&bad_tag, &key), Err(expected));
}

#[test]
fn row_46_ephemeral_keys() {
    let key = key();
    let token = encrypt(&key, &JweHeader::default(), b"x");
    let header = header_of(&token);
    let with_epk = |epk: serde_json::Value| {
        let mut header = header.clone();
        header["epk"] = epk;
        decrypt(&with_part(&token, 0, &b64::encode(header.to_string().as_bytes())), &key)
            .unwrap_err()
    };
    let good = header["epk"].clone();

    let mut off_curve = good.clone();
    off_curve["y"] = good["x"].clone();
    assert_eq!(with_epk(off_curve), JweError::EphemeralKey);

    let mut infinity = good.clone();
    infinity["x"] = b64::encode(&[0; 32]).into();
    infinity["y"] = b64::encode(&[0; 32]).into();
    assert_eq!(with_epk(infinity), JweError::EphemeralKey);

    let mut private = good.clone();
    private["d"] = good["x"].clone();
    assert_eq!(with_epk(private), JweError::EphemeralKey);

    let mut short = good.clone();
    short["x"] = b64::encode(&[1; 31]).into();
    assert_eq!(with_epk(short), JweError::EphemeralKey);

    for curve in [Curve::P384, Curve::X25519] {
        let other = DecryptionKey::generate_on(JweAlgorithm::EcdhEs, curve).unwrap();
        assert_eq!(with_epk(other.public_jwk().to_json()), JweError::EphemeralKey);
    }
    assert_eq!(with_epk(serde_json::Value::Null), {
        JweError::Header(HeaderError::WrongType { member: "epk" })
    });
    // Another sound point: nothing tells it apart from any other failure.
    let other = self::key();
    let mut sound = other.public_jwk().to_json();
    sound.as_object_mut().unwrap().retain(|name, _| ["kty", "crv", "x", "y"].contains(&&**name));
    assert_eq!(with_epk(sound), JweError::Decrypt);
}

#[test]
fn row_46_small_order_x25519() {
    let key = DecryptionKey::generate_on(JweAlgorithm::EcdhEs, Curve::X25519).unwrap();
    let token = encrypt(&key, &JweHeader::default(), b"x");
    let mut header = header_of(&token);
    header["epk"]["x"] = b64::encode(&[0; 32]).into();
    let token = with_part(&token, 0, &b64::encode(header.to_string().as_bytes()));
    assert_eq!(decrypt(&token, &key), Err(JweError::Decrypt));
}

#[test]
fn rsa_failures_look_alike() {
    let key = DecryptionKey::generate(JweAlgorithm::RsaOaep256).unwrap();
    let token = encrypt(&key, &JweHeader::default(), b"x");
    for fill in [0u8, 1, 0x7f, 0xff] {
        let bad = with_part(&token, 1, &b64::encode(&[fill; 256]));
        assert_eq!(decrypt(&bad, &key), Err(JweError::Decrypt));
    }
    let part = "encrypted key";
    let short = with_part(&token, 1, &b64::encode(&[1; 255]));
    assert_eq!(decrypt(&short, &key), Err(JweError::PartLength { part }));
}

#[test]
fn direct_agreement_has_no_encrypted_key() {
    let key = DecryptionKey::generate(JweAlgorithm::EcdhEs).unwrap();
    let token = encrypt(&key, &JweHeader::default(), b"x");
    assert_eq!(token.split('.').nth(1), Some(""));
    let bad = with_part(&token, 1, "AAAA");
    assert_eq!(decrypt(&bad, &key), Err(JweError::PartLength { part: "encrypted key" }));
}

fn open(token: &str, key: &DecryptionKey) -> Result<Nested, NestedError> {
    Nested::open(token, key, &Limits::DEFAULT)
}

#[test]
fn row_40_unsigned_inside() {
    let key = key();
    let nested = JweHeader { cty: Some("JWT"), ..JweHeader::default() };
    let unsigned = format!("{}.{}.", b64::encode(br#"{"alg":"none"}"#), b64::encode(b"{}"));
    for (inner, expected) in [
        (unsigned.as_str(), JwsError::Header(HeaderError::AlgNone)),
        (r#"{"sub":"1"}"#, JwsError::JsonSerialization),
        ("", JwsError::Parts),
        ("e30.AA.AA.AA.AA", JwsError::Encrypted),
    ] {
        let refused = open(&encrypt(&key, &nested, inner.as_bytes()), &key).unwrap_err();
        assert_eq!(refused, NestedError::Inner(expected));
    }
    let refused = open(&encrypt(&key, &nested, &[0xff]), &key).unwrap_err();
    assert_eq!(refused, NestedError::NotText);
}

#[test]
fn nesting_is_said_in_the_header() {
    let signing = Arc::new(SigningKey::generate(JwsAlgorithm::EdDsa).unwrap());
    let signer = Signer::new(signing, &JwsHeader::typ("at+jwt"));
    let key = key();
    let recipient = EncryptionKey::from_jwk(&key.public_jwk()).unwrap();
    let good = jwt::nest(
        &signer,
        b"{}",
        &recipient,
        ENC,
        &JweHeader { typ: Some("at+jwt"), ..JweHeader::default() },
    )
    .unwrap();
    assert_eq!(header_of(&good)["cty"], "JWT");
    assert!(open(&good, &key).is_ok());

    for cty in [None, Some("json"), Some("jwk+json")] {
        let token = encrypt(
            &key,
            &JweHeader { cty, ..JweHeader::default() },
            signer.sign(b"{}").as_bytes(),
        );
        assert_eq!(open(&token, &key).unwrap_err(), NestedError::NotNested);
    }
    let outer = open(&signer.sign(b"{}"), &key).unwrap_err();
    assert_eq!(outer, NestedError::Outer(JweError::Signed));
}
