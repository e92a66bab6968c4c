//! Public keys as JSON ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)).

mod material;
mod parse;
mod set;

pub(crate) use material::Material;
pub(crate) use parse::{private_bytes, private_object};
pub use set::{JwkSet, MAX_KEYS_PER_SET, SkippedKey};

use crate::b64::{self, B64Error};
use crate::crypto::sha256;
use crate::json::{self, JsonError, JsonLimits, Object};
use crate::{JweAlgorithm, JwsAlgorithm};
use serde_json::json;
use std::fmt;

/// The most bytes of one key's JSON: an RSA-8192 key with a certificate chain is under half of it.
pub(crate) const MAX_JWK_BYTES: usize = 32 * 1024;

/// The most bytes of a `kid`, as in headers.
pub(crate) const MAX_KID_BYTES: usize = 256;

/// A public key that was checked when it was read or made.
///
/// Sizes, exponents, curve membership and the agreement of `use`, `key_ops` and `alg` hold for
/// every value of this type, and no value holds a private or symmetric key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    pub(crate) material: Material,
    pub(crate) kid: Option<String>,
    pub(crate) alg: Option<JwkAlgorithm>,
    pub(crate) key_use: Option<KeyUse>,
    pub(crate) verifies: bool,
    pub(crate) encrypts: bool,
}

/// The `kty` of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// `RSA`.
    Rsa,
    /// `EC`.
    Ec,
    /// `OKP`.
    Okp,
}

/// The `crv` of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
    /// Ed25519, for signatures.
    Ed25519,
    /// X25519, for key agreement.
    X25519,
}

/// The `alg` of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JwkAlgorithm {
    /// It signs.
    Jws(JwsAlgorithm),
    /// It encrypts.
    Jwe(JweAlgorithm),
}

/// The `use` of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyUse {
    Sig,
    Enc,
}

impl Jwk {
    /// Reads one public key.
    ///
    /// # Errors
    /// [`JwkError`] for anything that is not a sound public key of a kind known here.
    pub fn parse(json: &[u8]) -> Result<Self, JwkError> {
        let limits = JsonLimits { bytes: MAX_JWK_BYTES, ..JsonLimits::DEFAULT };
        Self::from_object(&json::parse_object(json, limits)?)
    }

    /// Reads one public key out of a larger document.
    ///
    /// # Errors
    /// As [`Jwk::parse`].
    pub fn from_object(object: &Object<'_>) -> Result<Self, JwkError> {
        parse::public_object(object)
    }

    /// Reads one public key from a value that was parsed elsewhere.
    ///
    /// Duplicate members are already lost there: prefer [`Jwk::parse`] for foreign input.
    ///
    /// # Errors
    /// As [`Jwk::parse`].
    pub fn from_json(value: &serde_json::Value) -> Result<Self, JwkError> {
        Self::parse(value.to_string().as_bytes())
    }

    /// The key as JSON: its public members, and `kid`, `use` and `alg` where they are set.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let mut value = match &self.material {
            Material::Rsa { n, e } => {
                json!({"kty": "RSA", "n": b64::encode(n), "e": b64::encode(e)})
            }
            Material::Ec { curve, x, y } => json!({
                "kty": "EC", "crv": curve.as_str(), "x": b64::encode(x), "y": b64::encode(y),
            }),
            Material::Okp { curve, x } => {
                json!({"kty": "OKP", "crv": curve.as_str(), "x": b64::encode(x)})
            }
        };
        if let Some(members) = value.as_object_mut() {
            let mut put = |name: &str, text: &str| members.insert(name.to_owned(), text.into());
            if let Some(kid) = &self.kid {
                put("kid", kid);
            }
            if let Some(key_use) = self.key_use {
                put("use", if key_use == KeyUse::Sig { "sig" } else { "enc" });
            }
            if let Some(alg) = self.alg {
                put("alg", alg.as_str());
            }
        }
        value
    }

    /// The SHA-256 thumbprint in base64url
    /// ([RFC 7638 §3](https://www.rfc-editor.org/rfc/rfc7638#section-3)).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        // The members are in lexicographic order and no value needs escaping.
        let canonical = match &self.material {
            Material::Rsa { n, e } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, b64::encode(e), b64::encode(n))
            }
            Material::Ec { curve, x, y } => format!(
                r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#,
                curve.as_str(),
                b64::encode(x),
                b64::encode(y)
            ),
            Material::Okp { curve, x } => {
                format!(r#"{{"crv":"{}","kty":"OKP","x":"{}"}}"#, curve.as_str(), b64::encode(x))
            }
        };
        b64::encode(&sha256(canonical.as_bytes()))
    }

    /// The `kid`, if the key carries one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The `alg`, if the key carries one.
    #[must_use]
    pub fn alg(&self) -> Option<JwkAlgorithm> {
        self.alg
    }

    /// The `kty`.
    #[must_use]
    pub fn key_type(&self) -> KeyType {
        match self.material {
            Material::Rsa { .. } => KeyType::Rsa,
            Material::Ec { .. } => KeyType::Ec,
            Material::Okp { .. } => KeyType::Okp,
        }
    }

    /// The `crv`, for EC and OKP keys.
    #[must_use]
    pub fn curve(&self) -> Option<Curve> {
        self.material.curve()
    }

    /// Whether `use`, `key_ops`, `alg` and the kind of key all leave room for verifying.
    #[must_use]
    pub fn may_verify(&self) -> bool {
        self.verifies
            && self.key_use != Some(KeyUse::Enc)
            && !matches!(self.alg, Some(JwkAlgorithm::Jwe(_)))
            && self.curve() != Some(Curve::X25519)
    }

    /// Whether `use`, `key_ops`, `alg` and the kind of key all leave room for encrypting.
    #[must_use]
    pub fn may_encrypt(&self) -> bool {
        self.encrypts
            && self.key_use != Some(KeyUse::Sig)
            && !matches!(self.alg, Some(JwkAlgorithm::Jws(_)))
            && self.curve() != Some(Curve::Ed25519)
    }

    pub(crate) fn made(material: Material, alg: JwkAlgorithm) -> Self {
        let key_use = match alg {
            JwkAlgorithm::Jws(_) => KeyUse::Sig,
            JwkAlgorithm::Jwe(_) => KeyUse::Enc,
        };
        let mut jwk = Self {
            material,
            kid: None,
            alg: Some(alg),
            key_use: Some(key_use),
            verifies: true,
            encrypts: true,
        };
        jwk.kid = Some(jwk.thumbprint());
        jwk
    }
}

impl Curve {
    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Ed25519 => "Ed25519",
            Self::X25519 => "X25519",
        }
    }

    /// The bytes of one coordinate.
    pub(crate) const fn coordinate_len(self) -> usize {
        match self {
            Self::P256 | Self::Ed25519 | Self::X25519 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

impl JwkAlgorithm {
    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jws(alg) => alg.as_str(),
            Self::Jwe(alg) => alg.as_str(),
        }
    }
}

/// Says why a key was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwkError {
    /// Not a strict JSON object.
    Json(JsonError),
    /// A member is missing that this kind of key needs.
    Missing {
        /// The member.
        member: &'static str,
    },
    /// A member has the wrong JSON type.
    WrongType {
        /// The member.
        member: &'static str,
    },
    /// A member is not base64url.
    Base64 {
        /// The member.
        member: &'static str,
        /// What is wrong with it.
        error: B64Error,
    },
    /// A `kty` that is not known here.
    UnknownKeyType,
    /// A `crv` that is not known here.
    UnknownCurve,
    /// An `alg` that is not known here.
    UnknownAlgorithm,
    /// A `use` that is not known here.
    UnknownUse,
    /// A symmetric key, which must never be published.
    Symmetric,
    /// A private key where a public one is expected.
    Private,
    /// An RSA modulus outside 2048 to 8192 bits.
    RsaSize {
        /// Its bits.
        bits: usize,
    },
    /// An RSA modulus that is even or has leading zero bytes.
    RsaModulus,
    /// An RSA exponent that is even, below 65537 or above 33 bits.
    RsaExponent,
    /// A coordinate that does not have the length of its curve.
    CoordinateLength,
    /// A point that is not on its curve, or one that anybody can forge for.
    BadPoint,
    /// `use`, `key_ops`, `alg` and the kind of key contradict one another.
    Contradiction,
    /// `key_ops` names an operation twice.
    DuplicateKeyOps,
    /// A `kid` that is too long or has control characters.
    BadKid,
    /// The key is sound but not meant for what it was to be used for.
    NotForThisUse,
    /// The set holds too many keys.
    TooManyKeys {
        /// The most keys allowed.
        limit: usize,
    },
    /// The private members do not belong to the public ones.
    Inconsistent,
}

impl From<JsonError> for JwkError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl fmt::Display for JwkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Missing { member } => write!(f, "key member `{member}` is missing"),
            Self::WrongType { member } => write!(f, "key member `{member}` has the wrong type"),
            Self::Base64 { member, error } => write!(f, "key member `{member}`: {error}"),
            Self::UnknownKeyType => f.write_str("`kty` must be RSA, EC or OKP"),
            Self::UnknownCurve => f.write_str("`crv` is not supported for this `kty`"),
            Self::UnknownAlgorithm => f.write_str("`alg` is not supported"),
            Self::UnknownUse => f.write_str("`use` must be sig or enc"),
            Self::Symmetric => f.write_str("a symmetric key where a public key is expected"),
            Self::Private => f.write_str("a private key where a public key is expected"),
            Self::RsaSize { bits } => {
                write!(f, "the RSA modulus has {bits} bits; 2048 to 8192 are accepted")
            }
            Self::RsaModulus => f.write_str("the RSA modulus is even or has leading zero bytes"),
            Self::RsaExponent => {
                f.write_str("the RSA exponent must be odd, at least 65537 and at most 33 bits")
            }
            Self::CoordinateLength => {
                f.write_str("a coordinate does not have the full length of its curve")
            }
            Self::BadPoint => f.write_str("the point is not a usable point of its curve"),
            Self::Contradiction => {
                f.write_str("`use`, `key_ops`, `alg` and the kind of key contradict one another")
            }
            Self::DuplicateKeyOps => f.write_str("`key_ops` names an operation twice"),
            Self::BadKid => {
                write!(f, "`kid` is over {MAX_KID_BYTES} bytes or has control characters")
            }
            Self::NotForThisUse => f.write_str("the key is not meant for this use"),
            Self::TooManyKeys { limit } => write!(f, "the key set has more than {limit} keys"),
            Self::Inconsistent => f.write_str("the private key does not belong to the public one"),
        }
    }
}

impl std::error::Error for JwkError {}
