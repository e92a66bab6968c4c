//! Authorization codes: sealed facts, not rows. The row appears when a code is redeemed, keyed by
//! the code's random id, so issuing costs no commit and redeeming twice can't win twice.

use counterfoil_jose::{UnixTime, b64, crypto};
use serde::{Deserialize, Serialize};

use crate::{
    model::{ApiId, ClientId, Revision, SessionId, UserId},
    pkce::CodeChallenge,
};

/// What every code begins with.
pub const PREFIX: &str = "cf_ac_";

/// Seconds a code lives: FAPI 2.0 Security Profile §5.3.2.1 allows at most 60.
pub const LIFETIME_SECS: i64 = 60;

/// What a code stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationCode {
    /// Random; unique in the store once redeemed.
    pub id: [u8; 16],
    /// Whom it was issued to.
    pub client: ClientId,
    /// Who signed in.
    pub user: UserId,
    /// The sign-in.
    pub session: SessionId,
    /// SHA-256 of the redirect URI, when the request named one: RFC 6749 §4.1.3.
    pub redirect_uri: Option<[u8; 32]>,
    /// RFC 7636 §4.4.
    pub code_challenge: CodeChallenge,
    /// Granted scopes.
    pub scopes: Vec<String>,
    /// The APIs it is good for.
    pub apis: Vec<ApiId>,
    /// For the ID token.
    pub nonce: Option<String>,
    /// When the user last gave a credential.
    pub auth_time: UnixTime,
    /// How.
    pub amr: Vec<String>,
    /// When it was issued.
    pub issued_at: UnixTime,
    /// The revision of the snapshot it was decided at.
    pub revision: Revision,
}

impl AuthorizationCode {
    /// When it ends.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.issued_at.plus_secs(LIFETIME_SECS)
    }

    /// The hash under which a redirect URI is remembered.
    #[must_use]
    pub fn hash_redirect_uri(redirect_uri: &str) -> [u8; 32] {
        crypto::sha256(redirect_uri.as_bytes())
    }
}

/// The sealed form: short names, because the code travels in a URL.
#[derive(Serialize, Deserialize)]
struct Wire {
    i: String,
    c: i64,
    u: i64,
    s: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    r: Option<String>,
    h: String,
    p: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    a: Vec<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    t: i64,
    m: String,
    d: i64,
    v: u64,
}

impl Serialize for AuthorizationCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire {
            i: b64::encode(&self.id),
            c: self.client.get(),
            u: self.user.get(),
            s: self.session.get(),
            r: self.redirect_uri.map(|hash| b64::encode(&hash)),
            h: b64::encode(self.code_challenge.as_bytes()),
            p: self.scopes.join(" "),
            a: self.apis.iter().map(|api| api.get()).collect(),
            n: self.nonce.clone(),
            t: self.auth_time.as_secs(),
            m: self.amr.join(" "),
            d: self.issued_at.as_secs(),
            v: self.revision.get(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AuthorizationCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        Self::from_wire(wire).ok_or_else(|| serde::de::Error::custom("not an authorization code"))
    }
}

impl AuthorizationCode {
    fn from_wire(wire: Wire) -> Option<Self> {
        let bytes32 = |text: &str| <[u8; 32]>::try_from(b64::decode(text).ok()?).ok();
        let words =
            |text: &str| text.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect();
        Some(Self {
            id: b64::decode(&wire.i).ok()?.try_into().ok()?,
            client: ClientId::new(wire.c),
            user: UserId::new(wire.u),
            session: SessionId::new(wire.s),
            redirect_uri: match wire.r {
                Some(hash) => Some(bytes32(&hash)?),
                None => None,
            },
            code_challenge: CodeChallenge::from_bytes(bytes32(&wire.h)?),
            scopes: words(&wire.p),
            apis: wire.a.into_iter().map(ApiId::new).collect(),
            nonce: wire.n,
            auth_time: UnixTime::from_secs(wire.t),
            amr: words(&wire.m),
            issued_at: UnixTime::from_secs(wire.d),
            revision: Revision::new(wire.v),
        })
    }
}
