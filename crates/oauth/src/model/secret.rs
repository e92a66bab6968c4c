use std::fmt;

/// SHA-256 (or a keyed form of it) of a secret with full entropy: all that the store ever holds of
/// a client secret, a cookie or a code. Comparing goes through [`Digest::matches`].
#[derive(Clone)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Compares in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        // Folding every byte keeps the time independent of where a difference lies.
        self.0.iter().zip(other.0.iter()).fold(0u8, |seen, (a, b)| seen | (a ^ b)) == 0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

/// A password hash in PHC string form (`$argon2id$…`).
#[derive(Clone)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a PHC string.
    #[must_use]
    pub const fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string, for the verifier of passwords and for the store.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// A secret sealed under the key-encryption key: safe to store, useless without that key.
#[derive(Clone)]
pub struct SealedSecret(pub Vec<u8>);

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedSecret({} bytes)", self.0.len())
    }
}
