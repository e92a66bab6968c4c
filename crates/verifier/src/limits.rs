//! Every bound of this crate, in one place.

use crate::jwks::KeyPolicy;

/// Identities kept in memory by default: about 60 MB of tokens with a handful of claims.
pub const DEFAULT_CACHE_ENTRIES: usize = 100_000;

/// The most identities that a configuration may ask for.
pub const MAX_CACHE_ENTRIES: usize = 4_000_000;

/// Tokens remembered as inactive. Small: each costs one call when it is forgotten, and nobody
/// without an issuer's signature or MAC gets a token in here.
pub const NEGATIVE_ENTRIES: usize = 1_024;

/// How long a token stays remembered as inactive. None comes back to life, so this only bounds
/// the harm of an answer that was wrong.
pub const NEGATIVE_KEEP_MS: u64 = 60_000;

/// How far an issuer's clock may be ahead of ours. Only `nbf` and `iat` are given this room:
/// nothing is ever answered after `exp`.
pub const DEFAULT_SKEW_SECS: i64 = 30;

/// The longest skew that a configuration may ask for.
pub const MAX_SKEW_SECS: i64 = 300;

/// The longest token lifetime taken from an issuer that states none: a day.
pub const DEFAULT_MAX_LIFETIME_SECS: i64 = 86_400;

/// How long an answer of an issuer without a feed is kept: its bound on staleness.
pub const DEFAULT_ANSWER_TTL_MS: u64 = 30_000;

/// The most issuers of one verifier, which bounds all key fetches together.
pub const MAX_ISSUERS: usize = 32;

/// The most decryption keys: the current one and those that tokens still carry.
pub const MAX_DECRYPTION_KEYS: usize = 4;

/// How often one request asks the issuer again because its answer was overtaken by a change.
pub const MAX_ASKS: u8 = 3;

/// How often one look-up starts over because a change came in between.
pub(crate) const MAX_ROUNDS: usize = 8;

/// The longest introspection answer: a user with every claim and a long list of groups.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// The longest token handed to a hash without looking at it; beyond it nothing is hashed.
pub(crate) const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// How keys are fetched unless configured otherwise.
pub const DEFAULT_KEY_POLICY: KeyPolicy = KeyPolicy {
    refresh_after_ms: 300_000,
    max_age_ms: 3_600_000,
    cooldown_ms: 10_000,
    miss_tokens: 6,
    miss_refill_ms: 30_000,
};

/// How keys are fetched from an issuer whose feed tells of every change: seldom otherwise.
pub const NATIVE_KEY_POLICY: KeyPolicy =
    KeyPolicy { refresh_after_ms: 1_800_000, ..DEFAULT_KEY_POLICY };
