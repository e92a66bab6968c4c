//! Rows 40 to 46: encrypted tokens.

use crate::draft::Draft;
use crate::world::{ISS, World, es256};
use counterfoil_jose::jwe::{self, JweHeader};
use counterfoil_jose::{ContentEncryption, DecryptionKey, EncryptionKey, JweAlgorithm, Jwk, b64};
use counterfoil_verifier::{ClaimsFrom, Issuer};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

fn api_key() -> &'static Arc<DecryptionKey> {
    static KEY: OnceLock<Arc<DecryptionKey>> = OnceLock::new();
    KEY.get_or_init(|| {
        Arc::new(DecryptionKey::generate(JweAlgorithm::EcdhEsA256Kw).unwrap().with_kid("api"))
    })
}

fn world() -> World {
    World::with(|config| {
        config
            .decryption_key(Arc::clone(api_key()))
            .issuer(Issuer::counterfoil(ISS).claims(ClaimsFrom::Token))
    })
}

const HEADER: JweHeader<'static> = JweHeader { typ: Some("at+jwt"), cty: Some("JWT"), jti: None };

fn seal(key: &Jwk, header: &JweHeader<'_>, plaintext: &[u8]) -> String {
    let key = EncryptionKey::from_jwk(key).unwrap();
    jwe::encrypt(&key, ContentEncryption::A256Gcm, header, plaintext).unwrap()
}

/// Encrypts to the API after checking that the unchanged token is accepted.
fn sealed(header: &JweHeader<'_>, plaintext: &[u8]) -> String {
    let world = world();
    let good = seal(&api_key().public_jwk(), &HEADER, Draft::accepted().sign().as_bytes());
    assert_eq!(world.check(&good), "accepted", "before the change");
    world.check(&seal(&api_key().public_jwk(), header, plaintext))
}

/// Changes the header of an accepted token.
fn header_changed(change: impl FnOnce(&mut Value)) -> String {
    let world = world();
    let token = seal(&api_key().public_jwk(), &HEADER, Draft::accepted().sign().as_bytes());
    assert_eq!(world.check(&token), "accepted", "before the change");
    let (header, rest) = token.split_once('.').unwrap();
    let mut header: Value = serde_json::from_slice(&b64::decode(header).unwrap()).unwrap();
    change(&mut header);
    world.check(&format!("{}.{rest}", b64::encode(header.to_string().as_bytes())))
}

#[test]
fn row_40_nobody_signed_what_is_inside() {
    let claims = Draft::accepted().payload;
    assert_eq!(sealed(&HEADER, &claims), "jwe_inner_unsigned");
    let mut none = Draft::accepted();
    none.header("alg", "none");
    assert_eq!(sealed(&HEADER, none.signed_as(b"").as_bytes()), "jwe_inner_unsigned");
    let mut other = Draft::accepted();
    other.claim("aud", "https://other.example");
    assert_eq!(sealed(&HEADER, other.sign().as_bytes()), "aud_mismatch", "checks go on inside");
    let unsigned = Draft::accepted().signed_as(&[1; 64]);
    assert_eq!(sealed(&HEADER, unsigned.as_bytes()), "bad_signature");
    let no_cty = JweHeader { cty: None, ..HEADER };
    assert_eq!(sealed(&no_cty, Draft::accepted().sign().as_bytes()), "jwe_not_nested");
    assert_eq!(sealed(&HEADER, &[0xff, 0xfe]), "jwe_not_nested");
    // Twice encrypted is still not signed.
    let inner = seal(&api_key().public_jwk(), &HEADER, b"x");
    assert_eq!(sealed(&HEADER, inner.as_bytes()), "parts");
}

#[test]
fn row_41_keys_of_another_purpose() {
    let token = seal(&api_key().public_jwk(), &HEADER, Draft::accepted().sign().as_bytes());
    assert_eq!(world().check(&token), "accepted");
    // A signed token is required where there is no key for encrypted ones.
    assert_eq!(World::jwt().check(&token), "jwe_not_expected");
    // Encrypted to the key that the issuer signs with, which nobody must decrypt with.
    let mut jwk = es256().public_jwk().to_json();
    jwk["use"] = json!("enc");
    jwk["alg"] = json!("ECDH-ES+A256KW");
    let signing = Jwk::from_json(&jwk).unwrap();
    let token = seal(&signing, &HEADER, Draft::accepted().sign().as_bytes());
    assert_eq!(world().check(&token), "jwe_key_unknown");
    assert_eq!(header_changed(|header| header["kid"] = json!("es")), "jwe_key_unknown");
    assert_eq!(header_changed(|header| header["alg"] = json!("ECDH-ES")), "jwe_alg_mismatch");
}

#[test]
fn rows_43_46_algorithms_that_cost_or_leak() {
    let pbes2 = |header: &mut Value| {
        header["alg"] = json!("PBES2-HS256+A128KW");
        header["p2c"] = json!(2_000_000_000);
    };
    assert_eq!(header_changed(pbes2), "alg_unsupported");
    assert_eq!(header_changed(|header| header["alg"] = json!("RSA1_5")), "alg_unsupported");
    assert_eq!(header_changed(|header| header["alg"] = json!("dir")), "alg_unsupported");
    assert_eq!(header_changed(|header| header["enc"] = json!("A128CBC")), "enc_unsupported");
    assert_eq!(header_changed(|header| header["enc"] = json!(null)), "header_type");
}

#[test]
fn row_44_nothing_is_decompressed() {
    assert_eq!(header_changed(|header| header["zip"] = json!("DEF")), "zip");
}

#[test]
fn row_45_malformed() {
    let world = world();
    let token = seal(&api_key().public_jwk(), &HEADER, Draft::accepted().sign().as_bytes());
    assert_eq!(world.check(&token), "accepted");
    let parts: Vec<&str> = token.split('.').collect();
    let with = |at: usize, text: &str| {
        let mut parts = parts.clone();
        parts[at] = text;
        world.check(&parts.join("."))
    };
    assert_eq!(with(0, ""), "header_json");
    assert_eq!(with(0, "AA"), "header_json");
    assert_eq!(with(1, ""), "jwe_part");
    assert_eq!(with(1, "AAAA"), "jwe_part");
    assert_eq!(with(2, ""), "jwe_part");
    assert_eq!(with(2, "AAAA"), "jwe_part");
    assert_eq!(with(3, ""), "jwe_decrypt");
    assert_eq!(with(3, "AAAA"), "jwe_decrypt");
    assert_eq!(with(4, ""), "jwe_part");
    assert_eq!(with(4, "AAAAAAAAAAAAAAAAAAAAAA"), "jwe_decrypt");
    assert_eq!(with(3, "!"), "base64");
    assert_eq!(world.check("...."), "header_json");
}

#[test]
fn row_46_ephemeral_keys() {
    let zero = json!({"kty": "EC", "crv": "P-256", "x": b64::encode(&[0; 32]), "y": b64::encode(&[0; 32])});
    assert_eq!(header_changed(|header| header["epk"] = zero), "jwe_epk");
    assert_eq!(header_changed(|header| header["epk"] = json!({"kty": "oct"})), "jwe_epk");
    assert_eq!(
        header_changed(|header| _ = header.as_object_mut().unwrap().remove("epk")),
        "jwe_epk"
    );
    assert_eq!(header_changed(|header| header["epk"]["x"] = json!("AAAA")), "jwe_epk");
}

proptest! {
    /// Whatever is done to an encrypted token, it is refused and nothing panics.
    #[test]
    fn row_45_any_change_is_refused(at in 0_usize..400, byte in any::<u8>()) {
        static WORLD: OnceLock<std::sync::Mutex<(World, String)>> = OnceLock::new();
        let shared = WORLD.get_or_init(|| {
            let text = Draft::accepted().sign();
            std::sync::Mutex::new((world(), seal(&api_key().public_jwk(), &HEADER, text.as_bytes())))
        });
        let shared = shared.lock().unwrap();
        let (world, token) = &*shared;
        let mut bytes = token.clone().into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != byte && byte.is_ascii());
        bytes[at] = byte;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert_ne!(world.check(&changed), "accepted");
    }
}
