use super::{Header, JwsError};
use crate::json::{JsonError, JsonLimits};
use crate::{Claims, Limits, VerifyingKey, b64};
use std::fmt;
use std::sync::Arc;

/// A token that has the form of a JWS, and nothing more.
#[derive(Clone)]
pub struct Unverified<'t> {
    header: Arc<Header>,
    header_is_known: bool,
    encoded_header: &'t str,
    signing_input: &'t str,
    payload: Vec<u8>,
    signature: Vec<u8>,
    json: JsonLimits,
}

impl<'t> Unverified<'t> {
    /// Takes a compact serialization apart, strictly.
    ///
    /// # Errors
    /// [`JwsError`] for everything that can be wrong before a key is known.
    pub fn parse(token: &'t str, limits: &Limits) -> Result<Self, JwsError> {
        Self::parse_with(token, limits, |_| None)
    }

    /// The same, where the header may be known by its text.
    pub(super) fn parse_with(
        token: &'t str,
        limits: &Limits,
        known: impl FnOnce(&str) -> Option<Arc<Header>>,
    ) -> Result<Self, JwsError> {
        if token.len() > limits.token {
            return Err(JwsError::TooLong { limit: limits.token });
        }
        if token.trim_start().starts_with('{') {
            return Err(JwsError::JsonSerialization);
        }
        let [header, payload, signature] = three_parts(token)?;
        let signing_input = token.get(..header.len() + 1 + payload.len()).ok_or(JwsError::Parts)?;
        let encoded_header = header;
        let known = known(encoded_header);
        let header_is_known = known.is_some();
        Ok(Self {
            header: match known {
                Some(header) => header,
                None => Arc::new(Header::parse(encoded_header, limits)?),
            },
            header_is_known,
            encoded_header,
            signing_input,
            payload: b64::decode(payload).map_err(JwsError::Payload)?,
            signature: b64::decode(signature).map_err(JwsError::Signature)?,
            json: limits.json,
        })
    }

    /// The header, to choose a key by.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The header and its text, unless it was known by its text.
    pub(super) fn new_header(&self) -> Option<(&'t str, Arc<Header>)> {
        (!self.header_is_known).then(|| (self.encoded_header, Arc::clone(&self.header)))
    }

    /// The payload as its sender wrote it, to choose an issuer's configuration by and no more.
    #[must_use]
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// Checks the signature with a key that the caller trusts for this purpose.
    ///
    /// # Errors
    /// [`JwsError`] if the header contradicts the key or the signature is not the key's.
    pub fn verify(self, key: &VerifyingKey) -> Result<Verified, JwsError> {
        // RFC 8725 §3.1: the key's algorithm is the only one that is ever run.
        if self.header.algorithm() != key.algorithm() {
            return Err(JwsError::AlgorithmMismatch {
                key: key.algorithm(),
                header: self.header.algorithm(),
            });
        }
        if key.kid_was_given() && self.header.kid().is_some_and(|kid| kid != key.kid()) {
            return Err(JwsError::KidMismatch);
        }
        if self.signature.len() != key.signature_len() {
            return Err(JwsError::SignatureLength);
        }
        if !key.verify(self.signing_input.as_bytes(), &self.signature) {
            return Err(JwsError::BadSignature);
        }
        Ok(Verified { header: self.header, payload: self.payload, json: self.json })
    }
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified").field("header", &self.header).finish_non_exhaustive()
    }
}

/// A token whose signature was checked. Only [`Unverified::verify`] makes one.
#[derive(Clone)]
pub struct Verified {
    header: Arc<Header>,
    payload: Vec<u8>,
    json: JsonLimits,
}

impl Verified {
    /// The header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The payload's bytes.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The payload's bytes, without a copy.
    #[must_use]
    pub fn into_payload(self) -> Vec<u8> {
        self.payload
    }

    /// The payload read as claims, within the limits given to [`Unverified::parse`].
    ///
    /// # Errors
    /// [`JsonError`] if it is not a strict JSON object.
    pub fn claims(&self) -> Result<Claims<'_>, JsonError> {
        Claims::parse(&self.payload, self.json)
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("header", &self.header).finish_non_exhaustive()
    }
}

/// Never looks beyond the fifth dot, however many there are.
fn three_parts(token: &str) -> Result<[&str; 3], JwsError> {
    let mut dots = memchr::memchr_iter(b'.', token.as_bytes());
    match [(); 5].map(|()| dots.next()) {
        [Some(first), Some(second), None, ..] => {
            let parts = [token.get(..first), token.get(first + 1..second), token.get(second + 1..)];
            let [Some(header), Some(payload), Some(signature)] = parts else {
                return Err(JwsError::Parts);
            };
            Ok([header, payload, signature])
        }
        [_, _, _, Some(_), None] => Err(JwsError::Encrypted),
        _ => Err(JwsError::Parts),
    }
}
