//! The opaque access token: a sealed handle that says nothing to its client.
//!
//! `cf_at_` + base64url of version, key id, nonce, sealed payload with tag, outer MAC. The payload
//! is sealed to the issuer alone; the outer MAC is under a key that this API's guards hold too, so
//! that junk dies at the guard without a call, and no guard can make or open a token.

use std::fmt;

use counterfoil_jose::{
    UnixTime, b64,
    crypto::{HmacKey, SealKey},
};

use crate::model::{ApiId, GrantId, Revision, TokenId};

/// What every opaque access token begins with.
pub const PREFIX: &str = "cf_at_";

/// Longest opaque access token, bound to a key: a constant for any user.
pub const CHARS_MAX: usize = 180;

const VERSION: u8 = 1;
const KID: usize = 4;
const NONCE: usize = 12;
const PAYLOAD: usize = 39;
const THUMBPRINT: usize = 32;
const TAG: usize = 16;
const MAC: usize = 16;
const HEAD: usize = 1 + KID + NONCE;

/// What an opaque access token stands for. User, client and session follow from the grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpaqueToken {
    /// The grant it hangs on.
    pub grant: GrantId,
    /// The API it is for; `None` is the issuer's own UserInfo endpoint.
    pub api: Option<ApiId>,
    /// Which of the grant's scopes it carries, by position.
    pub scopes: u64,
    /// The revision of the snapshot it was decided at.
    pub revision: Revision,
    /// When it was issued.
    pub issued_at: UnixTime,
    /// Seconds it lives.
    pub lifetime_secs: u32,
    /// Its name, by which it can be revoked alone.
    pub id: TokenId,
    /// SHA-256 thumbprint of the key it is bound to.
    pub confirmation: Option<[u8; 32]>,
}

impl OpaqueToken {
    /// When it ends.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.issued_at.plus_secs(i64::from(self.lifetime_secs))
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(PAYLOAD + THUMBPRINT);
        payload.push(u8::from(self.confirmation.is_some()));
        payload.extend_from_slice(&self.grant.get().to_be_bytes());
        payload.extend_from_slice(&self.api.map_or(0, ApiId::get).to_be_bytes());
        payload.extend_from_slice(&self.scopes.to_be_bytes());
        payload.extend(self.revision.get().to_be_bytes().into_iter().skip(2));
        payload.extend(self.issued_at.as_secs().to_be_bytes().into_iter().skip(3));
        payload.extend(self.lifetime_secs.to_be_bytes().into_iter().skip(1));
        if let Some(thumbprint) = &self.confirmation {
            payload.extend_from_slice(thumbprint);
        }
        payload
    }

    pub(crate) fn decode(payload: &[u8], nonce: [u8; NONCE]) -> Option<Self> {
        let mut at = payload;
        let flags = take(&mut at, 1)?;
        let api = take(&mut at, 8)?;
        let (grant, api) = (api, take(&mut at, 8)?);
        let scopes = take(&mut at, 8)?;
        let revision = take(&mut at, 6)?;
        let issued_at = take(&mut at, 5)?;
        let lifetime = take(&mut at, 3)?;
        let confirmation = match flags {
            0 if at.is_empty() => None,
            1 => Some(at.try_into().ok()?),
            _ => return None,
        };
        Some(Self {
            grant: GrantId::new(i64::try_from(grant).ok()?),
            api: (api != 0).then_some(ApiId::new(i64::try_from(api).ok()?)),
            scopes,
            revision: Revision::new(revision),
            issued_at: UnixTime::from_secs(i64::try_from(issued_at).ok()?),
            lifetime_secs: u32::try_from(lifetime).ok()?,
            id: token_id(nonce),
            confirmation,
        })
    }
}

/// Draws the id of a new token from its nonce: whoever can name one can name the other.
#[must_use]
pub fn token_id(nonce: [u8; NONCE]) -> TokenId {
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(nonce) {
        *to = from;
    }
    TokenId(id)
}

/// The issuer's keys for one API's opaque tokens.
#[derive(Debug)]
pub struct SealingKeys<'a> {
    /// The issuer, bound into every seal.
    pub issuer: &'a str,
    /// Names the sealing key in the token.
    pub kid: [u8; KID],
    /// Seals the payload to the issuer.
    pub seal: &'a SealKey,
    /// The API's own MAC key.
    pub mac: &'a HmacKey,
}

/// Makes the wire form. `nonce` is random; the token's id is drawn from it.
#[must_use]
pub fn mint(token: &OpaqueToken, nonce: [u8; NONCE], keys: &SealingKeys<'_>) -> String {
    let mut bytes = Vec::with_capacity(HEAD + PAYLOAD + TAG + MAC);
    bytes.push(VERSION);
    bytes.extend_from_slice(&keys.kid);
    bytes.extend_from_slice(&nonce);
    let aad = aad(keys.issuer, keys.kid);
    bytes.extend_from_slice(&keys.seal.seal(nonce, &aad, &token.encode()));
    let mac = keys.mac.tag(&[&bytes]);
    bytes.extend(mac.iter().take(MAC));
    let mut text = String::with_capacity(PREFIX.len() + bytes.len() * 4 / 3 + 2);
    text.push_str(PREFIX);
    b64::encode_into(&bytes, &mut text);
    text
}

/// The wire form, taken apart: nothing of it has been checked.
pub struct Handle {
    bytes: Vec<u8>,
    nonce: [u8; NONCE],
    kid: [u8; KID],
}

/// A handle whose outer MAC fits the API's key: somebody with the issuer's keys made it for this
/// API. It says nothing about expiry or revocation.
pub struct CheckedHandle(Handle);

impl Handle {
    /// Takes a handle apart; `None` when it isn't one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > CHARS_MAX {
            return None;
        }
        let bytes = b64::decode(text.strip_prefix(PREFIX)?).ok()?;
        let sealed = bytes.len().checked_sub(HEAD + TAG + MAC)?;
        if bytes.first() != Some(&VERSION) || (sealed != PAYLOAD && sealed != PAYLOAD + THUMBPRINT)
        {
            return None;
        }
        let kid = bytes.get(1..1 + KID)?.try_into().ok()?;
        let nonce = bytes.get(1 + KID..HEAD)?.try_into().ok()?;
        Some(Self { bytes, nonce, kid })
    }

    /// Names the key that sealed it.
    #[must_use]
    pub const fn kid(&self) -> [u8; KID] {
        self.kid
    }

    /// Checks the outer MAC under an API's key, in constant time.
    #[must_use]
    pub fn check(self, mac: &HmacKey) -> Option<CheckedHandle> {
        let (body, tag) = self.bytes.split_at_checked(self.bytes.len().checked_sub(MAC)?)?;
        mac.verify_truncated(&[body], tag).then_some(CheckedHandle(self))
    }

    /// Opens the payload to learn which API it is for, before its MAC key is known. The issuer
    /// alone can; [`Handle::check`] must still follow.
    #[must_use]
    pub fn open(&self, issuer: &str, seal: &SealKey) -> Option<OpaqueToken> {
        let end = self.bytes.len().checked_sub(MAC)?;
        let sealed = self.bytes.get(HEAD..end)?;
        let payload = seal.open(self.nonce, &aad(issuer, self.kid), sealed)?;
        OpaqueToken::decode(&payload, self.nonce)
    }
}

impl CheckedHandle {
    /// Opens the payload.
    #[must_use]
    pub fn open(&self, issuer: &str, seal: &SealKey) -> Option<OpaqueToken> {
        self.0.open(issuer, seal)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle(cf_at_…)")
    }
}

impl fmt::Debug for CheckedHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckedHandle(cf_at_…)")
    }
}

fn aad(issuer: &str, kid: [u8; KID]) -> Vec<u8> {
    let mut aad = Vec::with_capacity(issuer.len() + 1 + KID);
    aad.push(VERSION);
    aad.extend_from_slice(&kid);
    aad.extend_from_slice(issuer.as_bytes());
    aad
}

fn take(from: &mut &[u8], bytes: usize) -> Option<u64> {
    let (head, tail) = from.split_at_checked(bytes)?;
    *from = tail;
    Some(head.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use counterfoil_jose::crypto::Secret32;
    use proptest::prelude::*;

    use super::*;

    fn keys() -> (SealKey, HmacKey) {
        (SealKey::new(&Secret32::from([7; 32])), HmacKey::new(&[9; 32]))
    }

    fn token(confirmation: Option<[u8; 32]>) -> OpaqueToken {
        OpaqueToken {
            grant: GrantId::new(i64::MAX),
            api: Some(ApiId::new(3)),
            scopes: 0b101,
            revision: Revision::new(0xffff_ffff_ffff),
            issued_at: UnixTime::from_secs(1_800_000_000),
            lifetime_secs: 600,
            id: token_id([5; 12]),
            confirmation,
        }
    }

    fn minted(token: &OpaqueToken) -> String {
        let (seal, mac) = keys();
        let keys = SealingKeys { issuer: "https://i", kid: [1; 4], seal: &seal, mac: &mac };
        mint(token, [5; 12], &keys)
    }

    #[test]
    fn round_trip_and_size() {
        let (seal, mac) = keys();
        for (token, chars) in [(token(None), 124), (token(Some([8; 32])), 166)] {
            let text = minted(&token);
            assert_eq!(text.len(), chars);
            assert!(text.len() <= CHARS_MAX);
            let opened = Handle::parse(&text).unwrap().check(&mac).unwrap();
            assert_eq!(opened.open("https://i", &seal), Some(token));
            assert_eq!(opened.open("https://other", &seal), None);
        }
    }

    proptest! {
        #[test]
        fn no_change_survives(at in 6usize..124, flip in 1u8..64) {
            let mut text = minted(&token(None)).into_bytes();
            let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let was = alphabet.iter().position(|c| *c == text[at]).unwrap();
            text[at] = alphabet[(was + usize::from(flip)) % 64];
            let text = String::from_utf8(text).unwrap();
            let survived = Handle::parse(&text).and_then(|handle| handle.check(&keys().1));
            prop_assert!(survived.is_none());
        }

        #[test]
        fn foreign_text_never_panics(text in "(cf_at_)?[A-Za-z0-9_-]{0,200}") {
            let handle = Handle::parse(&text);
            prop_assert!(handle.and_then(|handle| handle.check(&keys().1)).is_none());
        }
    }
}
