//! The examples of the RFCs whose algorithms are ours. Those with other algorithms are among the
//! refusals.

use counterfoil_jose::{
    DecryptionKey, JweAlgorithm, Jwk, JwsAlgorithm, Limits, SigningKey, VerifyingKey, b64, jwe, jws,
};
use serde_json::Value;

const PLAINTEXT_7520: &str = "You can trust us to stick with you through thick and thin\u{2013}\
    to the bitter end. And you can trust us to keep any secret of yours\u{2013}closer than you \
    keep it yourself. But you cannot trust us to let you face trouble alone, and go off without a \
    word. We are your friends, Frodo.";

fn vectors(json: &str) -> Vec<Value> {
    serde_json::from_str(json).unwrap()
}

fn text<'v>(vector: &'v Value, name: &str) -> &'v str {
    vector[name].as_str().unwrap()
}

fn without_private_members(jwk: &Value) -> Vec<u8> {
    let mut jwk = jwk.as_object().unwrap().clone();
    jwk.retain(|name, _| ["kty", "crv", "kid", "use", "n", "e", "x", "y"].contains(&&**name));
    Value::Object(jwk).to_string().into_bytes()
}

#[test]
fn signatures() {
    let vectors = vectors(include_str!("vectors/jws.json"));
    assert_eq!(vectors.len(), 7);
    for vector in &vectors {
        let source = text(vector, "source");
        let alg = JwsAlgorithm::parse(text(vector, "alg")).unwrap();
        let token = text(vector, "token");
        let public = Jwk::parse(&without_private_members(&vector["jwk"])).unwrap();
        let key = VerifyingKey::from_jwk_as(&public, alg).unwrap();

        let verified =
            jws::Unverified::parse(token, &Limits::DEFAULT).unwrap().verify(&key).expect(source);
        assert_eq!(verified.payload(), text(vector, "payload").as_bytes(), "{source}");

        if vector["jwk"].get("d").is_some() {
            let jwk = vector["jwk"].to_string();
            let private = SigningKey::from_private_jwk(alg, jwk.as_bytes()).expect(source);
            assert_eq!(private.verifying_key().thumbprint(), key.thumbprint());
            let (input, signature) = token.rsplit_once('.').unwrap();
            let made = b64::encode(&private.sign(input.as_bytes()));
            let deterministic = vector["deterministic"] == true;
            assert_eq!(made == signature, deterministic, "{source}");
        }
    }
}

#[test]
fn encryption() {
    let vectors = vectors(include_str!("vectors/jwe.json"));
    assert_eq!(vectors.len(), 3);
    for vector in &vectors {
        let source = text(vector, "source");
        let alg = JweAlgorithm::parse(text(vector, "alg")).unwrap();
        let jwk = vector["jwk"].to_string();
        let key = DecryptionKey::from_private_jwk(alg, jwk.as_bytes()).expect(source);
        let opened = jwe::Unverified::parse(text(vector, "token"), &Limits::DEFAULT)
            .expect(source)
            .decrypt(&key)
            .expect(source);
        assert_eq!(opened.plaintext(), PLAINTEXT_7520.as_bytes(), "{source}");
    }
}

/// RFC 7638 §3.1 and RFC 8037 appendix A.3.
#[test]
fn thumbprints() {
    let thumbprint = |jwk: &str| Jwk::parse(jwk.as_bytes()).unwrap().thumbprint();
    insta::assert_snapshot!(
        thumbprint(
            r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#
        ),
        @"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    );
    insta::assert_snapshot!(
        thumbprint(
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        ),
        @"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
}
