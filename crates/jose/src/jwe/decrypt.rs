use super::content::{self, Sealed, TAG_LEN};
use super::{DecryptionKey, Header, JweError};
use crate::{Limits, b64};
use std::fmt;

/// A token that has the form of a JWE, and nothing more.
#[derive(Clone)]
pub struct Unverified<'t> {
    header: Header,
    encoded_header: &'t str,
    encrypted_key: Vec<u8>,
    iv: Vec<u8>,
    ciphertext: Vec<u8>,
    tag: Vec<u8>,
}

impl<'t> Unverified<'t> {
    /// Takes a compact serialization apart, strictly.
    ///
    /// # Errors
    /// [`JweError`] for everything that can be wrong before a key is known.
    pub fn parse(token: &'t str, limits: &Limits) -> Result<Self, JweError> {
        if token.len() > limits.token {
            return Err(JweError::TooLong { limit: limits.token });
        }
        if token.trim_start().starts_with('{') {
            return Err(JweError::JsonSerialization);
        }
        let [encoded_header, encrypted_key, iv, ciphertext, tag] = five_parts(token)?;
        let header = Header::parse(encoded_header, limits)?;
        let iv = decode("initialization vector", iv)?;
        let tag = decode("authentication tag", tag)?;
        if iv.len() != content::iv_len(header.encryption()) {
            return Err(JweError::PartLength { part: "initialization vector" });
        }
        if tag.len() != TAG_LEN {
            return Err(JweError::PartLength { part: "authentication tag" });
        }
        Ok(Self {
            header,
            encoded_header,
            encrypted_key: decode("encrypted key", encrypted_key)?,
            iv,
            ciphertext: decode("ciphertext", ciphertext)?,
            tag,
        })
    }

    /// The header, to choose a key by.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Decrypts.
    ///
    /// # Errors
    /// [`JweError`] if the header contradicts the key, or [`JweError::Decrypt`].
    pub fn decrypt(self, key: &DecryptionKey) -> Result<Decrypted, JweError> {
        // RFC 8725 §3.1: the key's algorithm is the only one that is ever run.
        if self.header.algorithm() != key.algorithm() {
            return Err(JweError::AlgorithmMismatch {
                key: key.algorithm(),
                header: self.header.algorithm(),
            });
        }
        if self.header.kid().is_some_and(|kid| kid != key.kid()) {
            return Err(JweError::KidMismatch);
        }
        let content_key = key.unwrap(&self.header, &self.encrypted_key)?;
        let sealed = Sealed { iv: self.iv, ciphertext: self.ciphertext, tag: self.tag };
        let aad = self.encoded_header.as_bytes();
        let plaintext = content::open(self.header.encryption(), content_key.expose(), aad, sealed)
            .ok_or(JweError::Decrypt)?;
        Ok(Decrypted { header: self.header, plaintext })
    }
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified").field("header", &self.header).finish_non_exhaustive()
    }
}

/// A token that decrypted. That says who may read it, not who wrote it: anybody can encrypt to a
/// public key. Only [`Unverified::decrypt`] makes one.
#[derive(Clone)]
pub struct Decrypted {
    header: Header,
    plaintext: Vec<u8>,
}

impl Decrypted {
    /// The header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The plaintext's bytes.
    #[must_use]
    pub fn plaintext(&self) -> &[u8] {
        &self.plaintext
    }

    /// The plaintext's bytes, without a copy.
    #[must_use]
    pub fn into_plaintext(self) -> Vec<u8> {
        self.plaintext
    }
}

impl fmt::Debug for Decrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decrypted").field("header", &self.header).finish_non_exhaustive()
    }
}

fn decode(part: &'static str, text: &str) -> Result<Vec<u8>, JweError> {
    b64::decode(text).map_err(|error| JweError::Base64 { part, error })
}

/// Never looks at more than six parts, whatever the number of dots.
fn five_parts(token: &str) -> Result<[&str; 5], JweError> {
    let mut parts = token.splitn(6, '.');
    match [(); 6].map(|()| parts.next()) {
        [Some(header), Some(key), Some(iv), Some(ciphertext), Some(tag), None] => {
            Ok([header, key, iv, ciphertext, tag])
        }
        [_, _, Some(_), None, ..] => Err(JweError::Signed),
        _ => Err(JweError::Parts),
    }
}
