//! The claims of a JWT access token: RFC 9068 §2.2, and what lets a watermark name it.

use counterfoil_jose::UnixTime;
use serde::Serialize;

use crate::model::ClaimMap;

/// Who a token's principal is; stated, never guessed from `sub`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Principal {
    /// A person.
    User,
    /// A client acting for itself.
    Service,
}

impl Principal {
    /// The wire spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Service => "service",
        }
    }
}

/// The claims of a JWT access token.
#[derive(Debug, Serialize)]
pub struct AccessClaims<'a> {
    /// The issuer.
    pub iss: &'a str,
    /// The user, or the client acting for itself.
    pub sub: &'a str,
    /// The API; with UserInfo as a second audience where the profile says so.
    pub aud: Audience<'a>,
    /// RFC 8693 §4.3.
    pub client_id: &'a str,
    /// The same, for older verifiers.
    pub azp: &'a str,
    /// When it ends.
    pub exp: UnixTime,
    /// When it was issued.
    pub iat: UnixTime,
    /// Its name.
    pub jti: &'a str,
    /// Granted scopes, of this API and of OpenID.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub scope: &'a str,
    /// When the user last gave a credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<UnixTime>,
    /// Whether a person or a service calls.
    pub principal: Principal,
    /// The epoch of `cf_rev`.
    pub cf_epoch: u64,
    /// The revision of the snapshot it was decided at.
    pub cf_rev: u64,
    /// The keyed ids by which this API's watermarks name the token: base64url of 16 bytes each
    /// for user, client, session, grant and token, zeros where there is none.
    pub cf_keys: &'a str,
    /// Released claims, only where the profile asks for them and says why.
    #[serde(flatten)]
    pub released: &'a ClaimMap,
}

/// `aud`: a single value is a string (RFC 7519 §4.1.3).
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Audience<'a> {
    /// One.
    One(&'a str),
    /// Several.
    Many([&'a str; 2]),
}
