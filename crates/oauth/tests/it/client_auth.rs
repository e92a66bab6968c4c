use std::sync::Arc;

use counterfoil_jose::{JwsAlgorithm, SigningKey, UnixTime, jws};
use counterfoil_oauth::{
    client_auth::{AssertionContext, JWT_BEARER, PresentedClient, authenticate, hash_secret},
    model::{Client, ClientAuthMethod, ClientId, ClientSettings, Revision},
    params::Params,
};
use serde_json::{Value, json};

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

fn client(method: ClientAuthMethod, jwks: Option<Value>) -> Client {
    let settings: ClientSettings = serde_json::from_value(json!({
        "client_name": "c",
        "token_endpoint_auth_method": method,
        "grant_types": ["client_credentials"],
        "jwks": jwks,
    }))
    .unwrap();
    Client {
        id: ClientId::new(1),
        client_id: "c 1".into(),
        secret: Some(hash_secret("s+cr&t%")),
        owner_api: None,
        settings,
        created_at: NOW,
        updated_at: NOW,
        version: Revision::ZERO,
    }
}

/// `ok`, or how the client was refused.
fn attempt(client: &Client, header: Option<&str>, form: &str) -> String {
    let params = Params::parse(form.as_bytes()).unwrap();
    let presented = match PresentedClient::parse(header, &params) {
        Ok(presented) => presented,
        Err(error) => return error.code.as_str().to_owned(),
    };
    let known = (presented.client_id == client.client_id).then(|| Arc::new(client.clone()));
    let context = AssertionContext {
        issuer: "https://id.example",
        token_endpoint: "https://id.example/token",
        now: NOW,
    };
    match authenticate(&presented, known, &context) {
        Ok(proof) if proof.effect().is_some() => "ok once".to_owned(),
        Ok(_) => "ok".to_owned(),
        Err(cause) => format!("{cause:?}"),
    }
}

fn basic(text: &str) -> String {
    use std::fmt::Write;
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::from("Basic ");
    for chunk in text.as_bytes().chunks(3) {
        let mut word = 0u32;
        for at in 0..3 {
            word = (word << 8) | u32::from(chunk.get(at).copied().unwrap_or(0));
        }
        for at in 0..4 {
            let used = at <= chunk.len();
            let digit = (word >> (18 - 6 * at)) & 63;
            let character = alphabet.get(usize::try_from(digit).unwrap()).copied().unwrap();
            write!(encoded, "{}", if used { char::from(character) } else { '=' }).unwrap();
        }
    }
    encoded
}

#[test]
fn basic_is_taken_encoded_and_plain() {
    let client = client(ClientAuthMethod::ClientSecretBasic, None);
    let check = |text: &str, expected: &str| {
        assert_eq!(attempt(&client, Some(&basic(text)), ""), expected, "{text}");
    };
    check("c+1:s%2Bcr%26t%25", "ok");
    check("c%201:s%2Bcr%26t%25", "ok");
    check("c+1:wrong", "WrongSecret");
    check("nobody:s%2Bcr%26t%25", "Unknown");
    // The plain form, for clients that skip the encoding; the id is named besides.
    assert_eq!(attempt(&client, Some(&basic("c 1:s+cr&t%")), "client_id=c+1"), "ok");
    assert_eq!(attempt(&client, Some("Basic !!!"), ""), "invalid_client");
    assert_eq!(attempt(&client, Some("Bearer x"), ""), "invalid_client");
    let two = attempt(&client, Some(&basic("c+1:x")), "client_secret=y");
    assert_eq!(two, "invalid_request");
    assert_eq!(attempt(&client, Some(&basic("c+1:x")), "client_id=other"), "invalid_request");
}

#[test]
fn the_registered_method_is_enforced() {
    let post = "client_id=c+1&client_secret=s%2Bcr%26t%25";
    let check = |method, form: &str, expected: &str| {
        assert_eq!(attempt(&client(method, None), None, form), expected, "{method:?}");
    };
    check(ClientAuthMethod::ClientSecretPost, post, "ok");
    check(ClientAuthMethod::ClientSecretBasic, post, "WrongMethod");
    check(ClientAuthMethod::ClientSecretPost, "client_id=c+1", "WrongMethod");
    check(ClientAuthMethod::None, "client_id=c+1", "ok");
    check(ClientAuthMethod::None, post, "WrongMethod");
    check(ClientAuthMethod::None, "", "invalid_client");
}

struct Assertion {
    key: SigningKey,
    client: Client,
}

impl Assertion {
    fn new() -> Self {
        let key = SigningKey::generate(JwsAlgorithm::Es256).unwrap();
        let jwks = json!({"keys": [key.public_jwk().to_json()]});
        Self { key, client: client(ClientAuthMethod::PrivateKeyJwt, Some(jwks)) }
    }

    /// Starts from an accepted assertion, changes some claims, signs again.
    fn check(&self, change: &Value, expected: &str) {
        let mut claims = json!({
            "iss": "c 1", "sub": "c 1", "aud": "https://id.example",
            "exp": NOW.as_secs() + 60, "iat": NOW.as_secs(), "jti": "j1",
        });
        for (name, value) in change.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        let header = jws::JwsHeader::typ("JWT");
        let jwt = jws::sign(&self.key, &header, &serde_json::to_vec(&claims).unwrap());
        assert_eq!(self.attempt(&jwt), expected, "{change}");
    }

    fn attempt(&self, jwt: &str) -> String {
        let form = format!("client_assertion_type={JWT_BEARER}&client_assertion={jwt}");
        attempt(&self.client, None, &form)
    }
}

#[test]
fn assertions_are_for_us_now_and_once() {
    let assertion = Assertion::new();
    assertion.check(&json!({}), "ok once");
    assertion.check(&json!({"iss": "other"}), "WrongSubject");
    assertion.check(&json!({"sub": "other"}), "Unknown");
    assertion.check(&json!({"aud": "https://id.example/token"}), "WrongAudience");
    assertion.check(&json!({"aud": "https://id.example/"}), "WrongAudience");
    assertion.check(&json!({"aud": ["https://id.example", "https://b.example"]}), "WrongAudience");
    assertion.check(&json!({"aud": null}), "WrongAudience");
    assertion.check(&json!({"exp": null}), "BadTime");
    assertion.check(&json!({"exp": NOW.as_secs()}), "BadTime");
    assertion.check(&json!({"exp": NOW.as_secs() + 601}), "BadTime");
    assertion.check(&json!({"exp": "soon"}), "BadTime");
    assertion.check(&json!({"iat": NOW.as_secs() + 11}), "BadTime");
    assertion.check(&json!({"nbf": NOW.as_secs() + 10}), "ok once");
    assertion.check(&json!({"jti": null}), "NoJti");
    assertion.check(&json!({"jti": ""}), "NoJti");
}

#[test]
fn only_a_registered_key_counts() {
    let assertion = Assertion::new();
    let other = Assertion::new();
    let claims = json!({"iss": "c 1", "sub": "c 1", "aud": "https://id.example",
        "exp": NOW.as_secs() + 60, "jti": "j"});
    let header = jws::JwsHeader::typ("JWT");
    let forged = jws::sign(&other.key, &header, &serde_json::to_vec(&claims).unwrap());
    assert_eq!(assertion.attempt(&forged), "BadSignature");
    assert_eq!(assertion.attempt("a.b.c"), "invalid_client");
    let untyped = attempt(&assertion.client, None, "client_assertion=a.b.c");
    assert_eq!(untyped, "invalid_request");
}

#[test]
fn lax_audiences_are_a_setting_of_the_client() {
    let mut assertion = Assertion::new();
    assertion.client.settings.lax_assertion_audience = true;
    assertion.check(&json!({"aud": "https://id.example/token"}), "ok once");
    assertion.check(&json!({"aud": "https://id.example/"}), "ok once");
    assertion.check(&json!({"aud": "https://evil.example/token"}), "WrongAudience");
}
