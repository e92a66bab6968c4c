use super::Secret32;
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use std::fmt;

/// The bytes that sealing adds: a 128-bit tag.
pub const SEAL_TAG_LEN: usize = 16;

/// The bytes of a nonce.
pub const SEAL_NONCE_LEN: usize = 12;

/// Seals and opens with AES-256-GCM-SIV ([RFC 8452](https://www.rfc-editor.org/rfc/rfc8452)).
///
/// A repeated nonce reveals only whether two plaintexts (with their associated data) were equal,
/// so random nonces are safe here at any volume. Keep it: the key schedule is computed once.
pub struct SealKey(LessSafeKey);

impl SealKey {
    /// Takes the key.
    #[must_use]
    #[expect(clippy::expect_used, reason = "fails for a wrong key length only, and it is fixed")]
    pub fn new(key: &Secret32) -> Self {
        let key = UnboundKey::new(&AES_256_GCM_SIV, key.expose()).expect("the key has 32 bytes");
        Self(LessSafeKey::new(key))
    }

    /// Seals `plaintext`, binding `aad` to it: ciphertext, then tag.
    #[must_use]
    pub fn seal(&self, nonce: [u8; SEAL_NONCE_LEN], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let mut buffer = Vec::with_capacity(plaintext.len() + SEAL_TAG_LEN);
        buffer.extend_from_slice(plaintext);
        self.seal_in_place(nonce, aad, &mut buffer);
        buffer
    }

    /// Replaces the plaintext in `buffer` with ciphertext and tag.
    #[expect(clippy::expect_used, reason = "fails beyond 64 GiB only, which no caller has")]
    pub fn seal_in_place(&self, nonce: [u8; SEAL_NONCE_LEN], aad: &[u8], buffer: &mut Vec<u8>) {
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), buffer)
            .expect("the plaintext is short");
    }

    /// Opens what [`SealKey::seal`] made; `None` if a bit of it, of `aad` or of the nonce differs.
    #[must_use]
    pub fn open(&self, nonce: [u8; SEAL_NONCE_LEN], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = sealed.to_vec();
        let len = self.open_in_place(nonce, aad, &mut buffer)?.len();
        buffer.truncate(len);
        Some(buffer)
    }

    /// Opens in place and returns the plaintext's part of `buffer`.
    pub fn open_in_place<'buffer>(
        &self,
        nonce: [u8; SEAL_NONCE_LEN],
        aad: &[u8],
        buffer: &'buffer mut [u8],
    ) -> Option<&'buffer mut [u8]> {
        self.0.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), buffer).ok()
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_what_it_sealed() {
        let key = SealKey::new(&Secret32::from([3; 32]));
        let sealed = key.seal([1; 12], b"issuer", b"handle");
        assert_eq!(sealed.len(), 6 + SEAL_TAG_LEN);
        assert_eq!(key.open([1; 12], b"issuer", &sealed).as_deref(), Some(&b"handle"[..]));
        assert_eq!(key.open([2; 12], b"issuer", &sealed), None);
        assert_eq!(key.open([1; 12], b"other", &sealed), None);
        assert_eq!(key.open([1; 12], b"issuer", &sealed[..10]), None);
        for i in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[i] ^= 1;
            assert_eq!(key.open([1; 12], b"issuer", &changed), None, "byte {i}");
        }
    }
}
