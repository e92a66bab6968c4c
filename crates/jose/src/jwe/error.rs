use crate::JweAlgorithm;
use crate::b64::B64Error;
use crate::jws::HeaderError;
use std::fmt;

/// Says why a token was refused as a JWE, or could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JweError {
    /// Longer than the limit for tokens.
    TooLong {
        /// The most bytes allowed.
        limit: usize,
    },
    /// A JSON serialization; only the compact one is read.
    JsonSerialization,
    /// Not five parts between dots.
    Parts,
    /// Three parts: a signed token where an encrypted one is required.
    Signed,
    /// The protected header is at fault.
    Header(HeaderError),
    /// A part is not base64url.
    Base64 {
        /// The part.
        part: &'static str,
        /// What is wrong with it.
        error: B64Error,
    },
    /// A part does not have the length that its algorithm demands.
    PartLength {
        /// The part.
        part: &'static str,
    },
    /// The header names another algorithm than the one that the key serves.
    AlgorithmMismatch {
        /// The key's algorithm.
        key: JweAlgorithm,
        /// The header's.
        header: JweAlgorithm,
    },
    /// The header names another key.
    KidMismatch,
    /// The ephemeral key is missing, of another curve than the key, or carries private members.
    EphemeralKey,
    /// It did not decrypt. One answer for a wrong key, a changed byte and a bad padding, so that
    /// nobody can tell them apart (RFC 7516 §11.5).
    Decrypt,
    /// The library could not encrypt.
    Encrypt,
}

impl From<HeaderError> for JweError {
    fn from(error: HeaderError) -> Self {
        Self::Header(error)
    }
}

impl fmt::Display for JweError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { limit } => write!(f, "the token is longer than {limit} bytes"),
            Self::JsonSerialization => {
                f.write_str("the token is in a JSON serialization; only the compact one is read")
            }
            Self::Parts => f.write_str("the token does not have five parts between dots"),
            Self::Signed => f.write_str("the token is signed, but must be encrypted"),
            Self::Header(error) => error.fmt(f),
            Self::Base64 { part, error } => write!(f, "the {part}: {error}"),
            Self::PartLength { part } => write!(f, "the {part} has the wrong length"),
            Self::AlgorithmMismatch { key, header } => {
                write!(f, "the header says `{header}`, but the key serves `{key}`")
            }
            Self::KidMismatch => f.write_str("the header names another key"),
            Self::EphemeralKey => f.write_str("`epk` is not a public key on the key's curve"),
            Self::Decrypt => f.write_str("the token does not decrypt with this key"),
            Self::Encrypt => f.write_str("encryption failed"),
        }
    }
}

impl std::error::Error for JweError {}
