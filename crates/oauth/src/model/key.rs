use counterfoil_jose::UnixTime;

use super::SealedSecret;

/// A key of the issuer, private part sealed.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// `kid` of a signing key; a random name of other keys.
    pub kid: String,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// Where it is in its life.
    pub state: KeyState,
    /// PKCS#8 of a signing key or 32 bytes of another, sealed under the key-encryption key.
    pub secret: SealedSecret,
    /// When it was made and published.
    pub created_at: UnixTime,
    /// When the present state began.
    pub state_since: UnixTime,
}

/// What a key is for. One key serves one algorithm.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyPurpose {
    /// Signs tokens with this JOSE algorithm.
    Sign(String),
    /// Signs the feed's frames; never in the common JWKS.
    Feed,
    /// Seals opaque tokens, codes and interactions.
    Seal,
    /// The root that per-API keys, pairwise subjects and refresh tokens are derived from.
    Derive,
}

/// Where a key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, not used yet: caches are filling.
    Published,
    /// In use.
    Active,
    /// No longer used, still published so that what it made can be checked.
    Retiring,
    /// Gone from every document.
    Retired,
}
