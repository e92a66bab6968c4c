use super::{Header, JwsError, Unverified, Verified};
use crate::{Limits, VerifyingKey};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// The most headers kept. An issuer has a handful of keys, and signs under one `typ` per kind.
const HEADERS_MAX: usize = 16;

/// Reads many tokens under the same limits.
///
/// All tokens of one key and kind have the same header, and taking it apart costs half as much as
/// reading the claims. So the headers of the last tokens with a good signature are kept; nobody
/// else can put one there.
pub struct Reader {
    limits: Limits,
    known: RwLock<Vec<(Box<str>, Arc<Header>)>>,
}

impl Reader {
    /// Reads tokens under these limits.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits, known: RwLock::new(Vec::new()) }
    }

    /// The limits.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Takes a compact serialization apart, as [`Unverified::parse`] does.
    ///
    /// # Errors
    /// As [`Unverified::parse`].
    pub fn parse<'t>(&self, token: &'t str) -> Result<Unverified<'t>, JwsError> {
        Unverified::parse_with(token, &self.limits, |encoded| {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let found = known.iter().find(|(text, _)| **text == *encoded);
            found.map(|(_, header)| Arc::clone(header))
        })
    }

    /// Checks the signature, as [`Unverified::verify`] does.
    ///
    /// # Errors
    /// As [`Unverified::verify`].
    pub fn verify(&self, token: Unverified<'_>, key: &VerifyingKey) -> Result<Verified, JwsError> {
        let new = token.new_header();
        let verified = token.verify(key)?;
        if let Some((encoded, header)) = new {
            self.remember(encoded, header);
        }
        Ok(verified)
    }

    fn remember(&self, encoded: &str, header: Arc<Header>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.iter().any(|(text, _)| **text == *encoded) {
            return;
        }
        // Keys have rotated: the headers still in use come back with the next tokens.
        if known.len() >= HEADERS_MAX {
            known.clear();
        }
        known.push((encoded.into(), header));
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("limits", &self.limits).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{JwsAlgorithm, SigningKey, jws};

    fn signed(key: &SigningKey, typ: &str) -> String {
        jws::sign(key, &jws::JwsHeader::typ(typ), b"{}")
    }

    fn known(reader: &Reader) -> usize {
        reader.known.read().unwrap().len()
    }

    #[test]
    fn only_a_good_signature_is_remembered_and_it_changes_nothing() {
        let [ours, theirs] = [(); 2].map(|()| {
            SigningKey::generate(JwsAlgorithm::EdDsa).unwrap().with_kid("the same for both")
        });
        let reader = Reader::new(Limits::DEFAULT);
        let forged = signed(&theirs, "at+jwt");
        for _ in 0..2 {
            let token = reader.parse(&forged).unwrap();
            let refused = reader.verify(token, &ours.verifying_key()).unwrap_err();
            assert_eq!(refused, JwsError::BadSignature);
            assert_eq!(known(&reader), 0);
        }
        let good = signed(&ours, "at+jwt");
        for _ in 0..2 {
            let token = reader.parse(&good).unwrap();
            assert_eq!(
                token.header(),
                Unverified::parse(&good, &Limits::DEFAULT).unwrap().header()
            );
            assert!(reader.verify(token, &ours.verifying_key()).is_ok());
            assert_eq!(known(&reader), 1);
        }
        // The header is known now, the key still decides.
        let token = reader.parse(&forged).unwrap();
        let refused = reader.verify(token, &ours.verifying_key()).unwrap_err();
        assert_eq!(refused, JwsError::BadSignature);
    }

    #[test]
    fn the_memory_is_bounded() {
        let key = SigningKey::generate(JwsAlgorithm::EdDsa).unwrap();
        let reader = Reader::new(Limits::DEFAULT);
        for number in 0..3 * HEADERS_MAX {
            let text = signed(&key, &format!("kind-{number}"));
            let token = reader.parse(&text).unwrap();
            assert!(reader.verify(token, &key.verifying_key()).is_ok());
            assert!(known(&reader) <= HEADERS_MAX);
        }
    }
}
