//! Nested tokens: signed, then encrypted
//! ([RFC 7519 §11.2](https://www.rfc-editor.org/rfc/rfc7519#section-11.2)).

use crate::jwe::{self, DecryptionKey, EncryptionKey, JweError, JweHeader};
use crate::jws::{self, JwsError, Signer};
use crate::{ContentEncryption, Limits};
use std::fmt;

/// The `cty` of a JWE that holds a JWT (RFC 7519 §5.2).
const NESTED_CTY: &str = "JWT";

/// Signs `payload` and encrypts the token to `recipient`.
///
/// Of `outer`, `typ` usually repeats the inner one's, as RFC 9068 has no rule for it; `cty` is
/// always `JWT`.
///
/// # Errors
/// [`JweError::Encrypt`] if the library fails, which it does not in practice.
pub fn nest(
    signer: &Signer,
    payload: &[u8],
    recipient: &EncryptionKey,
    enc: ContentEncryption,
    outer: &JweHeader<'_>,
) -> Result<String, JweError> {
    let header = JweHeader { cty: Some(NESTED_CTY), ..*outer };
    jwe::encrypt(recipient, enc, &header, signer.sign(payload).as_bytes())
}

/// A signed token that came out of an encrypted one. Its signature is still to be checked.
#[derive(Clone)]
pub struct Nested {
    jws: String,
}

impl Nested {
    /// Decrypts a token and makes sure that what it holds is a signed one.
    ///
    /// Anybody can encrypt to a public key, so a plaintext of bare claims, or of a token with
    /// `alg` none, proves nothing and is refused (CVE-2026-29000).
    ///
    /// # Errors
    /// [`NestedError`] names the layer at fault.
    pub fn open(token: &str, key: &DecryptionKey, limits: &Limits) -> Result<Self, NestedError> {
        let outer = jwe::Unverified::parse(token, limits)?.decrypt(key)?;
        Self::from_decrypted(outer, limits)
    }

    /// As [`Nested::open`], for a caller that chose the key by the header.
    ///
    /// # Errors
    /// [`NestedError`], but not of the outer layer.
    pub fn from_decrypted(outer: jwe::Decrypted, limits: &Limits) -> Result<Self, NestedError> {
        // RFC 7519 §5.2: `cty` must be there and say JWT when a token is nested.
        if !outer.header().cty_is(NESTED_CTY) {
            return Err(NestedError::NotNested);
        }
        let jws = String::from_utf8(outer.into_plaintext()).map_err(|_| NestedError::NotText)?;
        jws::Unverified::parse(&jws, limits).map_err(NestedError::Inner)?;
        Ok(Self { jws })
    }

    /// The signed token.
    #[must_use]
    pub fn jws(&self) -> &str {
        &self.jws
    }

    /// The signed token, taken apart.
    ///
    /// # Errors
    /// None for the limits that it was opened with; else as [`jws::Unverified::parse`].
    pub fn unverified(&self, limits: &Limits) -> Result<jws::Unverified<'_>, JwsError> {
        jws::Unverified::parse(&self.jws, limits)
    }
}

impl fmt::Debug for Nested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nested(..)")
    }
}

/// Says why a nested token was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NestedError {
    /// The encrypted layer is at fault.
    Outer(JweError),
    /// `cty` does not say that there is a token inside.
    NotNested,
    /// The plaintext is no text.
    NotText,
    /// The plaintext is not a signed token.
    Inner(JwsError),
}

impl From<JweError> for NestedError {
    fn from(error: JweError) -> Self {
        Self::Outer(error)
    }
}

impl fmt::Display for NestedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outer(error) => error.fmt(f),
            Self::NotNested => f.write_str("`cty` must be JWT: a signed token must be inside"),
            Self::NotText => f.write_str("the plaintext is not a token"),
            Self::Inner(error) => write!(f, "inside the encryption: {error}"),
        }
    }
}

impl std::error::Error for NestedError {}
