use super::encode_member;
use crate::{SigningKey, b64};
use std::fmt;
use std::sync::Arc;

/// What a token's header says besides `alg` and `kid`, which follow from the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JwsHeader<'a> {
    /// The `typ`, such as `at+jwt`. Never left out: RFC 8725 §3.11 tells token kinds apart by it.
    pub typ: &'a str,
    /// The `cty`, for payloads that are not plain claims.
    pub cty: Option<&'a str>,
}

impl<'a> JwsHeader<'a> {
    /// A header with this `typ` and no `cty`.
    #[must_use]
    pub const fn typ(typ: &'a str) -> Self {
        Self { typ, cty: None }
    }
}

/// Signs one payload. Use a [`Signer`] for many under the same header.
#[must_use]
pub fn sign(key: &SigningKey, header: &JwsHeader<'_>, payload: &[u8]) -> String {
    finish(key, &prefix(key, header), payload)
}

/// Signs payloads under one header, which is encoded once.
#[derive(Clone)]
pub struct Signer {
    key: Arc<SigningKey>,
    prefix: String,
}

impl Signer {
    /// Encodes the header for this key.
    #[must_use]
    pub fn new(key: Arc<SigningKey>, header: &JwsHeader<'_>) -> Self {
        let prefix = prefix(&key, header);
        Self { key, prefix }
    }

    /// Signs a payload.
    #[must_use]
    pub fn sign(&self, payload: &[u8]) -> String {
        finish(&self.key, &self.prefix, payload)
    }

    /// The key behind it.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The encoded header and its dot.
fn prefix(key: &SigningKey, header: &JwsHeader<'_>) -> String {
    let mut json = format!(r#"{{"alg":"{}""#, key.algorithm());
    encode_member("typ", header.typ, &mut json);
    if let Some(cty) = header.cty {
        encode_member("cty", cty, &mut json);
    }
    encode_member("kid", key.kid(), &mut json);
    json.push('}');
    let mut prefix = b64::encode(json.as_bytes());
    prefix.push('.');
    prefix
}

fn finish(key: &SigningKey, prefix: &str, payload: &[u8]) -> String {
    let len =
        prefix.len() + b64::encoded_len(payload.len()) + 1 + b64::encoded_len(key.signature_len());
    let mut token = String::with_capacity(len);
    token.push_str(prefix);
    b64::encode_into(payload, &mut token);
    let signature = key.sign(token.as_bytes());
    token.push('.');
    b64::encode_into(&signature, &mut token);
    token
}
