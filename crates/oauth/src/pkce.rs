//! Proof key for code exchange: RFC 7636, with S256 alone.

use counterfoil_jose::{b64, crypto};

/// A `code_challenge` made by S256: 32 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChallenge([u8; 32]);

/// Proof that the `code_verifier` fits the challenge. Redeeming a code needs one.
#[derive(Debug)]
pub struct PkceVerified(());

/// Why PKCE failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PkceError {
    /// No `code_verifier`.
    Missing,
    /// Not 43 to 128 unreserved characters: RFC 7636 §4.1.
    Malformed,
    /// It doesn't hash to the challenge: RFC 7636 §4.6.
    Mismatch,
}

impl CodeChallenge {
    /// Reads a `code_challenge`: 43 characters of base64url (RFC 7636 §4.2).
    #[must_use]
    pub fn parse(code_challenge: &str) -> Option<Self> {
        b64::decode(code_challenge).ok()?.try_into().ok().map(Self)
    }

    /// The challenge's bytes, for sealing into a code.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The challenge with these bytes, from a code.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Checks a `code_verifier`: RFC 7636 §4.6.
    ///
    /// # Errors
    /// [`PkceError`].
    pub fn verify(&self, code_verifier: Option<&str>) -> Result<PkceVerified, PkceError> {
        let verifier = code_verifier.ok_or(PkceError::Missing)?;
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
            return Err(PkceError::Malformed);
        }
        if crypto::ct_eq(&crypto::sha256(verifier.as_bytes()), &self.0) {
            Ok(PkceVerified(()))
        } else {
            Err(PkceError::Mismatch)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_rfc() {
        let challenge = CodeChallenge::parse(CHALLENGE).unwrap();
        assert!(challenge.verify(Some(VERIFIER)).is_ok());
        let check = |verifier: Option<&str>| challenge.verify(verifier).unwrap_err();
        assert_eq!(check(None), PkceError::Missing);
        assert_eq!(check(Some("short")), PkceError::Malformed);
        assert_eq!(check(Some(&"a".repeat(129))), PkceError::Malformed);
        assert_eq!(check(Some(&format!("{VERIFIER} "))), PkceError::Malformed);
        assert_eq!(check(Some(&VERIFIER.replace('d', "e"))), PkceError::Mismatch);
        assert!(CodeChallenge::parse("E9Melhoa").is_none());
        assert!(CodeChallenge::parse(&format!("{CHALLENGE}=")).is_none());
    }
}
