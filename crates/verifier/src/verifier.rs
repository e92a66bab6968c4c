use crate::cache::{Cache, KeyPrefix, Negatives, recent};
use crate::config::{ClaimsFrom, Config, ConfigError, Kind};
use crate::hit::Hit;
use crate::jwks::{Jwks, KeyFetch, KeysOutcome};
use crate::limits::{MAX_ROUNDS, MAX_TOKEN_BYTES};
use crate::{IssuerIndex, Reason, Reject, Step};
use arc_swap::ArcSwapOption;
use counterfoil_feed::{Gate, KEYED_ID_BYTES, KeyedId, Now, Route, Snapshot, TokenKeys};
use counterfoil_jose::crypto::HmacKey;
use counterfoil_jose::{Claims, UnixTime, b64, jws};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Turns the tokens of one API into callers.
///
/// Shared by all request threads. [`Verifier::check`] takes no lock while a token is known and
/// nothing has changed.
pub struct Verifier {
    pub(crate) config: Config,
    pub(crate) native: Option<usize>,
    pub(crate) gate: Option<Arc<Gate>>,
    pub(crate) audience: Arc<str>,
    pub(crate) jwks: Vec<Jwks>,
    pub(crate) reader: jws::Reader,
    pub(crate) feed_terms: ArcSwapOption<FeedTerms>,
    pub(crate) cache: Cache,
    pub(crate) negatives: Negatives,
    pub(crate) lease_ms: AtomicU64,
    names: Vec<Arc<str>>,
    prefix: KeyPrefix,
}

/// What a feed's snapshot says about its API.
pub(crate) struct FeedTerms {
    pub(crate) mac_keys: Vec<HmacKey>,
    pub(crate) typ: Option<String>,
}

impl Verifier {
    /// Checks a configuration. `gate` is that of the follower of the one issuer with a feed.
    ///
    /// # Errors
    /// [`ConfigError`] says what is missing or contradicts itself.
    pub fn new(config: Config, gate: Option<Arc<Gate>>) -> Result<Self, ConfigError> {
        config.check()?;
        let native = config.issuers.iter().position(crate::Issuer::is_native);
        if native.is_some() != gate.is_some() {
            return Err(ConfigError::GateMismatch);
        }
        let urls = config.issuers.iter().map(|issuer| issuer.url.as_str());
        let parts = [config.id.as_str(), config.resource.as_str()].into_iter().chain(urls.clone());
        Ok(Self {
            native,
            gate,
            audience: config.resource.as_str().into(),
            reader: jws::Reader::new(config.limits),
            jwks: config
                .issuers
                .iter()
                .map(|issuer| Jwks::new(issuer.keys, issuer.algorithms.clone()))
                .collect(),
            feed_terms: ArcSwapOption::empty(),
            cache: Cache::new(config.cache_entries),
            negatives: Negatives::default(),
            lease_ms: AtomicU64::new(0),
            names: urls.clone().map(Arc::from).collect(),
            prefix: KeyPrefix::new(parts),
            config,
        })
    }

    /// Checks a token. `clock` reads both clocks, and is read after what it bounds.
    pub fn check(&self, token: &str, route: Route, clock: impl Fn() -> Now) -> Step {
        if token.len() > self.config.limits.token.min(MAX_TOKEN_BYTES) {
            let text = format!("the token is longer than {} bytes", self.config.limits.token);
            return Step::Rejected(Reject::explained(Reason::TokenTooLong, &text));
        }
        let recalled = recent::recall(&self.prefix, token);
        let key = recalled.unwrap_or_else(|| self.prefix.key(token));
        for _ in 0..MAX_ROUNDS {
            let hit = self.cache.get(&key, |entry| self.answer_from(entry, route, &clock));
            match hit {
                Some(Hit::Answers(step)) => {
                    if recalled.is_none() && matches!(step, Step::Accepted(_)) {
                        recent::remember(&self.prefix, token, key);
                    }
                    return step;
                }
                Some(Hit::Again) => {}
                Some(Hit::Useless) | None => return self.unseen(key, token, route, clock),
            }
        }
        Step::NotFresh { retry_after_secs: 1 }
    }

    /// Takes what a feed's snapshot says about this API. Call it before the follower is given the
    /// snapshot, and for every one.
    pub fn use_snapshot(&self, snapshot: &Snapshot) {
        self.feed_terms.store(Some(Arc::new(FeedTerms {
            mac_keys: snapshot.mac_keys.iter().map(|mac| HmacKey::new(mac.key.expose())).collect(),
            typ: snapshot.facts.typ.clone(),
        })));
        self.lease_ms.store(snapshot.lease_ms, Ordering::Relaxed);
    }

    /// Every issuer, in the order of the configuration.
    pub fn issuers(&self) -> impl Iterator<Item = (IssuerIndex, &str)> {
        self.config.issuers.iter().enumerate().map(|(at, issuer)| (IssuerIndex(at), &*issuer.url))
    }

    /// The API that this verifier is for.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.config.resource
    }

    /// Whether an issuer's keys should be fetched now, without a token that asks for it.
    #[must_use]
    pub fn keys_due(&self, issuer: IssuerIndex, now: Now) -> bool {
        self.jwks.get(issuer.0).is_some_and(|jwks| jwks.due(now.boot_ms))
    }

    /// Starts a fetch of an issuer's keys, unless one is running.
    #[must_use]
    pub fn begin_key_fetch(&self, issuer: IssuerIndex, now: Now) -> Option<KeyFetch> {
        self.jwks.get(issuer.0)?.begin(issuer.0, now.boot_ms)
    }

    /// Takes the outcome of a fetch; `None` where there was no answer with status 200.
    pub fn keys_fetched(&self, fetch: KeyFetch, body: Option<&[u8]>, now: Now) -> KeysOutcome {
        match self.jwks.get(fetch.issuer) {
            Some(jwks) => jwks.end(&fetch, body, now.boot_ms),
            None => KeysOutcome::Late,
        }
    }

    /// Whether there ever was a key set of the issuer with the feed; true where there is none.
    #[must_use]
    pub fn keys_known(&self) -> bool {
        let jwks = self.native.and_then(|native| self.jwks.get(native));
        jwks.is_none_or(|jwks| jwks.generation() > 0)
    }

    /// Notes that the issuer with the feed says that its keys have changed.
    pub fn keys_moved(&self) {
        if let Some(jwks) = self.native.and_then(|native| self.jwks.get(native)) {
            jwks.moved();
        }
    }

    /// Forgets everything that was learned: its history is over, or its time without a lease.
    pub fn drop_identities(&self) {
        self.cache.clear();
        self.negatives.clear();
    }

    /// Forgets tokens that are over. Call it every few seconds.
    pub fn sweep(&self, now: UnixTime) {
        self.cache.sweep(now);
    }

    /// How many identities are in memory.
    #[must_use]
    pub fn cached(&self) -> usize {
        self.cache.len()
    }

    pub(crate) fn issuer_name(&self, issuer: usize) -> Arc<str> {
        self.names.get(issuer).cloned().unwrap_or_else(|| Arc::from(""))
    }

    pub(crate) fn issuer_url(&self, issuer: usize) -> &str {
        self.names.get(issuer).map_or("", AsRef::as_ref)
    }

    pub(crate) fn claims_from(&self, issuer: usize) -> ClaimsFrom {
        let issuer = self.config.issuers.get(issuer);
        issuer.map_or(ClaimsFrom::Introspection, |issuer| issuer.claims)
    }

    pub(crate) fn answer_ttl_ms(&self, issuer: usize) -> u64 {
        match self.config.issuers.get(issuer).map(|issuer| issuer.kind) {
            Some(Kind::Foreign { answer_ttl_ms }) => answer_ttl_ms,
            Some(Kind::Native) | None => 0,
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("resource", &self.config.resource)
            .field("issuers", &self.names)
            .finish_non_exhaustive()
    }
}

/// Reads `cf_keys`: keyed ids of user, client, session, grant and token, zeros where there is
/// none.
pub(crate) fn token_keys(claims: &Claims<'_>) -> Result<TokenKeys, Reject> {
    let malformed = || Reject::new(Reason::FreshnessClaims);
    let bytes = b64::decode(claims.require_string("cf_keys")?).map_err(|_| malformed())?;
    if bytes.len() != 5 * KEYED_ID_BYTES {
        return Err(malformed());
    }
    let mut ids = bytes.chunks_exact(KEYED_ID_BYTES).map(|chunk| {
        let id: Option<[u8; KEYED_ID_BYTES]> = chunk.try_into().ok();
        id.filter(|id| *id != [0; KEYED_ID_BYTES]).map(KeyedId::from_bytes)
    });
    let mut next = || ids.next().flatten();
    Ok(TokenKeys {
        user: next(),
        client: next(),
        session: next(),
        grant: next(),
        token: next(),
        key: None,
    })
}
