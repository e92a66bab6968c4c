use crate::jwks::KeyPolicy;
use crate::limits::{
    DEFAULT_ANSWER_TTL_MS, DEFAULT_CACHE_ENTRIES, DEFAULT_KEY_POLICY, DEFAULT_MAX_LIFETIME_SECS,
    DEFAULT_SKEW_SECS, MAX_CACHE_ENTRIES, MAX_DECRYPTION_KEYS, MAX_ISSUERS, MAX_SKEW_SECS,
    NATIVE_KEY_POLICY,
};
use counterfoil_jose::{DecryptionKey, JwsAlgorithm, Limits};
use counterfoil_oauth::loopback::is_loopback;
use std::fmt;
use std::sync::Arc;
use url::Url;

/// The `typ` of JWT access tokens ([RFC 9068 §2.1](https://www.rfc-editor.org/rfc/rfc9068#section-2.1)).
pub const ACCESS_TOKEN_TYP: &str = "at+jwt";

/// Says which tokens one API takes. Checked as a whole by [`crate::Verifier::new`].
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) id: String,
    pub(crate) resource: String,
    pub(crate) issuers: Vec<Issuer>,
    pub(crate) limits: Limits,
    pub(crate) skew_secs: i64,
    pub(crate) cache_entries: usize,
    pub(crate) decryption: Vec<Arc<DecryptionKey>>,
}

impl Config {
    /// Starts a configuration for the API with this `resource`
    /// ([RFC 8707](https://www.rfc-editor.org/rfc/rfc8707)), which every token must name as `aud`.
    #[must_use]
    pub fn new(resource: impl Into<String>) -> Self {
        Self {
            id: String::new(),
            resource: resource.into(),
            issuers: Vec::new(),
            limits: Limits::DEFAULT,
            skew_secs: DEFAULT_SKEW_SECS,
            cache_entries: DEFAULT_CACHE_ENTRIES,
            decryption: Vec::new(),
        }
    }

    /// Names the configuration, where one process has several for one API: what one of them has
    /// accepted is unknown to the others.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Trusts one more issuer.
    #[must_use]
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// Adds a key of this API that `jwe` tokens may be encrypted to; at most
    /// [`MAX_DECRYPTION_KEYS`].
    #[must_use]
    pub fn decryption_key(mut self, key: Arc<DecryptionKey>) -> Self {
        self.decryption.push(key);
        self
    }

    /// Sets how far an issuer's clock may be ahead, in seconds, at most [`MAX_SKEW_SECS`].
    #[must_use]
    pub fn skew_secs(mut self, skew_secs: i64) -> Self {
        self.skew_secs = skew_secs;
        self
    }

    /// Sets how many identities are kept in memory, at most [`MAX_CACHE_ENTRIES`].
    #[must_use]
    pub fn cache_entries(mut self, entries: usize) -> Self {
        self.cache_entries = entries;
        self
    }

    /// Sets the longest token, in bytes. The default is 16 KiB, which is also the maximum.
    #[must_use]
    pub fn max_token_bytes(mut self, bytes: usize) -> Self {
        self.limits.token = bytes.min(Limits::DEFAULT.token);
        self
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.resource.is_empty() {
            return Err(ConfigError::NoResource);
        }
        Url::parse(&self.resource)
            .ok()
            .filter(|url| url.fragment().is_none())
            .ok_or_else(|| ConfigError::BadResource { resource: self.resource.clone() })?;
        if self.issuers.is_empty() {
            return Err(ConfigError::NoIssuer);
        }
        if self.issuers.len() > MAX_ISSUERS {
            return Err(ConfigError::TooManyIssuers);
        }
        if !(0..=MAX_SKEW_SECS).contains(&self.skew_secs) {
            return Err(ConfigError::Skew);
        }
        if !(1..=MAX_CACHE_ENTRIES).contains(&self.cache_entries) {
            return Err(ConfigError::CacheEntries);
        }
        if self.decryption.len() > MAX_DECRYPTION_KEYS {
            return Err(ConfigError::TooManyDecryptionKeys);
        }
        for (at, issuer) in self.issuers.iter().enumerate() {
            issuer.check()?;
            if self.issuers.iter().take(at).any(|other| other.url == issuer.url) {
                return Err(ConfigError::DuplicateIssuer { issuer: issuer.url.clone() });
            }
        }
        if self.issuers.iter().filter(|issuer| issuer.is_native()).count() > 1 {
            return Err(ConfigError::TwoFeeds);
        }
        if self.issuers.iter().filter(|issuer| issuer.asks_about_opaque()).count() > 1 {
            return Err(ConfigError::TwoOpaqueIssuers);
        }
        Ok(())
    }
}

/// Where the claims of a caller come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimsFrom {
    /// Out of the token: no call, and no more than the token says.
    Token,
    /// Out of one introspection answer, which is then kept.
    Introspection,
}

/// One issuer that an API trusts, and what it takes from it.
#[derive(Clone, Debug)]
pub struct Issuer {
    pub(crate) url: String,
    pub(crate) kind: Kind,
    pub(crate) typs: Vec<String>,
    pub(crate) algorithms: Vec<JwsAlgorithm>,
    pub(crate) claims: ClaimsFrom,
    pub(crate) max_lifetime_secs: i64,
    pub(crate) keys: KeyPolicy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Follows its feed.
    Native,
    /// Has none: what is kept is kept for a while.
    Foreign { answer_ttl_ms: u64 },
}

impl Issuer {
    /// Trusts a Counterfoil issuer and follows its feed: opaque, `jwt` and `jwe` tokens.
    #[must_use]
    pub fn counterfoil(url: impl Into<String>) -> Self {
        Self::of_kind(url.into(), Kind::Native, ClaimsFrom::Introspection)
    }

    /// Trusts any other issuer, or a Counterfoil issuer without following its feed: JWTs by the
    /// keys that it publishes.
    #[must_use]
    pub fn foreign(url: impl Into<String>) -> Self {
        let kind = Kind::Foreign { answer_ttl_ms: DEFAULT_ANSWER_TTL_MS };
        Self::of_kind(url.into(), kind, ClaimsFrom::Token)
    }

    fn of_kind(url: String, kind: Kind, claims: ClaimsFrom) -> Self {
        let keys = match kind {
            Kind::Native => NATIVE_KEY_POLICY,
            Kind::Foreign { .. } => DEFAULT_KEY_POLICY,
        };
        Self {
            url,
            kind,
            typs: vec![ACCESS_TOKEN_TYP.to_owned()],
            algorithms: JwsAlgorithm::ALL.to_vec(),
            claims,
            max_lifetime_secs: DEFAULT_MAX_LIFETIME_SECS,
            keys,
        }
    }

    /// The issuer's URL, exactly as it was given.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Accepts these `typ`s and no others. `JWT` opens the door to ID tokens, which are then told
    /// apart by `aud`, `nonce` and `at_hash`.
    #[must_use]
    pub fn typs(mut self, typs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.typs = typs.into_iter().map(Into::into).collect();
        self
    }

    /// Accepts these algorithms and no others.
    #[must_use]
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = JwsAlgorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Sets where claims come from. An issuer that is asked about its JWTs is also asked about
    /// opaque tokens.
    #[must_use]
    pub fn claims(mut self, from: ClaimsFrom) -> Self {
        self.claims = from;
        self
    }

    /// Sets for how long an answer of an issuer without a feed is kept, in milliseconds.
    #[must_use]
    pub fn answer_ttl_ms(mut self, ttl_ms: u64) -> Self {
        if let Kind::Foreign { answer_ttl_ms } = &mut self.kind {
            *answer_ttl_ms = ttl_ms;
        }
        self
    }

    /// Sets the longest lifetime of a token, in seconds. A feed's snapshot can only shorten it.
    #[must_use]
    pub fn max_lifetime_secs(mut self, secs: i64) -> Self {
        self.max_lifetime_secs = secs;
        self
    }

    /// Sets how its published keys are fetched.
    #[must_use]
    pub fn key_policy(mut self, policy: KeyPolicy) -> Self {
        self.keys = policy;
        self
    }

    pub(crate) fn is_native(&self) -> bool {
        self.kind == Kind::Native
    }

    /// Whether opaque tokens without a known prefix are this issuer's to explain.
    pub(crate) fn asks_about_opaque(&self) -> bool {
        !self.is_native() && self.claims == ClaimsFrom::Introspection
    }

    fn check(&self) -> Result<(), ConfigError> {
        check_issuer_url(&self.url)?;
        if self.typs.is_empty() || self.algorithms.is_empty() || self.max_lifetime_secs < 1 {
            return Err(ConfigError::NothingAccepted { issuer: self.url.clone() });
        }
        Ok(())
    }
}

/// Checks that an issuer's URL is one that tokens may be trusted from: `https`, or `http` on a
/// loopback host, without query and fragment
/// ([RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414#section-2)).
///
/// # Errors
/// [`ConfigError`] says what is wrong with it.
pub fn check_issuer_url(issuer: &str) -> Result<(), ConfigError> {
    if issuer.is_empty() {
        return Err(ConfigError::NoIssuer);
    }
    let bad = || ConfigError::BadIssuer { issuer: issuer.to_owned() };
    let url = Url::parse(issuer).map_err(|_| bad())?;
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(bad());
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => Err(ConfigError::PlainHttp { issuer: issuer.to_owned() }),
        _ => Err(bad()),
    }
}

/// Says why a configuration was refused. A verifier never starts with a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// No resource: any audience would do.
    NoResource,
    /// The resource is no absolute URI without fragment (RFC 8707 §2).
    BadResource {
        /// What was given.
        resource: String,
    },
    /// No issuer.
    NoIssuer,
    /// More than [`MAX_ISSUERS`].
    TooManyIssuers,
    /// An issuer that is no URL, or one with a query, a fragment or a user.
    BadIssuer {
        /// What was given.
        issuer: String,
    },
    /// An `http:` issuer on another host than this one.
    PlainHttp {
        /// What was given.
        issuer: String,
    },
    /// The same issuer twice.
    DuplicateIssuer {
        /// Which.
        issuer: String,
    },
    /// An issuer of which nothing could be accepted: no `typ`, no algorithm or no lifetime.
    NothingAccepted {
        /// Which.
        issuer: String,
    },
    /// Two issuers with a feed: a verifier follows one.
    TwoFeeds,
    /// Two issuers that would be asked about opaque tokens: a secret must not be shown around.
    TwoOpaqueIssuers,
    /// More than [`MAX_DECRYPTION_KEYS`].
    TooManyDecryptionKeys,
    /// A skew that is negative or beyond [`MAX_SKEW_SECS`].
    Skew,
    /// A cache of no entries, or of more than [`MAX_CACHE_ENTRIES`].
    CacheEntries,
    /// A gate without an issuer that has a feed, or the reverse.
    GateMismatch,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResource => f.write_str("no resource: set the API's `resource`, its audience"),
            Self::BadResource { resource } => {
                write!(f, "the resource `{resource}` is not an absolute URI without fragment")
            }
            Self::NoIssuer => f.write_str("no issuer: set the issuer's URL"),
            Self::TooManyIssuers => write!(f, "there are more than {MAX_ISSUERS} issuers"),
            Self::BadIssuer { issuer } => write!(
                f,
                "the issuer `{issuer}` is not an https URL without query, fragment and user"
            ),
            Self::PlainHttp { issuer } => write!(
                f,
                "the issuer `{issuer}` is http on another host: use https, or a loopback host"
            ),
            Self::DuplicateIssuer { issuer } => write!(f, "the issuer `{issuer}` is there twice"),
            Self::NothingAccepted { issuer } => {
                write!(f, "nothing of `{issuer}` could be accepted: set typ, alg and lifetime")
            }
            Self::TwoFeeds => f.write_str("only one issuer's feed can be followed"),
            Self::TwoOpaqueIssuers => {
                f.write_str("only one issuer can be asked about opaque tokens")
            }
            Self::TooManyDecryptionKeys => {
                write!(f, "there are more than {MAX_DECRYPTION_KEYS} decryption keys")
            }
            Self::Skew => write!(f, "the clock skew must be 0 to {MAX_SKEW_SECS} seconds"),
            Self::CacheEntries => write!(f, "the cache must have 1 to {MAX_CACHE_ENTRIES} entries"),
            Self::GateMismatch => {
                f.write_str("a gate goes with an issuer whose feed is followed, and the reverse")
            }
        }
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_are_https_or_loopback() {
        for good in
            ["https://id.example", "http://localhost:7070", "http://127.0.0.1", "http://[::1]:1"]
        {
            assert_eq!(check_issuer_url(good), Ok(()), "{good}");
        }
        for bad in ["http://id.example", "http://localhost.evil.example"] {
            let error = check_issuer_url(bad);
            assert!(matches!(error, Err(ConfigError::PlainHttp { .. })), "{bad}");
        }
        for bad in [
            "id.example",
            "https://id.example?x",
            "https://id.example#x",
            "ftp://id.example",
            "https://u@id.example",
        ] {
            let error = check_issuer_url(bad);
            assert!(matches!(error, Err(ConfigError::BadIssuer { .. })), "{bad}");
        }
    }
}
