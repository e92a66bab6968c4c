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
    pub(crate) subject: String,
    pub(crate) principal: Principal,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) expires_at: UnixTime,
    pub(crate) issued_at: Option<UnixTime>,
    pub(crate) token_id: String,
    /// The token's payload or the issuer's answer. Most APIs ask for one claim or none, so it is
    /// read when the first one is asked for.
    pub(crate) document: Vec<u8>,
    pub(crate) read: OnceLock<Read>,
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

impl Drop for Identity {
    fn drop(&mut self) {
        self.subject.zeroize();
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
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
