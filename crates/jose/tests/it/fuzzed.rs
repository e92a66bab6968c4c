//! What must hold for any bytes at all. The libFuzzer targets in `fuzz/` and the replay test run
//! the same functions.

use counterfoil_jose::crypto::Secret32;
use counterfoil_jose::json::JsonLimits;
use counterfoil_jose::{
    Claims, DecryptionKey, EncryptionKey, JweAlgorithm, Jwk, JwkSet, JwsAlgorithm, Limits,
    SigningKey, VerifyingKey, jwe, jws, jwt,
};
use std::sync::LazyLock;

pub static SIGNING: LazyLock<[SigningKey; 2]> = LazyLock::new(|| {
    [JwsAlgorithm::EdDsa, JwsAlgorithm::Es256]
        .map(|alg| SigningKey::from_seed(alg, &Secret32::from([1; 32])).expect("the seed is good"))
});

/// PKCS#8 is fixed so that the corpus stays decryptable; P-256, X25519.
pub static DECRYPTION: LazyLock<[DecryptionKey; 2]> = LazyLock::new(|| {
    let p256 = br#"{"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck","d":"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"}"#;
    let x25519 = br#"{"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08","d":"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os"}"#;
    [(JweAlgorithm::EcdhEsA256Kw, &p256[..]), (JweAlgorithm::EcdhEs, &x25519[..])]
        .map(|(alg, jwk)| DecryptionKey::from_private_jwk(alg, jwk).expect("the key is good"))
});

/// Never panics; what verifies is, character by character, what was signed (or an ECDSA twin).
pub fn jws(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(unverified) = jws::Unverified::parse(text, &Limits::DEFAULT) else { return };
    for key in &*SIGNING {
        let Ok(verified) = unverified.clone().verify(&key.verifying_key()) else { continue };
        let claims = verified.claims();
        // The corpus was signed with development keys: only its own payload may come back.
        assert_eq!(verified.payload(), br#"{"sub":"1"}"#, "a forgery verified");
        assert!(claims.is_ok());
    }
}

/// Never panics; what decrypts is what was encrypted.
pub fn jwe(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(unverified) = jwe::Unverified::parse(text, &Limits::DEFAULT) else { return };
    for key in &*DECRYPTION {
        if let Ok(opened) = unverified.clone().decrypt(key) {
            let _ = jwt::Nested::from_decrypted(opened, &Limits::DEFAULT);
        }
    }
}

/// Never panics; a key that is read is written and read again as the same key.
pub fn jwk(data: &[u8]) {
    let _ = SigningKey::from_private_jwk(JwsAlgorithm::EdDsa, data);
    let _ = DecryptionKey::from_private_jwk(JweAlgorithm::EcdhEs, data);
    let _ = SigningKey::from_pkcs8(JwsAlgorithm::Es256, data);
    let _ = DecryptionKey::from_pkcs8(JweAlgorithm::EcdhEs, data);
    let mut keys = JwkSet::parse(data).map(|set| set.keys().to_vec()).unwrap_or_default();
    keys.extend(Jwk::parse(data));
    for key in keys {
        let again = Jwk::from_json(&key.to_json()).expect("a key's own JSON is sound");
        assert_eq!(again.thumbprint(), key.thumbprint());
        assert!(key.may_verify() || key.may_encrypt());
        assert_eq!(VerifyingKey::from_jwk(&key).is_ok(), key.may_verify());
        assert_eq!(EncryptionKey::from_jwk(&key).is_ok(), key.may_encrypt());
    }
}

/// Never panics; whatever is read is also JSON to another reader, with the same members.
pub fn claims(data: &[u8]) {
    let Ok(claims) = Claims::parse(data, JsonLimits::DEFAULT) else { return };
    let theirs: serde_json::Value = serde_json::from_slice(data).expect("strict JSON is JSON");
    assert_eq!(serde_json::Value::Object(claims.object().to_json()), theirs);
    let _ = claims.audience();
    for (name, _) in claims.object().iter() {
        let _ = (claims.string(name), claims.integer(name), claims.unsigned(name));
        let _ = (claims.boolean(name), claims.member(name), claims.strings(name));
        if let Ok(Some(date)) = claims.numeric_date(name) {
            assert!(date.as_secs() >= 0);
        }
    }
}
