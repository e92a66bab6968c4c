use super::CacheKey;
use super::key::FirstWord;
use crate::identity::Identity;
use crate::jwks::IssuerKey;
use crate::step::OfJwt;
use counterfoil_feed::{Generation, History, Stamp, TokenKeys};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// No generation has this number: an entry that was never compared with the table.
const NEVER: u64 = u64::MAX;

/// One token that was accepted, and everything that must be checked again on each use.
pub(crate) struct Entry {
    pub(crate) key: CacheKey,
    pub(crate) identity: Identity,
    /// Which issuer of the configuration.
    pub(crate) issuer: usize,
    pub(crate) native: Option<NativeMark>,
    pub(crate) signed_by: Option<SignedBy>,
    /// On the boot clock; `u64::MAX` where the feed decides.
    pub(crate) good_until_ms: u64,
    alive_at: AtomicU64,
    used: AtomicBool,
}

/// By what the feed names this token, and how far what is held about it reaches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NativeMark {
    pub(crate) history: History,
    pub(crate) keys: TokenKeys,
    pub(crate) stamp: Stamp,
}

/// The key that signed the token.
#[derive(Debug)]
pub(crate) struct SignedBy {
    pub(crate) key: Arc<IssuerKey>,
    /// The set in which it was last seen.
    pub(crate) seen_in: AtomicU64,
}

impl Entry {
    pub(crate) fn new(key: CacheKey, identity: Identity, issuer: usize) -> Self {
        Self {
            key,
            identity,
            issuer,
            native: None,
            signed_by: None,
            good_until_ms: u64::MAX,
            alive_at: AtomicU64::new(NEVER),
            used: AtomicBool::new(false),
        }
    }

    /// What the token itself said, where it said anything.
    pub(crate) fn of_jwt(&self) -> Option<OfJwt> {
        let signed_by = self.signed_by.as_ref()?;
        Some(OfJwt {
            words: self.identity.words.clone(),
            signer: Arc::clone(&signed_by.key),
            seen_in: signed_by.seen_in.load(Ordering::Relaxed),
        })
    }

    /// Whether the table was seen to leave it alive in this very state.
    pub(crate) fn was_alive_at(&self, generation: Generation) -> bool {
        self.alive_at.load(Ordering::Relaxed) == number(generation)
    }

    pub(crate) fn alive_at(&self, generation: Generation) {
        self.alive_at.store(number(generation), Ordering::Relaxed);
    }

    /// Notes a use. Writes once between two turns of the clock only, so that many threads can read
    /// one entry without passing its cache line around.
    pub(crate) fn use_it(&self) {
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn was_used(&self) -> bool {
        self.used.swap(false, Ordering::Relaxed)
    }
}

/// A generation as it fits an atomic. It is a number and nothing else, and hashing writes it out.
fn number(generation: Generation) -> u64 {
    let mut hasher = FirstWord::default();
    generation.hash(&mut hasher);
    hasher.finish()
}
