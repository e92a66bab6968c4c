use counterfoil_jose::jws::{JwsHeader, sign};
use counterfoil_jose::{JwsAlgorithm, SigningKey};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// Signs the feed's messages. Its key signs nothing else and is published at `/feed/v1/keys`
/// alone, so that neither a token key nor a feed key can stand in for the other.
#[derive(Clone)]
pub struct FeedSigner {
    key: Arc<SigningKey>,
}

/// The feed's messages are signed with Ed25519 and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotEd25519;

impl fmt::Display for NotEd25519 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the feed needs an Ed25519 key")
    }
}

impl std::error::Error for NotEd25519 {}

impl FeedSigner {
    /// Takes the feed's key.
    ///
    /// # Errors
    /// [`NotEd25519`].
    pub fn new(key: Arc<SigningKey>) -> Result<Self, NotEd25519> {
        if key.algorithm() == JwsAlgorithm::EdDsa { Ok(Self { key }) } else { Err(NotEd25519) }
    }

    pub(super) fn sign(&self, typ: &'static str, message: &impl Serialize) -> String {
        // Numbers and strings under fixed names: serializing them cannot fail.
        let payload = serde_json::to_vec(message).unwrap_or_default();
        sign(&self.key, &JwsHeader::typ(typ), &payload)
    }
}

impl fmt::Debug for FeedSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedSigner").field("kid", &self.key.kid()).finish_non_exhaustive()
    }
}
