use super::{Jwk, JwkError};
use crate::json::{self, JsonLimits};
use serde_json::json;

/// The most keys in one set. Issuers publish two to ten; each costs parsing and memory.
pub const MAX_KEYS_PER_SET: usize = 64;

/// The most bytes of a set's JSON.
const MAX_SET_BYTES: usize = 256 * 1024;

/// The public keys that an issuer publishes.
///
/// Following [RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5), an entry that cannot
/// be used does not spoil the set: it is skipped and reported in [`JwkSet::skipped`]. That goes
/// for unknown kinds and for faulty, private and symmetric entries alike, so that no mistake in
/// one entry stops verification with the others, and none of them is ever used.
#[derive(Clone, Debug, Default)]
pub struct JwkSet {
    keys: Vec<Jwk>,
    skipped: Vec<SkippedKey>,
}

/// An entry of a set that was not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedKey {
    /// Its place in the set, from 0.
    pub index: usize,
    /// Its `kid`, if it has a sound one.
    pub kid: Option<String>,
    /// What is wrong with it.
    pub error: JwkError,
}

impl JwkSet {
    /// Holds keys that were made or read one by one.
    #[must_use]
    pub fn from_keys(keys: Vec<Jwk>) -> Self {
        Self { keys, skipped: Vec::new() }
    }

    /// Reads a set.
    ///
    /// # Errors
    /// [`JwkError`] if it is not a strict JSON object with an array `keys` of at most
    /// [`MAX_KEYS_PER_SET`] entries. Faulty entries are skipped instead.
    pub fn parse(json: &[u8]) -> Result<Self, JwkError> {
        let limits = JsonLimits { bytes: MAX_SET_BYTES, ..JsonLimits::DEFAULT };
        let object = json::parse_object(json, limits)?;
        let entries = object
            .get("keys")
            .ok_or(JwkError::Missing { member: "keys" })?
            .as_array()
            .ok_or(JwkError::WrongType { member: "keys" })?;
        if entries.len() > MAX_KEYS_PER_SET {
            return Err(JwkError::TooManyKeys { limit: MAX_KEYS_PER_SET });
        }
        let mut set = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            let entry = entry.as_object();
            match entry.map(Jwk::from_object) {
                Some(Ok(key)) => set.keys.push(key),
                refused => set.skipped.push(SkippedKey {
                    index,
                    kid: entry
                        .and_then(|entry| entry.get("kid")?.as_str())
                        .filter(|kid| kid.len() <= super::MAX_KID_BYTES)
                        .map(str::to_owned),
                    error: refused
                        .and_then(Result::err)
                        .unwrap_or(JwkError::WrongType { member: "keys" }),
                }),
            }
        }
        Ok(set)
    }

    /// The set as JSON, without what was skipped.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        json!({"keys": self.keys.iter().map(Jwk::to_json).collect::<Vec<_>>()})
    }

    /// The keys, in the order of the set.
    #[must_use]
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// The keys that carry this `kid`: usually one, but sets may repeat it.
    pub fn with_kid<'s>(&'s self, kid: &'s str) -> impl Iterator<Item = &'s Jwk> {
        self.keys.iter().filter(move |key| key.kid() == Some(kid))
    }

    /// The entries that were not taken.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }
}
