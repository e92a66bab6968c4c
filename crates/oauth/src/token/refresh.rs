//! Refresh tokens: derived from their grant and generation, so none is stored and the successor
//! of a token is always the byte-same one.

use counterfoil_jose::{b64, crypto::HmacKey};

use crate::model::GrantId;

/// What every refresh token begins with.
pub const PREFIX: &str = "cf_rt_";

/// Seconds during which a token that was rotated away still brings its successor: two tabs that
/// refresh at once are one honest client.
pub const GRACE_SECS: i64 = 30;

const VERSION: u8 = 1;
const BODY: usize = 1 + 8 + 4;

/// A refresh token of this issuer: made by it, which says nothing about whether it still lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// The grant, which is the family.
    pub grant: GrantId,
    /// Its place in the family.
    pub generation: u32,
}

impl RefreshToken {
    /// The wire form.
    #[must_use]
    pub fn encode(self, issuer: &str, key: &HmacKey) -> String {
        let body = self.body();
        let mut bytes = body.to_vec();
        bytes.extend_from_slice(&key.tag(&[issuer.as_bytes(), &body]));
        format!("{PREFIX}{}", b64::encode(&bytes))
    }

    /// Reads the wire form and checks that this issuer made it.
    #[must_use]
    pub fn parse(text: &str, issuer: &str, key: &HmacKey) -> Option<Self> {
        const CHARS: usize = (BODY + 32) * 8 / 6;
        let encoded = text.strip_prefix(PREFIX)?;
        if encoded.len() != CHARS {
            return None;
        }
        let bytes = b64::decode(encoded).ok()?;
        let (body, tag) = bytes.split_at_checked(BODY)?;
        if body.first() != Some(&VERSION) || !key.verify(&[issuer.as_bytes(), body], tag) {
            return None;
        }
        let grant = i64::from_be_bytes(body.get(1..9)?.try_into().ok()?);
        let generation = u32::from_be_bytes(body.get(9..)?.try_into().ok()?);
        Some(Self { grant: GrantId::new(grant), generation })
    }

    fn body(self) -> [u8; BODY] {
        let mut body = [0; BODY];
        let parts = [VERSION]
            .into_iter()
            .chain(self.grant.get().to_be_bytes())
            .chain(self.generation.to_be_bytes());
        for (to, from) in body.iter_mut().zip(parts) {
            *to = from;
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_refusals() {
        let key = HmacKey::new(&[1; 32]);
        let token = RefreshToken { grant: GrantId::new(77), generation: 3 };
        let text = token.encode("https://i", &key);
        assert_eq!(text.len(), 66);
        assert_eq!(RefreshToken::parse(&text, "https://i", &key), Some(token));
        assert_eq!(RefreshToken::parse(&text, "https://j", &key), None);
        assert_eq!(RefreshToken::parse(&text, "https://i", &HmacKey::new(&[2; 32])), None);
        assert_eq!(RefreshToken::parse(text.get(..65).unwrap(), "https://i", &key), None);
        assert_eq!(RefreshToken::parse("", "https://i", &key), None);
    }
}
