use crate::WatermarkKind;
use counterfoil_jose::b64;
use counterfoil_jose::crypto::{HmacKey, Secret32, sha256};
use std::fmt;
use std::hash::{Hash, Hasher};

/// Bytes of a keyed id: half of an HMAC-SHA256 tag, too long to collide and short on the wire.
pub const KEYED_ID_BYTES: usize = 16;

/// Names one thing to one API and to nobody else.
///
/// On the wire 22 characters of base64url. Two APIs see unrelated ids for the same user.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyedId([u8; KEYED_ID_BYTES]);

impl KeyedId {
    /// Wraps the bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEYED_ID_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEYED_ID_BYTES] {
        &self.0
    }

    /// Reads the wire form, strictly.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        b64::decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The id of a signing key, which a guard must be able to compute from a `kid` that it sees:
    /// a `kid` is public, so this one is a plain hash.
    #[must_use]
    pub fn of_kid(kid: &str) -> Self {
        let mut input = Vec::with_capacity(kid.len() + 1);
        input.push(WatermarkKind::Key.code());
        input.extend_from_slice(kid.as_bytes());
        Self(first_half(sha256(&input)))
    }

    /// The first eight bytes as a number: a ready-made hash, because ids are HMAC output.
    fn prefix(self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

impl fmt::Display for KeyedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&b64::encode(&self.0))
    }
}

impl fmt::Debug for KeyedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Hash for KeyedId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.prefix());
    }
}

/// Turns internal ids into ids that mean something to one API alone. Held by the server; guards
/// need it for nothing, because answers and frames carry ids that are keyed already.
#[derive(Clone, Debug)]
pub struct PseudonymKey(HmacKey);

impl PseudonymKey {
    /// Takes the API's feed key.
    #[must_use]
    pub fn new(key: &Secret32) -> Self {
        Self(HmacKey::new(key.expose()))
    }

    /// Keys an internal id: `HMAC-SHA256(key, code(kind) ‖ id)`, the first 16 bytes.
    ///
    /// `claims` takes the code of `user`, so that one id in a token serves both kinds. A `key` is
    /// named by [`KeyedId::of_kid`].
    #[must_use]
    pub fn id(&self, kind: WatermarkKind, internal: &[u8]) -> KeyedId {
        let code = match kind {
            WatermarkKind::Key => {
                let kid = String::from_utf8_lossy(internal);
                return KeyedId::of_kid(&kid);
            }
            WatermarkKind::Claims => WatermarkKind::User.code(),
            other => other.code(),
        };
        KeyedId(first_half(self.0.tag(&[&[code], internal])))
    }
}

fn first_half(tag: [u8; 32]) -> [u8; KEYED_ID_BYTES] {
    let mut half = [0; KEYED_ID_BYTES];
    half.iter_mut().zip(tag).for_each(|(to, from)| *to = from);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_separate_by_key_and_kind() {
        let one = PseudonymKey::new(&Secret32::from([1; 32]));
        let two = PseudonymKey::new(&Secret32::from([2; 32]));
        let user = one.id(WatermarkKind::User, b"42");
        assert_ne!(user, two.id(WatermarkKind::User, b"42"));
        assert_ne!(user, one.id(WatermarkKind::Client, b"42"));
        assert_eq!(user, one.id(WatermarkKind::Claims, b"42"));
        assert_eq!(KeyedId::parse(&user.to_string()), Some(user));
        assert_eq!(KeyedId::parse("AAAA"), None);
    }

    #[test]
    fn a_signing_key_is_named_the_same_by_both_sides() {
        let server = PseudonymKey::new(&Secret32::from([1; 32]));
        assert_eq!(server.id(WatermarkKind::Key, b"2026-a"), KeyedId::of_kid("2026-a"));
    }
}
