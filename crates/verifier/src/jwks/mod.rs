//! An issuer's published keys as a state machine: what is known, and when to ask.

mod book;

use crate::Reason;
use arc_swap::ArcSwap;
use book::{Book, Permit};
use counterfoil_feed::KeyedId;
use counterfoil_jose::{JwkError, JwkSet, JwsAlgorithm, VerifyingKey};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How an issuer's keys are fetched. All times are milliseconds of the boot clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPolicy {
    /// A set is fetched again after this long, while the old one goes on serving.
    pub refresh_after_ms: u64,
    /// A set older than this serves nothing any more: without it a withdrawn key lives for ever.
    pub max_age_ms: u64,
    /// Between two fetches for a `kid` that was not found, whoever sends it.
    pub cooldown_ms: u64,
    /// Fetches for unknown `kid`s that may follow one another.
    pub miss_tokens: u32,
    /// How long it takes until one more such fetch is allowed.
    pub miss_refill_ms: u64,
}

/// What the known keys say about a token's header.
#[derive(Debug)]
pub(crate) enum Lookup {
    /// The key, and the generation of the set that it was found in.
    Found(Arc<IssuerKey>, u64),
    /// No such key. The issuer has said so recently enough.
    Refused(Reason),
    /// Fetch the set, then look again.
    Fetch,
    /// The set is too old or has never come, and it is not the time to fetch it.
    Unavailable,
}

/// A key of an issuer.
#[derive(Debug)]
pub(crate) struct IssuerKey {
    pub(crate) verifying: VerifyingKey,
    /// By which the feed names it.
    pub(crate) id: KeyedId,
}

impl IssuerKey {
    fn new(verifying: VerifyingKey) -> Self {
        let id = KeyedId::of_kid(verifying.kid());
        Self { verifying, id }
    }

    fn is(&self, other: &Self) -> bool {
        self.verifying.kid() == other.verifying.kid()
            && self.verifying.thumbprint() == other.verifying.thumbprint()
            && self.verifying.algorithm() == other.verifying.algorithm()
    }
}

/// Says whether the absence of a key is known for sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    /// A feed tells of every new key, and it is up to date.
    Told,
    /// Only asking shows it.
    Ask,
}

/// The right to fetch an issuer's keys once. Hand it back with the outcome.
#[derive(Debug)]
#[must_use]
pub struct KeyFetch {
    pub(crate) issuer: usize,
    ticket: u64,
}

/// What a fetch has brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysOutcome {
    /// A new set. Tokens of removed keys are not answered from memory any more.
    Changed {
        /// How many keys can be used.
        keys: usize,
        /// How many entries were not taken.
        skipped: usize,
    },
    /// The set that was known.
    Same,
    /// Nothing that could be used. The last good set stays.
    Kept(KeysFault),
    /// Another fetch has ended since this one began.
    Late,
}

/// Why a fetched set was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysFault {
    /// There was no answer, or not one with status 200.
    NoAnswer,
    /// Not a key set.
    NotASet(JwkError),
    /// A set without a key that could be used. Dropping all keys is not believed.
    NoUsableKey,
}

impl fmt::Display for KeysFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer => f.write_str("the issuer did not answer with a key set"),
            Self::NotASet(error) => write!(f, "not a key set: {error}"),
            Self::NoUsableKey => f.write_str("the key set holds no key that can be used"),
        }
    }
}

/// The keys of one issuer.
pub(crate) struct Jwks {
    policy: KeyPolicy,
    algorithms: Vec<JwsAlgorithm>,
    set: ArcSwap<KeySet>,
    generation: AtomicU64,
    /// Until when the set may serve; 0 before the first.
    good_until_ms: AtomicU64,
    fetched_ms: AtomicU64,
    /// Held while the set is exchanged.
    book: Mutex<Book>,
}

#[derive(Default)]
struct KeySet {
    generation: u64,
    keys: Vec<Arc<IssuerKey>>,
    refused: Vec<String>,
}

impl Jwks {
    pub(crate) fn new(policy: KeyPolicy, algorithms: Vec<JwsAlgorithm>) -> Self {
        Self {
            policy,
            algorithms,
            set: ArcSwap::default(),
            generation: AtomicU64::new(0),
            good_until_ms: AtomicU64::new(0),
            fetched_ms: AtomicU64::new(0),
            book: Mutex::new(Book::new(policy)),
        }
    }

    /// Finds the key that a header names. The header's `alg` only chooses among keys of one `kid`;
    /// it is compared with the key's when the signature is checked.
    pub(crate) fn find(
        &self,
        kid: Option<&str>,
        alg: JwsAlgorithm,
        absence: Absence,
        now_ms: u64,
    ) -> Lookup {
        if !self.algorithms.contains(&alg) {
            return Lookup::Refused(Reason::AlgNotAllowed);
        }
        if !self.is_good(now_ms) {
            return self.book().permit(None, self.fetched_ms(), now_ms).into();
        }
        let mut found = self.set.load().look(kid, alg);
        if matches!(found, Err(Reason::KidUnknown)) {
            // Sets are not exchanged while the book is held. The one that was looked at may have
            // given way to one with the key, and the fetch that brought it is over.
            let mut book = self.book();
            found = self.set.load().look(kid, alg);
            // Only for this is it worth to ask: the issuer may have made a key since.
            if matches!(found, Err(Reason::KidUnknown))
                && (absence == Absence::Ask || book.wanted())
            {
                return book.permit(kid, self.fetched_ms(), now_ms).into();
            }
        }
        found.unwrap_or_else(Lookup::Refused)
    }

    /// Whether a set is there that is not too old.
    pub(crate) fn is_good(&self, now_ms: u64) -> bool {
        now_ms < self.good_until_ms.load(Ordering::Acquire)
    }

    /// Changes with the set: while it is the same, so is every look-up.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Whether the set still holds this very key.
    pub(crate) fn holds(&self, key: &IssuerKey) -> bool {
        self.set.load().keys.iter().any(|held| held.is(key))
    }

    /// Notes that the issuer says that its keys have changed.
    pub(crate) fn moved(&self) {
        self.book().want();
    }

    /// Whether it is time to fetch without being asked.
    pub(crate) fn due(&self, now_ms: u64) -> bool {
        self.book().due(self.fetched_ms(), now_ms)
    }

    /// Starts a fetch, unless one is running.
    pub(crate) fn begin(&self, issuer: usize, now_ms: u64) -> Option<KeyFetch> {
        let ticket = self.book().begin(now_ms)?;
        Some(KeyFetch { issuer, ticket })
    }

    pub(crate) fn end(&self, fetch: &KeyFetch, body: Option<&[u8]>, now_ms: u64) -> KeysOutcome {
        let read = body.ok_or(KeysFault::NoAnswer).and_then(|body| self.read(body));
        let mut book = self.book();
        if !book.end(fetch.ticket, read.is_ok(), now_ms) {
            return KeysOutcome::Late;
        }
        let mut set = match read {
            Ok(set) => set,
            Err(fault) => return KeysOutcome::Kept(fault),
        };
        self.fetched_ms.store(now_ms.max(1), Ordering::Release);
        let good_until_ms = now_ms.saturating_add(self.policy.max_age_ms);
        let before = self.set.load();
        let outcome = if before.generation > 0 && before.same_keys(&set) {
            KeysOutcome::Same
        } else {
            set.generation = before.generation + 1;
            let outcome = KeysOutcome::Changed { keys: set.keys.len(), skipped: set.refused.len() };
            let generation = set.generation;
            self.set.store(Arc::new(set));
            self.generation.store(generation, Ordering::Release);
            book.forget_absent();
            outcome
        };
        self.good_until_ms.store(good_until_ms, Ordering::Release);
        outcome
    }

    fn read(&self, body: &[u8]) -> Result<KeySet, KeysFault> {
        let parsed = JwkSet::parse(body).map_err(KeysFault::NotASet)?;
        let mut set = KeySet::default();
        for jwk in parsed.keys() {
            match VerifyingKey::from_jwk(jwk) {
                Ok(key) if self.algorithms.contains(&key.algorithm()) => {
                    set.keys.push(Arc::new(IssuerKey::new(key)));
                }
                Ok(_) | Err(_) => set.refused.extend(jwk.kid().map(str::to_owned)),
            }
        }
        set.refused.extend(parsed.skipped().iter().filter_map(|skipped| skipped.kid.clone()));
        if set.keys.is_empty() { Err(KeysFault::NoUsableKey) } else { Ok(set) }
    }

    fn fetched_ms(&self) -> Option<u64> {
        Some(self.fetched_ms.load(Ordering::Acquire)).filter(|ms| *ms > 0)
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Permit> for Lookup {
    fn from(permit: Permit) -> Self {
        match permit {
            Permit::Fetch => Self::Fetch,
            Permit::KnownAbsent => Self::Refused(Reason::KidUnknown),
            Permit::Wait => Self::Unavailable,
        }
    }
}

impl KeySet {
    fn look(&self, kid: Option<&str>, alg: JwsAlgorithm) -> Result<Lookup, Reason> {
        let key = match kid {
            Some(kid) => self.named(kid, alg),
            None => self.only(alg),
        };
        key.map(|key| Lookup::Found(Arc::clone(key), self.generation))
    }

    fn named(&self, kid: &str, alg: JwsAlgorithm) -> Result<&Arc<IssuerKey>, Reason> {
        let named = || self.keys.iter().filter(|key| key.verifying.kid() == kid);
        if let Some(key) = named().find(|key| key.verifying.algorithm() == alg) {
            return Ok(key);
        }
        if named().next().is_some() {
            Err(Reason::AlgMismatch)
        } else if self.refused.iter().any(|refused| refused == kid) {
            Err(Reason::KeyRefused)
        } else {
            Err(Reason::KidUnknown)
        }
    }

    /// Without a `kid` there must be no choice: trying key after key would let a sender pick.
    fn only(&self, alg: JwsAlgorithm) -> Result<&Arc<IssuerKey>, Reason> {
        let mut fitting = self.keys.iter().filter(|key| key.verifying.algorithm() == alg);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => Err(Reason::KidMissing),
            (None, _) => Err(Reason::AlgMismatch),
        }
    }

    fn same_keys(&self, other: &Self) -> bool {
        let within = |one: &Self, other: &Self| {
            one.keys.iter().all(|key| other.keys.iter().any(|held| held.is(key)))
        };
        within(self, other) && within(other, self) && self.refused == other.refused
    }
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwks").field("keys", &self.set.load().keys).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::NATIVE_KEY_POLICY;
    use counterfoil_jose::{JwkSet, SigningKey};

    /// Rounds of a race that goes wrong in one of some dozens if it can.
    const ROUNDS: u32 = 2_000;

    fn body(keys: &[&SigningKey]) -> Vec<u8> {
        let keys = keys.iter().map(|key| key.public_jwk()).collect();
        JwkSet::from_keys(keys).to_json().to_string().into_bytes()
    }

    #[test]
    fn a_key_that_was_announced_is_never_unknown() {
        let key = |kid: &str| SigningKey::generate(JwsAlgorithm::EdDsa).unwrap().with_kid(kid);
        let (old, new) = (key("old"), key("new"));
        let (before, after) = (body(&[&old]), body(&[&old, &new]));
        for _ in 0..ROUNDS {
            let jwks = Jwks::new(NATIVE_KEY_POLICY, vec![JwsAlgorithm::EdDsa]);
            let first = jwks.begin(0, 1).unwrap();
            assert_eq!(
                jwks.end(&first, Some(&before), 1),
                KeysOutcome::Changed { keys: 1, skipped: 0 }
            );
            jwks.moved();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let fetch = jwks.begin(0, 2).unwrap();
                    let _ = jwks.end(&fetch, Some(&after), 2);
                });
                loop {
                    match jwks.find(Some("new"), JwsAlgorithm::EdDsa, Absence::Told, 2) {
                        Lookup::Found(..) => break,
                        Lookup::Fetch => std::hint::spin_loop(),
                        refused => panic!("{refused:?}"),
                    }
                }
            });
        }
    }
}
