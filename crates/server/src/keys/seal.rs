//! Keys at rest: sealed under the key-encryption key, bound to issuer and kid.

use std::fmt;

use counterfoil_jose::{
    JwsAlgorithm, SigningKey,
    crypto::{SealKey, Secret32, SecretBytes, derive, random},
};
use counterfoil_oauth::model::{SealedSecret, StoredKey};

const NONCE: usize = 12;

/// Why a key can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The cryptographic library can't make one.
    Generate,
    /// A stored key can't be opened: another key-encryption key sealed it, or the row is damaged.
    Sealed(String),
    /// A stored key opens, but isn't a key of its purpose.
    Malformed(String),
    /// A kind of key is missing.
    Missing(&'static str),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Generate => f.write_str("a key could not be made"),
            Self::Sealed(kid) => write!(
                f,
                "key `{kid}` can't be opened: the configured key-encryption key is not the one \
                 that sealed it"
            ),
            Self::Malformed(kid) => write!(f, "key `{kid}` is damaged"),
            Self::Missing(what) => write!(f, "{what}: restore it from a backup"),
        }
    }
}

impl std::error::Error for KeyError {}

pub(super) fn seal(kek: &Secret32, issuer: &str, kid: &str, bytes: &[u8]) -> SealedSecret {
    let nonce = random::<NONCE>();
    let mut sealed = nonce.to_vec();
    sealed.extend(key(kek).seal(nonce, &aad(issuer, kid), bytes));
    SealedSecret(sealed)
}

pub(super) fn open(
    kek: &Secret32,
    issuer: &str,
    stored: &StoredKey,
) -> Result<SecretBytes, KeyError> {
    let refused = || KeyError::Sealed(stored.kid.clone());
    let (nonce, sealed) = stored.secret.0.split_first_chunk::<NONCE>().ok_or_else(refused)?;
    let opened = key(kek).open(*nonce, &aad(issuer, &stored.kid), sealed).ok_or_else(refused)?;
    Ok(SecretBytes::from(opened))
}

pub(super) fn secret32(stored: &StoredKey, secret: &SecretBytes) -> Result<Secret32, KeyError> {
    let malformed = || KeyError::Malformed(stored.kid.clone());
    Secret32::from_slice(secret.expose()).ok_or_else(malformed)
}

pub(super) fn signing(
    stored: &StoredKey,
    alg: &str,
    secret: &SecretBytes,
) -> Result<SigningKey, KeyError> {
    let malformed = |_| KeyError::Malformed(stored.kid.clone());
    let alg = JwsAlgorithm::parse(alg).map_err(|_| KeyError::Malformed(stored.kid.clone()))?;
    let key = SigningKey::from_pkcs8(alg, secret.expose()).map_err(malformed)?;
    Ok(key.with_kid(stored.kid.clone()))
}

fn key(kek: &Secret32) -> SealKey {
    SealKey::new(&derive(kek, &[b"keys at rest"]))
}

fn aad(issuer: &str, kid: &str) -> Vec<u8> {
    [issuer.as_bytes(), b"\0", kid.as_bytes()].concat()
}
