use crate::fuzzed::{DECRYPTION, SIGNING};
use counterfoil_jose::jwe::{self, JweHeader};
use counterfoil_jose::jws::{self, JwsHeader};
use counterfoil_jose::{ContentEncryption, EncryptionKey, Limits, b64};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn base64_has_one_text_for_each_value(bytes: Vec<u8>, text in "[A-Za-z0-9_-]{0,40}") {
        let encoded = b64::encode(&bytes);
        prop_assert_eq!(encoded.len(), b64::encoded_len(bytes.len()));
        prop_assert_eq!(b64::decode(&encoded).unwrap(), bytes);
        if let Ok(bytes) = b64::decode(&text) {
            prop_assert_eq!(b64::encode(&bytes), text);
        }
    }

    #[test]
    fn signed_bytes_come_back(payload: Vec<u8>, typ in "[ -~]{1,20}", which in 0..2usize) {
        let key = &SIGNING[which];
        let limits = Limits::DEFAULT;
        let token = jws::sign(key, &JwsHeader::typ(&typ), &payload);
        let verified =
            jws::Unverified::parse(&token, &limits).unwrap().verify(&key.verifying_key()).unwrap();
        prop_assert_eq!(verified.payload(), &payload[..]);
        prop_assert_eq!(verified.header().typ(), Some(&*typ));
    }

    #[test]
    fn sealed_bytes_come_back(plaintext: Vec<u8>, which in 0..2usize, enc in 0..3usize) {
        let key = &DECRYPTION[which];
        let recipient = EncryptionKey::from_jwk(&key.public_jwk()).unwrap();
        let enc = ContentEncryption::ALL[enc];
        let token = jwe::encrypt(&recipient, enc, &JweHeader::default(), &plaintext).unwrap();
        let opened = jwe::Unverified::parse(&token, &Limits::DEFAULT).unwrap().decrypt(key).unwrap();
        prop_assert_eq!(opened.plaintext(), &plaintext[..]);
    }

    #[test]
    fn parsing_any_text_ends(text in ".{0,200}", dotted in "[A-Za-z0-9_.=-]{0,200}") {
        for text in [text, dotted] {
            let _ = jws::Unverified::parse(&text, &Limits::DEFAULT);
            let _ = jwe::Unverified::parse(&text, &Limits::DEFAULT);
        }
    }
}

/// Every single-character change of a token is refused. (The ECDSA twin differs in many.)
#[test]
fn no_changed_character_verifies() {
    for key in &*SIGNING {
        let token = jws::sign(key, &JwsHeader::typ("at+jwt"), br#"{"sub":"1"}"#);
        let verifying = key.verifying_key();
        for at in 0..token.len() {
            for replacement in [b'A', b'_', b'.', b'='] {
                let mut changed = token.clone().into_bytes();
                if changed[at] == replacement {
                    continue;
                }
                changed[at] = replacement;
                let changed = String::from_utf8(changed).unwrap();
                let accepted = jws::Unverified::parse(&changed, &Limits::DEFAULT)
                    .and_then(|unverified| unverified.verify(&verifying));
                assert!(accepted.is_err(), "{changed}");
            }
        }
    }
}

#[test]
fn no_changed_character_decrypts() {
    for key in &*DECRYPTION {
        let recipient = EncryptionKey::from_jwk(&key.public_jwk()).unwrap();
        for enc in ContentEncryption::ALL {
            let token = jwe::encrypt(&recipient, enc, &JweHeader::default(), b"payload").unwrap();
            for at in 0..token.len() {
                let mut changed = token.clone().into_bytes();
                changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
                let changed = String::from_utf8(changed).unwrap();
                let accepted = jwe::Unverified::parse(&changed, &Limits::DEFAULT)
                    .and_then(|unverified| unverified.decrypt(key));
                assert!(accepted.is_err(), "{enc}: {changed}");
            }
        }
    }
}
