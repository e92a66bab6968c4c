mod der;
mod signing;
mod verifying;

pub use signing::SigningKey;
pub use verifying::VerifyingKey;

pub(crate) use signing::rsa_from_private_jwk;

use crate::JwkError;
use std::fmt;

/// Says why a private key could not be made or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The encoding is not that of a private key for this algorithm.
    Rejected,
    /// The library could not generate a key.
    Generation,
    /// Keys of this algorithm cannot be derived from a seed.
    NoSeed,
    /// The public half is not one that is accepted here, or the JWK is faulty.
    Jwk(JwkError),
}

impl From<JwkError> for KeyError {
    fn from(error: JwkError) -> Self {
        Self::Jwk(error)
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected => f.write_str("not a private key for this algorithm"),
            Self::Generation => f.write_str("no key could be generated"),
            Self::NoSeed => f.write_str("only EdDSA and ES256 keys can be derived from a seed"),
            Self::Jwk(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for KeyError {}
