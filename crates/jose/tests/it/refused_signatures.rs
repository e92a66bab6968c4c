//! Each bad token starts from an accepted one, changes one thing and is signed again where the
//! change is under the signature. Numbers are the rows of the list of bad inputs.

use counterfoil_jose::b64::{self, B64Error};
use counterfoil_jose::crypto::HmacKey;
use counterfoil_jose::json::JsonError;
use counterfoil_jose::jws::{self, HeaderError, JwsError, JwsHeader};
use counterfoil_jose::{Jwk, JwsAlgorithm, Limits, SigningKey, VerifyingKey};

const CLAIMS: &str = r#"{"sub":"1"}"#;

fn key() -> SigningKey {
    SigningKey::generate(JwsAlgorithm::Es256).unwrap()
}

/// Signs any header text at all.
fn forge(key: &SigningKey, header: &[u8]) -> String {
    let input = format!("{}.{}", b64::encode(header), b64::encode(CLAIMS.as_bytes()));
    format!("{input}.{}", b64::encode(&key.sign(input.as_bytes())))
}

fn verify(token: &str, key: &VerifyingKey) -> Result<Vec<u8>, JwsError> {
    let verified = jws::Unverified::parse(token, &Limits::DEFAULT)?.verify(key)?;
    Ok(verified.into_payload())
}

#[track_caller]
fn check_header(header: &str, expected: HeaderError) {
    let key = key();
    assert!(verify(&forge(&key, br#"{"alg":"ES256"}"#), &key.verifying_key()).is_ok());
    let refused = verify(&forge(&key, header.as_bytes()), &key.verifying_key());
    assert_eq!(refused, Err(JwsError::Header(expected)), "{header}");
}

#[track_caller]
fn check_token(token: &str, key: &SigningKey, expected: JwsError) {
    assert_eq!(verify(token, &key.verifying_key()), Err(expected));
}

#[test]
fn row_1_and_2_alg_none() {
    for alg in ["none", "None", "NONE", "noNe", " none", "none ", "\\u006eone", "\\tnone"] {
        check_header(&format!(r#"{{"alg":"{alg}"}}"#), HeaderError::AlgNone);
    }
    let unsigned =
        format!("{}.{}.", b64::encode(br#"{"alg":"none"}"#), b64::encode(CLAIMS.as_bytes()));
    check_token(&unsigned, &key(), JwsError::Header(HeaderError::AlgNone));
}

#[test]
fn row_1_empty_signature() {
    let key = key();
    let token = forge(&key, br#"{"alg":"ES256"}"#);
    let (input, _) = token.rsplit_once('.').unwrap();
    check_token(&format!("{input}."), &key, JwsError::SignatureLength);
}

#[test]
fn row_3_mac_with_the_public_key() {
    let key = SigningKey::generate(JwsAlgorithm::Rs256).unwrap();
    let public = key.public_jwk().to_json().to_string();
    for alg in ["HS256", "HS384", "HS512", "hs256"] {
        let header = format!(r#"{{"alg":"{alg}"}}"#);
        let input =
            format!("{}.{}", b64::encode(header.as_bytes()), b64::encode(CLAIMS.as_bytes()));
        let mac = HmacKey::new(public.as_bytes()).tag(&[input.as_bytes()]);
        let token = format!("{input}.{}", b64::encode(&mac));
        check_token(&token, &key, JwsError::Header(HeaderError::AlgSymmetric));
    }
}

#[test]
fn row_7_header_against_key() {
    let es256 = key();
    let eddsa = SigningKey::generate(JwsAlgorithm::EdDsa).unwrap();
    let mismatch = |key, header| JwsError::AlgorithmMismatch { key, header };
    check_token(
        &forge(&es256, br#"{"alg":"EdDSA"}"#),
        &es256,
        mismatch(JwsAlgorithm::Es256, JwsAlgorithm::EdDsa),
    );
    check_token(
        &forge(&eddsa, br#"{"alg":"ES256"}"#),
        &eddsa,
        mismatch(JwsAlgorithm::EdDsa, JwsAlgorithm::Es256),
    );
    let rs256 = SigningKey::generate(JwsAlgorithm::Rs256).unwrap();
    for (name, alg) in [("RS512", JwsAlgorithm::Rs512), ("PS256", JwsAlgorithm::Ps256)] {
        let header = format!(r#"{{"alg":"{name}"}}"#);
        let expected = mismatch(JwsAlgorithm::Rs256, alg);
        check_token(&forge(&rs256, header.as_bytes()), &rs256, expected);
    }
    check_token(&forge(&es256, br#"{"alg":"ES256","kid":"other"}"#), &es256, JwsError::KidMismatch);
    check_token(&forge(&key(), br#"{"alg":"ES256"}"#), &es256, JwsError::BadSignature);
}

#[test]
fn the_fully_specified_name_of_ed25519_is_the_same() {
    let key = SigningKey::generate(JwsAlgorithm::EdDsa).unwrap();
    assert!(verify(&forge(&key, br#"{"alg":"Ed25519"}"#), &key.verifying_key()).is_ok());
}

#[test]
fn unsupported_names() {
    for alg in
        ["ES256K", "Ed448", "es256", "RS1", "RSA-OAEP-256", "ECDH-ES", "dir", "ML-DSA-44", ""]
    {
        check_header(&format!(r#"{{"alg":"{alg}"}}"#), HeaderError::AlgUnsupported);
    }
    check_header("{}", HeaderError::AlgMissing);
    for alg in ["null", "1", "[\"ES256\"]", "{}", "true"] {
        let wrong = HeaderError::WrongType { member: "alg" };
        check_header(&format!(r#"{{"alg":{alg}}}"#), wrong);
    }
}

/// The order of P-256 (SEC 2 §2.4.2).
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
    0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

fn with_signature(token: &str, signature: &[u8]) -> String {
    let (input, _) = token.rsplit_once('.').unwrap();
    format!("{input}.{}", b64::encode(signature))
}

fn signature(token: &str) -> Vec<u8> {
    b64::decode(token.rsplit_once('.').unwrap().1).unwrap()
}

#[test]
fn row_8_ecdsa_out_of_range() {
    let key = key();
    let token = jws::sign(&key, &JwsHeader::typ("JWT"), CLAIMS.as_bytes());
    let good = signature(&token);
    let bad = [[0; 32], P256_ORDER, [0xff; 32]];
    for r in bad {
        for s in bad {
            let forged = [r, s].concat();
            check_token(&with_signature(&token, &forged), &key, JwsError::BadSignature);
        }
        let forged = [&r, &good[32..]].concat();
        check_token(&with_signature(&token, &forged), &key, JwsError::BadSignature);
        let forged = [&good[..32], &r].concat();
        check_token(&with_signature(&token, &forged), &key, JwsError::BadSignature);
    }
}

#[test]
fn row_9_ecdsa_in_der_or_too_long() {
    let key = key();
    let token = jws::sign(&key, &JwsHeader::typ("JWT"), CLAIMS.as_bytes());
    let raw = signature(&token);
    let integer = |half: &[u8]| {
        let mut body: Vec<u8> = half.iter().copied().skip_while(|byte| *byte == 0).collect();
        if body[0] & 0x80 != 0 {
            body.insert(0, 0);
        }
        [vec![2, body.len() as u8], body].concat()
    };
    let body = [integer(&raw[..32]), integer(&raw[32..])].concat();
    let der = [vec![0x30, body.len() as u8], body].concat();
    check_token(&with_signature(&token, &der), &key, JwsError::SignatureLength);
    check_token(&with_signature(&token, &[1; 65]), &key, JwsError::SignatureLength);
    let long = with_signature(&token, &vec![1; 21_830 / 4 * 3]);
    check_token(&long, &key, JwsError::TooLong { limit: Limits::DEFAULT.token });
}

/// RFC 7515 signatures have two texts each under ECDSA: refusing one would refuse honest signers.
/// Nothing may therefore key a revocation or a replay list by the token's text.
#[test]
fn row_10_the_other_s_is_accepted() {
    let key = key();
    let token = jws::sign(&key, &JwsHeader::typ("JWT"), CLAIMS.as_bytes());
    let mut twin = signature(&token);
    let mut borrow = 0i16;
    for i in (0..32).rev() {
        let digit = i16::from(P256_ORDER[i]) - i16::from(twin[32 + i]) - borrow;
        borrow = i16::from(digit < 0);
        twin[32 + i] = digit.rem_euclid(256) as u8;
    }
    let twin = with_signature(&token, &twin);
    assert_ne!(twin, token);
    assert_eq!(verify(&twin, &key.verifying_key()).unwrap(), CLAIMS.as_bytes());
}

/// The order of Ed25519's base point, little-endian (RFC 8032 §5.1).
const ED25519_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[test]
fn row_11_ed25519_has_no_second_s() {
    let key = SigningKey::generate(JwsAlgorithm::EdDsa).unwrap();
    let token = jws::sign(&key, &JwsHeader::typ("JWT"), CLAIMS.as_bytes());
    let mut twin = signature(&token);
    let mut carry = 0u16;
    for i in 0..32 {
        let digit = u16::from(twin[32 + i]) + u16::from(ED25519_ORDER[i]) + carry;
        twin[32 + i] = digit as u8;
        carry = digit >> 8;
    }
    check_token(&with_signature(&token, &twin), &key, JwsError::BadSignature);
}

#[test]
fn row_13_and_14_crit() {
    for crit in [r#"["x"]"#, r#"["exp"]"#, r#"["b64"]"#, "[]", r#""exp""#, "null", "{}", "1"] {
        check_header(&format!(r#"{{"alg":"ES256","crit":{crit},"x":1}}"#), HeaderError::Crit);
    }
}

#[test]
fn row_15_unencoded_payload() {
    check_header(r#"{"alg":"ES256","b64":false}"#, HeaderError::Unencoded);
    check_header(r#"{"alg":"ES256","b64":true}"#, HeaderError::Unencoded);
    check_header(r#"{"alg":"ES256","b64":false,"crit":["b64"]}"#, HeaderError::Crit);
}

#[test]
fn row_16_to_18_no_key_comes_out_of_a_header() {
    let (trusted, attacker) = (key(), key());
    let header = format!(
        r#"{{"alg":"ES256","jwk":{},"jku":"https://attacker.example/jwks","x5u":"https://attacker.example/c","x5c":["MII"]}}"#,
        attacker.public_jwk().to_json()
    );
    check_token(&forge(&attacker, header.as_bytes()), &trusted, JwsError::BadSignature);
    assert!(verify(&forge(&trusted, header.as_bytes()), &trusted.verifying_key()).is_ok());
}

#[test]
fn row_19_and_20_kid_and_sizes() {
    let long = "k".repeat(Limits::DEFAULT.kid + 1);
    check_header(
        &format!(r#"{{"alg":"ES256","kid":"{long}"}}"#),
        HeaderError::KidTooLong { limit: Limits::DEFAULT.kid },
    );
    check_header(r#"{"alg":"ES256","kid":"a\u0000b"}"#, HeaderError::KidControl);
    check_header(r#"{"alg":"ES256","kid":"a\r\nb"}"#, HeaderError::KidControl);
    check_header(r#"{"alg":"ES256","kid":7}"#, HeaderError::WrongType { member: "kid" });
    check_header(r#"{"alg":"ES256","typ":7}"#, HeaderError::WrongType { member: "typ" });
    check_header(r#"{"alg":"ES256","cty":[]}"#, HeaderError::WrongType { member: "cty" });
    let wide = "x".repeat(Limits::DEFAULT.header);
    check_header(
        &format!(r#"{{"alg":"ES256","x":"{wide}"}}"#),
        HeaderError::TooLong { limit: Limits::DEFAULT.header },
    );
    let key = key();
    for len in [100_000, 10_000_000] {
        let huge = format!(r#"{{"alg":"ES256","kid":"{}"}}"#, "k".repeat(len));
        let expected = JwsError::TooLong { limit: Limits::DEFAULT.token };
        check_token(&forge(&key, huge.as_bytes()), &key, expected);
    }
    // A path, SQL and a URL are names like any other: they are compared, never used.
    for kid in ["../../dev/null", "x' OR 1=1 --", "https://attacker.example/k"] {
        let header = format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#);
        check_token(&forge(&key, header.as_bytes()), &key, JwsError::KidMismatch);
    }
}

#[test]
fn row_24_json_serializations() {
    let key = key();
    let token = jws::sign(&key, &JwsHeader::typ("JWT"), CLAIMS.as_bytes());
    let [header, payload, signature] = [0, 1, 2].map(|i| token.split('.').nth(i).unwrap());
    let flat =
        format!(r#"{{"protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#);
    let general = format!(
        r#"{{"payload":"{payload}","signatures":[{{"protected":"{header}","signature":"{signature}"}}]}}"#
    );
    let polyglot = format!(r#"{{"x":"{token}","payload":"{payload}"}}"#);
    for json in [flat, general, polyglot] {
        check_token(&json, &key, JwsError::JsonSerialization);
        check_token(&format!(" \n{json}"), &key, JwsError::JsonSerialization);
    }
}

#[test]
fn row_25_lax_base64() {
    let key = key();
    let token = forge(&key, br#"{"alg":"ES256"}"#);
    let parts: Vec<&str> = token.split('.').collect();
    for part in 0..3 {
        let with = |text: String| {
            let mut parts = parts.clone();
            parts[part] = &text;
            verify(&parts.join("."), &key.verifying_key()).unwrap_err()
        };
        let plain = parts[part];
        for bad in [
            format!("{plain}="),
            format!("{plain}=="),
            format!(" {plain}"),
            format!("{plain}\n"),
            format!("{}+{}", &plain[..4], &plain[5..]),
            format!("{}/{}", &plain[..4], &plain[5..]),
            format!("{}\u{e9}", &plain[..4]),
            "A".to_owned(),
        ] {
            let is_base64 = matches!(
                with(bad.clone()),
                JwsError::Header(HeaderError::Base64(_))
                    | JwsError::Payload(_)
                    | JwsError::Signature(_)
            );
            assert!(is_base64, "part {part}: {bad:?}");
        }
    }
    // 64 bytes leave four bits over in the last of 86 characters.
    let last = token.pop_and_next();
    check_token(&last, &key, JwsError::Signature(B64Error::TrailingBits));
}

trait PopAndNext {
    fn pop_and_next(&self) -> String;
}

impl PopAndNext for String {
    /// Replaces the last character by one that differs in bits beyond the data only.
    fn pop_and_next(&self) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let (rest, last) = self.split_at(self.len() - 1);
        let value = ALPHABET.iter().position(|c| *c == last.as_bytes()[0]).unwrap();
        format!("{rest}{}", char::from(ALPHABET[value | 1]))
    }
}

#[test]
fn row_26_dots() {
    let key = key();
    for dots in ["", ".", "...", "......"] {
        check_token(dots, &key, JwsError::Parts);
    }
    let most = ".".repeat(Limits::DEFAULT.token);
    check_token(&most, &key, JwsError::Parts);
    let over = ".".repeat(5_000_000);
    check_token(&over, &key, JwsError::TooLong { limit: Limits::DEFAULT.token });
    // Within the limit, two empty parts are still a header that is not JSON.
    assert!(matches!(verify("..", &key.verifying_key()), Err(JwsError::Header(_))));
}

#[test]
fn row_27_duplicate_members_and_case() {
    let twice =
        |name: &str| HeaderError::Json(JsonError::DuplicateMember { name: name.to_owned() });
    check_header(r#"{"alg":"ES256","alg":"none"}"#, twice("alg"));
    check_header(r#"{"alg":"ES256","\u0061lg":"none"}"#, twice("alg"));
    check_header(r#"{"alg":"ES256","x":{"y":1,"y":2}}"#, twice("y"));
    check_header(r#"{"Alg":"ES256"}"#, HeaderError::AlgMissing);
    check_header(r#"{"ALG":"ES256"}"#, HeaderError::AlgMissing);
}

#[test]
fn row_28_hostile_json() {
    let syntax = |line, column| HeaderError::Json(JsonError::Syntax { line, column });
    check_header(&format!(r#"{{"alg":"ES256","x":{}}}"#, "[".repeat(2_000)), {
        HeaderError::Json(JsonError::TooDeep { limit: 4 })
    });
    check_header(r#"{"alg":"ES256","x":1e400}"#, syntax(1, 24));
    check_header(r#"{"alg":"ES256","x":"\ud800"}"#, syntax(1, 27));
    check_header("\u{feff}{\"alg\":\"ES256\"}", HeaderError::Json(JsonError::NotUtf8));
    check_header(r#"{"alg":"ES256"} x"#, syntax(1, 17));
    check_header(r#"{"alg":"ES256",}"#, syntax(1, 16));
    check_header(r#"["alg","ES256"]"#, HeaderError::Json(JsonError::NotAnObject));
    check_header("", syntax(1, 0));
    let key = key();
    let expected = JwsError::Header(HeaderError::Json(JsonError::NotUtf8));
    check_token(&forge(&key, b"{\"alg\":\"ES256\",\"x\":\"\xff\"}"), &key, expected);
    let many: String = (0..40).map(|i| format!(r#","x{i}":1"#)).collect();
    check_header(
        &format!(r#"{{"alg":"ES256"{many}}}"#),
        HeaderError::Json(JsonError::TooManyMembers { limit: 32 }),
    );
}

#[test]
fn row_41_an_encrypted_token_is_not_a_signed_one() {
    check_token("e30.AA.AA.AA.AA", &key(), JwsError::Encrypted);
}

#[test]
fn row_42_members_of_encryption() {
    check_header(r#"{"alg":"ES256","zip":"DEF"}"#, HeaderError::Compressed);
    for member in ["enc", "epk", "apu", "apv", "p2s", "p2c", "tag"] {
        check_header(
            &format!(r#"{{"alg":"ES256","{member}":"x"}}"#),
            HeaderError::EncryptionMember { member },
        );
    }
}

/// RFC 7520 §4.4 (HS256), §4.5 (detached payload); RFC 7797 §4.2 (unencoded payload).
#[test]
fn examples_of_what_is_not_ours() {
    check_header(
        r#"{"alg":"HS256","kid":"018c0ae5-4d9b-471b-bfd6-eef314bc7037"}"#,
        HeaderError::AlgSymmetric,
    );
    let key = key();
    let token = forge(&key, br#"{"alg":"ES256"}"#);
    let [header, signature] = [0, 2].map(|i| token.split('.').nth(i).unwrap());
    check_token(&format!("{header}..{signature}"), &key, JwsError::BadSignature);
}

#[test]
fn texts_are_fit_for_a_log() {
    let all = [
        JwsError::AlgorithmMismatch { key: JwsAlgorithm::Es256, header: JwsAlgorithm::EdDsa },
        JwsError::Header(HeaderError::Crit),
        JwsError::Header(HeaderError::Json(JsonError::DuplicateMember { name: "alg".into() })),
        JwsError::Payload(B64Error::Byte { offset: 7 }),
        JwsError::BadSignature,
    ];
    let text: Vec<String> = all.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(text.join("\n"), @r"
    the header says `EdDSA`, but the key serves `ES256`
    `crit` demands extensions that are not understood
    the header: the JSON has member `alg` twice
    the payload: byte 7 is not of the base64url alphabet, without padding
    the signature does not match
    ");
}

#[test]
fn a_key_without_a_kid_takes_any() {
    let key = key();
    let mut jwk = key.public_jwk().to_json();
    jwk.as_object_mut().unwrap().remove("kid");
    let anonymous = VerifyingKey::from_jwk(&Jwk::from_json(&jwk).unwrap()).unwrap();
    assert!(!anonymous.kid_was_given());
    assert!(verify(&forge(&key, br#"{"alg":"ES256","kid":"any"}"#), &anonymous).is_ok());
}
