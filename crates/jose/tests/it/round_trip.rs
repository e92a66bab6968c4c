use counterfoil_jose::crypto::Secret32;
use counterfoil_jose::jwe::{self, JweHeader};
use counterfoil_jose::jws::{self, JwsHeader, Signer};
use counterfoil_jose::jwt::{self, Nested};
use counterfoil_jose::{
    ContentEncryption, Curve, DecryptionKey, EncryptionKey, JweAlgorithm, Jwk, JwsAlgorithm,
    Limits, SigningKey, VerifyingKey,
};
use std::sync::Arc;

#[test]
fn every_signature_algorithm() {
    for alg in JwsAlgorithm::ALL {
        let key = SigningKey::generate(alg).unwrap();
        let token = jws::sign(&key, &JwsHeader::typ("at+jwt"), br#"{"sub":"1"}"#);

        let published = Jwk::parse(key.public_jwk().to_json().to_string().as_bytes()).unwrap();
        assert_eq!(published, key.public_jwk());
        let verifying = VerifyingKey::from_jwk(&published).unwrap();
        assert_eq!(verifying.algorithm(), alg);
        assert_eq!(verifying.kid(), key.kid());
        assert_eq!(verifying.kid(), verifying.thumbprint());

        let verified =
            jws::Unverified::parse(&token, &Limits::DEFAULT).unwrap().verify(&verifying).unwrap();
        assert_eq!(verified.payload(), br#"{"sub":"1"}"#);
        assert_eq!(verified.header().kid(), Some(key.kid()));
        assert!(verified.header().typ_is("AT+JWT"));

        let again = SigningKey::from_pkcs8(alg, key.to_pkcs8().expose()).unwrap();
        assert_eq!(again.public_jwk(), key.public_jwk());
    }
}

#[test]
fn keys_from_seeds_are_stable() {
    let seed = Secret32::from([9; 32]);
    let kid = |alg| SigningKey::from_seed(alg, &seed).unwrap().kid().to_owned();
    insta::assert_snapshot!(kid(JwsAlgorithm::EdDsa), @"otpNrtfIlVqKc02K0b7Kh6i8aBUZSgcFX7uwVKF72Sc");
    insta::assert_snapshot!(kid(JwsAlgorithm::Es256), @"a1cRN1AS9m0kKefiB5jopXC2lpNztugOA_ZXLq9lSWs");
    assert!(SigningKey::from_seed(JwsAlgorithm::Rs256, &seed).is_err());
}

#[test]
fn every_encryption_algorithm() {
    let mut keys: Vec<_> =
        JweAlgorithm::ALL.iter().map(|alg| DecryptionKey::generate(*alg).unwrap()).collect();
    for curve in [Curve::P384, Curve::P521, Curve::X25519] {
        keys.push(DecryptionKey::generate_on(JweAlgorithm::EcdhEs, curve).unwrap());
        keys.push(DecryptionKey::generate_on(JweAlgorithm::EcdhEsA256Kw, curve).unwrap());
    }
    for key in &keys {
        let published = Jwk::parse(key.public_jwk().to_json().to_string().as_bytes()).unwrap();
        let recipient = EncryptionKey::from_jwk(&published).unwrap();
        let again = DecryptionKey::from_pkcs8(key.algorithm(), key.to_pkcs8().expose()).unwrap();
        assert_eq!(again.public_jwk(), key.public_jwk());
        for enc in ContentEncryption::ALL {
            for plaintext in [&b""[..], b"x", b"sixteen bytes ..", &[7; 1000]] {
                let token =
                    jwe::encrypt(&recipient, enc, &JweHeader::default(), plaintext).unwrap();
                let opened = jwe::Unverified::parse(&token, &Limits::DEFAULT)
                    .unwrap()
                    .decrypt(&again)
                    .unwrap();
                assert_eq!(opened.plaintext(), plaintext);
                assert_eq!(opened.header().encryption(), enc);
            }
        }
    }
}

#[test]
fn nested() {
    let signing = Arc::new(SigningKey::generate(JwsAlgorithm::Es256).unwrap());
    let api = DecryptionKey::generate(JweAlgorithm::EcdhEsA256Kw).unwrap();
    let recipient = EncryptionKey::from_jwk(&api.public_jwk()).unwrap();
    let signer = Signer::new(Arc::clone(&signing), &JwsHeader::typ("at+jwt"));
    let enc = ContentEncryption::A256Gcm;
    let token =
        jwt::nest(&signer, br#"{"sub":"1"}"#, &recipient, enc, &JweHeader::default()).unwrap();

    let nested = Nested::open(&token, &api, &Limits::DEFAULT).unwrap();
    let verified =
        nested.unverified(&Limits::DEFAULT).unwrap().verify(&signing.verifying_key()).unwrap();
    assert_eq!(verified.claims().unwrap().require_string("sub").unwrap(), "1");
}
