use counterfoil_jose::json::{JsonLimits, Object};
use counterfoil_jose::{Claims, UnixTime};
use serde_json::{Map, Value};
use std::fmt;
use std::sync::{Arc, OnceLock};
use zeroize::Zeroize;

/// Claims of the protocol, which say nothing about the caller beyond what has a getter.
const PROTOCOL_CLAIMS: [&str; 21] = [
    "active",
    "acr",
    "amr",
    "aud",
    "auth_time",
    "azp",
    "cf_epoch",
    "cf_keys",
    "cf_rev",
    "cf_token_rev",
    "client_id",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "principal",
    "scope",
    "sid",
    "sub",
    "token_type",
];

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A person.
    User,
    /// A client acting for itself.
    Service,
    /// The issuer does not say, and it is not guessed from `sub`
    /// ([RFC 9700 §4.15](https://www.rfc-editor.org/rfc/rfc9700#section-4.15)).
    Unstated,
}

impl Principal {
    /// The word for logs and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Service => "service",
            Self::Unstated => "unstated",
        }
    }
}

/// What was learned about the bearer of one token. Lives in memory alone and is wiped on drop.
pub(crate) struct Identity {
    pub(crate) issuer: Arc<str>,
    pub(crate) audience: Arc<str>,
    pub(crate) principal: Principal,
    pub(crate) words: Words,
    pub(crate) expires_at: UnixTime,
    pub(crate) issued_at: Option<UnixTime>,
    /// The token's payload or the issuer's answer. Most APIs ask for one claim or none, so it is
    /// read when the first one is asked for.
    pub(crate) document: Vec<u8>,
    pub(crate) read: OnceLock<Read>,
}

/// `sub`, `client_id`, `scope` and `jti` in one piece of memory: every accepted token has them.
#[derive(Clone)]
pub(crate) struct Words {
    text: String,
    ends: [usize; 3],
}

impl Words {
    pub(crate) fn new(words: [&str; 4]) -> Self {
        let [subject, client_id, scope, _] = words.map(str::len);
        Self {
            text: words.concat(),
            ends: [subject, subject + client_id, subject + client_id + scope],
        }
    }

    pub(crate) fn subject(&self) -> &str {
        let [end, ..] = self.ends;
        self.text.get(..end).unwrap_or_default()
    }

    pub(crate) fn client_id(&self) -> &str {
        let [start, end, _] = self.ends;
        self.text.get(start..end).unwrap_or_default()
    }

    pub(crate) fn scope(&self) -> &str {
        let [_, start, end] = self.ends;
        self.text.get(start..end).unwrap_or_default()
    }

    pub(crate) fn token_id(&self) -> &str {
        let [_, _, start] = self.ends;
        self.text.get(start..).unwrap_or_default()
    }
}

/// The document, read.
pub(crate) struct Read {
    pub(crate) claims: Map<String, Value>,
    pub(crate) auth_time: Option<UnixTime>,
    pub(crate) amr: Vec<String>,
}

impl Identity {
    pub(crate) fn read(&self) -> &Read {
        self.read.get_or_init(|| {
            let limits = JsonLimits { bytes: self.document.len(), ..JsonLimits::DEFAULT };
            // It was read strictly before it was kept; a failure here is an empty list of claims.
            Claims::parse(&self.document, limits).map_or_else(|_| Read::empty(), |c| Read::of(&c))
        })
    }
}

impl Read {
    fn empty() -> Self {
        Self { claims: Map::new(), auth_time: None, amr: Vec::new() }
    }

    fn of(claims: &Claims<'_>) -> Self {
        let amr = claims.strings("amr").ok().flatten().unwrap_or_default();
        Self {
            claims: released(claims.object()),
            auth_time: claims.numeric_date("auth_time").ok().flatten(),
            amr: amr.into_iter().map(str::to_owned).collect(),
        }
    }
}

fn released(object: &Object<'_>) -> Map<String, Value> {
    object
        .iter()
        .filter(|(name, _)| !PROTOCOL_CLAIMS.contains(name))
        .map(|(name, value)| (name.to_owned(), value.to_json()))
        .collect()
}

impl Drop for Words {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        self.document.zeroize();
        if let Some(mut read) = self.read.take() {
            read.claims.values_mut().for_each(wipe);
        }
    }
}

/// As deep as the parser let it get.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("principal", &self.principal)
            .field("client_id", &self.words.client_id())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        let words = Words::new(["s", "", "a b", "é"]);
        let read = [words.subject(), words.client_id(), words.scope(), words.token_id()];
        assert_eq!(read, ["s", "", "a b", "é"]);
    }
}
