//! Introspection as a view for the caller: RFC 7662, RFC 9701. Only the token's own API is told,
//! and only what that API may learn.

use counterfoil_jose::UnixTime;
use serde::Serialize;

use crate::{model::ClaimMap, token::access_jwt::Principal};

/// What an API is told about a living token: RFC 7662 §2.2 and what a guard needs to keep it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ActiveToken {
    /// Always `true`.
    pub active: bool,
    /// The issuer.
    pub iss: String,
    /// The subject, as this API sees it.
    pub sub: String,
    /// The API.
    pub aud: String,
    /// The client.
    pub client_id: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// When the token ends.
    pub exp: UnixTime,
    /// When it was issued.
    pub iat: UnixTime,
    /// Its name.
    pub jti: String,
    /// Granted scopes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// When the user last gave a credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<UnixTime>,
    /// How.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// Whether a person or a service calls.
    pub principal: Principal,
    /// The epoch of the log.
    pub cf_epoch: u64,
    /// The revision that this answer holds at.
    pub cf_rev: u64,
    /// The revision that the token was decided at.
    pub cf_token_rev: u64,
    /// Keyed ids of user, client, session, grant and token, by which watermarks name it.
    pub cf_keys: String,
    /// Claims released to this API.
    #[serde(flatten)]
    pub claims: ClaimMap,
}

/// Why a token is inactive: for the log of the API that asked, and for `--explain`. The wire says
/// `{"active":false}` and nothing else (RFC 7662 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InactiveReason {
    /// Not a token of this issuer, or damaged.
    Unrecognised,
    /// A token for another API.
    WrongAudience,
    /// Over.
    Expired,
    /// Named by a hard watermark.
    Revoked,
    /// Its grant is gone.
    GrantEnded,
    /// Its user is suspended or gone.
    UserNotActive,
    /// Its client is gone.
    ClientGone,
    /// A refresh token or an ID token; APIs are told about access tokens only.
    NotAnAccessToken,
}

impl InactiveReason {
    /// A sentence for the API's own operator.
    #[must_use]
    pub const fn explain(self) -> &'static str {
        match self {
            Self::Unrecognised => "not a token of this issuer, or damaged on the way",
            Self::WrongAudience => {
                "the token is for another API; the client must ask with this API's `resource`"
            }
            Self::Expired => "the token has expired",
            Self::Revoked => "the token, its grant, session, user or client was revoked",
            Self::GrantEnded => "the grant behind the token has ended",
            Self::UserNotActive => "the user is suspended or was deleted",
            Self::ClientGone => "the client was deleted",
            Self::NotAnAccessToken => {
                "this is not an access token; send the one issued for this API"
            }
        }
    }
}
