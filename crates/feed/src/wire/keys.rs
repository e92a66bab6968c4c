use super::WireError;
use crate::FeedName;
use counterfoil_jose::jws::{Unverified, Verified};
use counterfoil_jose::{JwkSet, JwsAlgorithm, Limits, VerifyingKey};

/// The most keys of a feed: the current one, its successor and its predecessor, with room.
pub const MAX_FEED_KEYS: usize = 8;

/// The keys that one feed's messages are verified with.
#[derive(Clone, Debug)]
pub struct FeedKeys {
    feed: FeedName,
    keys: Vec<VerifyingKey>,
}

impl FeedKeys {
    /// Takes the set published at `/feed/v1/keys` of the issuer, for one feed.
    ///
    /// # Errors
    /// [`WireError::KeySet`] if it has no Ed25519 key or more than [`MAX_FEED_KEYS`].
    pub fn new(feed: FeedName, set: &JwkSet) -> Result<Self, WireError> {
        let usable = |jwk| VerifyingKey::from_jwk_as(jwk, JwsAlgorithm::EdDsa).ok();
        let keys: Vec<VerifyingKey> = set.keys().iter().filter_map(usable).collect();
        if (1..=MAX_FEED_KEYS).contains(&keys.len()) {
            Ok(Self { feed, keys })
        } else {
            Err(WireError::KeySet)
        }
    }

    /// Whose feed, for which API.
    #[must_use]
    pub fn feed(&self) -> &FeedName {
        &self.feed
    }

    pub(super) fn verify(
        &self,
        compact: &str,
        typ: &'static str,
        max_bytes: usize,
    ) -> Result<Verified, WireError> {
        let unverified = Unverified::parse(compact, &Limits::for_tokens_of(max_bytes))?;
        if !unverified.header().typ_is(typ) {
            return Err(WireError::Typ { expected: typ });
        }
        let kid = unverified.header().kid().ok_or(WireError::NoKid)?;
        let key = self.keys.iter().find(|key| key.kid() == kid).ok_or(WireError::UnknownKid)?;
        Ok(unverified.verify(key)?)
    }
}
