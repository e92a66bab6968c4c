use super::{Secret32, ct_eq};
use aws_lc_rs::{hkdf, hmac};
use std::fmt;

/// The fewest bytes of a truncated tag that still count, half of SHA-256's output
/// ([RFC 2104 §5](https://www.rfc-editor.org/rfc/rfc2104#section-5)).
pub const MIN_TRUNCATED_TAG: usize = 16;

/// Makes and checks HMAC-SHA256 tags. Keep it: the key schedule is computed once.
#[derive(Clone)]
pub struct HmacKey(hmac::Key);

impl HmacKey {
    /// Takes key bytes of any length; 32 is right.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// Tags the concatenation of `parts`.
    ///
    /// The boundaries between parts are not authenticated: give at most one part of variable
    /// length, or write lengths into the parts.
    #[must_use]
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }

    /// Checks a whole tag in constant time.
    #[must_use]
    pub fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        ct_eq(&self.tag(parts), tag)
    }

    /// Checks a tag cut to its first bytes, at least [`MIN_TRUNCATED_TAG`] of them.
    ///
    /// The length must be fixed by the format, never by the sender.
    #[must_use]
    pub fn verify_truncated(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        tag.len() >= MIN_TRUNCATED_TAG
            && self.tag(parts).get(..tag.len()).is_some_and(|expected| ct_eq(expected, tag))
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey(..)")
    }
}

/// Derives an independent key for each `info` from one secret, by HKDF-SHA256 without salt
/// ([RFC 5869](https://www.rfc-editor.org/rfc/rfc5869)).
///
/// Each part of `info` is preceded by its length (four bytes, big-endian), so no two lists of
/// parts name the same key.
#[must_use]
pub fn derive(secret: &Secret32, info: &[&[u8]]) -> Secret32 {
    let mut context = Vec::with_capacity(info.iter().map(|part| part.len() + 4).sum());
    for part in info {
        let len = u32::try_from(part.len()).unwrap_or(u32::MAX);
        context.extend_from_slice(&len.to_be_bytes());
        context.extend_from_slice(part);
    }
    let mut out = [0; 32];
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(secret.expose());
    let filled =
        prk.expand(&[&context], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut out)).is_ok();
    assert!(filled, "hkdf gives 32 bytes for every info");
    Secret32::from(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_depend_on_the_bytes_alone() {
        let key = HmacKey::new(&[7; 32]);
        assert_eq!(key.tag(&[b"ab", b"c"]), key.tag(&[b"abc"]));
        assert!(key.verify(&[b"abc"], &key.tag(&[b"abc"])));
        assert!(!key.verify(&[b"abd"], &key.tag(&[b"abc"])));
    }

    #[test]
    fn truncated_tags_have_a_floor() {
        let key = HmacKey::new(&[7; 32]);
        let tag = key.tag(&[b"abc"]);
        assert!(key.verify_truncated(&[b"abc"], &tag[..16]));
        assert!(key.verify_truncated(&[b"abc"], &tag));
        assert!(!key.verify_truncated(&[b"abc"], &tag[..15]));
        assert!(!key.verify_truncated(&[b"abc"], &[0; 33]));
        assert!(!key.verify(&[b"abc"], &tag[..16]));
    }

    #[test]
    fn derived_keys_know_their_parts() {
        let secret = Secret32::from([1; 32]);
        assert_eq!(
            derive(&secret, &[b"a", b"b"]).expose(),
            derive(&secret, &[b"a", b"b"]).expose()
        );
        assert_ne!(derive(&secret, &[b"ab"]).expose(), derive(&secret, &[b"a", b"b"]).expose());
        assert_ne!(derive(&secret, &[]).expose(), derive(&secret, &[b""]).expose());
    }
}
