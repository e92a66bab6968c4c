//! A token in parts that can be changed one by one and signed again.

use crate::world::{AUD, ISS, START, es256, keys};
use counterfoil_jose::{SigningKey, b64};
use serde_json::{Map, Value, json};

/// A JWT before it is signed. Header and payload are text, so that they can be anything.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) header: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    pub(crate) key: &'static SigningKey,
}

impl Draft {
    /// A thin RFC 9068 token that is accepted.
    pub(crate) fn accepted() -> Self {
        let header = json!({"alg": "ES256", "typ": "at+jwt", "kid": "es"});
        let payload = json!({
            "iss": ISS, "sub": "248289761001", "aud": AUD, "client_id": "web-app",
            "azp": "web-app", "exp": START + 600, "iat": START, "jti": "j-1",
            "scope": "orders:read orders:write", "auth_time": START - 5, "principal": "user",
            "cf_epoch": 1, "cf_rev": 100, "cf_keys": keys(),
        });
        let text = |value: Value| value.to_string().into_bytes();
        Self { header: text(header), payload: text(payload), key: es256() }
    }

    pub(crate) fn signed_with(mut self, key: &'static SigningKey) -> Self {
        self.use_key(key);
        self
    }

    /// Signs with another key of the issuer, and says so in the header.
    pub(crate) fn use_key(&mut self, key: &'static SigningKey) {
        self.key = key;
        self.header("alg", key.algorithm().as_str());
        self.header("kid", key.kid());
    }

    pub(crate) fn header(&mut self, name: &str, value: impl Into<Value>) {
        set(&mut self.header, name, value.into());
    }

    pub(crate) fn claim(&mut self, name: &str, value: impl Into<Value>) {
        set(&mut self.payload, name, value.into());
    }

    pub(crate) fn without_header(&mut self, name: &str) {
        edit(&mut self.header, |members| _ = members.remove(name));
    }

    pub(crate) fn without(&mut self, name: &str) {
        edit(&mut self.payload, |members| _ = members.remove(name));
    }

    /// Replaces text in the header, for JSON that no value can hold.
    pub(crate) fn header_text(&mut self, from: &str, to: &str) {
        replace(&mut self.header, from, to);
    }

    /// Replaces text in the payload.
    pub(crate) fn payload_text(&mut self, from: &str, to: &str) {
        replace(&mut self.payload, from, to);
    }

    pub(crate) fn signing_input(&self) -> String {
        format!("{}.{}", b64::encode(&self.header), b64::encode(&self.payload))
    }

    pub(crate) fn sign(&self) -> String {
        let input = self.signing_input();
        let signature = self.key.sign(input.as_bytes());
        format!("{input}.{}", b64::encode(&signature))
    }

    /// The token with this signature in place of the right one.
    pub(crate) fn signed_as(&self, signature: &[u8]) -> String {
        format!("{}.{}", self.signing_input(), b64::encode(signature))
    }
}

fn set(json: &mut Vec<u8>, name: &str, value: Value) {
    edit(json, |members| _ = members.insert(name.to_owned(), value));
}

fn edit(json: &mut Vec<u8>, edit: impl FnOnce(&mut Map<String, Value>)) {
    let mut members: Map<String, Value> = serde_json::from_slice(json).unwrap();
    edit(&mut members);
    *json = Value::Object(members).to_string().into_bytes();
}

fn replace(json: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8(json.clone()).unwrap();
    assert!(text.contains(from), "`{from}` is not in {text}");
    *json = text.replacen(from, to, 1).into_bytes();
}
