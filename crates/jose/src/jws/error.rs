use crate::JwsAlgorithm;
use crate::b64::B64Error;
use crate::json::JsonError;
use std::fmt;

/// Says why a token was refused as a JWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwsError {
    /// Longer than the limit for tokens.
    TooLong {
        /// The most bytes allowed.
        limit: usize,
    },
    /// A JSON serialization; only the compact one is read.
    JsonSerialization,
    /// Not three parts between dots.
    Parts,
    /// Five parts: an encrypted token where a signed one is required.
    Encrypted,
    /// The protected header is at fault.
    Header(HeaderError),
    /// The payload is not base64url.
    Payload(B64Error),
    /// The signature is not base64url.
    Signature(B64Error),
    /// The header names another algorithm than the one that the key serves.
    AlgorithmMismatch {
        /// The key's algorithm.
        key: JwsAlgorithm,
        /// The header's.
        header: JwsAlgorithm,
    },
    /// The header names another key.
    KidMismatch,
    /// The signature does not have the one length that the key makes.
    SignatureLength,
    /// The signature is not the key's over these bytes.
    BadSignature,
}

/// Says why a protected header was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// Longer than the limit for headers.
    TooLong {
        /// The most bytes allowed.
        limit: usize,
    },
    /// Not base64url.
    Base64(B64Error),
    /// Not a strict JSON object.
    Json(JsonError),
    /// A member has the wrong JSON type.
    WrongType {
        /// The member.
        member: &'static str,
    },
    /// No `alg`.
    AlgMissing,
    /// `alg` is `none`, in whatever case or spacing.
    AlgNone,
    /// `alg` is of the HMAC family, whose key would be the public key's text.
    AlgSymmetric,
    /// `alg` is not supported.
    AlgUnsupported,
    /// No `enc` in an encrypted token.
    EncMissing,
    /// `enc` is not supported.
    EncUnsupported,
    /// `crit` is there. No extension is understood here, and an empty list is not allowed either
    /// (RFC 7515 §4.1.11).
    Crit,
    /// `b64` is there: unencoded payloads are not read (RFC 7797 §6).
    Unencoded,
    /// `zip` is there: nothing is decompressed.
    Compressed,
    /// A member of encryption in a signed token.
    EncryptionMember {
        /// The member.
        member: &'static str,
    },
    /// `kid` is longer than the limit.
    KidTooLong {
        /// The most bytes allowed.
        limit: usize,
    },
    /// `kid` has control characters.
    KidControl,
}

impl From<HeaderError> for JwsError {
    fn from(error: HeaderError) -> Self {
        Self::Header(error)
    }
}

impl fmt::Display for JwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { limit } => write!(f, "the token is longer than {limit} bytes"),
            Self::JsonSerialization => {
                f.write_str("the token is in a JSON serialization; only the compact one is read")
            }
            Self::Parts => f.write_str("the token does not have three parts between dots"),
            Self::Encrypted => f.write_str("the token is encrypted, but must be signed"),
            Self::Header(error) => error.fmt(f),
            Self::Payload(error) => write!(f, "the payload: {error}"),
            Self::Signature(error) => write!(f, "the signature: {error}"),
            Self::AlgorithmMismatch { key, header } => {
                write!(f, "the header says `{header}`, but the key serves `{key}`")
            }
            Self::KidMismatch => f.write_str("the header names another key"),
            Self::SignatureLength => f.write_str("the signature has the wrong length"),
            Self::BadSignature => f.write_str("the signature does not match"),
        }
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { limit } => write!(f, "the header is longer than {limit} bytes"),
            Self::Base64(error) => write!(f, "the header: {error}"),
            Self::Json(error) => write!(f, "the header: {error}"),
            Self::WrongType { member } => write!(f, "header `{member}` has the wrong type"),
            Self::AlgMissing => f.write_str("the header has no `alg`"),
            Self::AlgNone => f.write_str("`alg` is none: the token is not signed"),
            Self::AlgSymmetric => f.write_str("`alg` is symmetric, which no public key serves"),
            Self::AlgUnsupported => f.write_str("`alg` is not supported"),
            Self::EncMissing => f.write_str("the header has no `enc`"),
            Self::EncUnsupported => f.write_str("`enc` is not supported"),
            Self::Crit => f.write_str("`crit` demands extensions that are not understood"),
            Self::Unencoded => f.write_str("`b64` is not supported"),
            Self::Compressed => f.write_str("`zip` is not supported"),
            Self::EncryptionMember { member } => {
                write!(f, "header `{member}` does not belong into a signed token")
            }
            Self::KidTooLong { limit } => write!(f, "`kid` is longer than {limit} bytes"),
            Self::KidControl => f.write_str("`kid` has control characters"),
        }
    }
}

impl std::error::Error for JwsError {}
impl std::error::Error for HeaderError {}
