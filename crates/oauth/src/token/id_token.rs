//! The claims of an ID token: OpenID Connect Core §2.

use counterfoil_jose::{JwsAlgorithm, UnixTime, b64, crypto};
use serde::Serialize;

use crate::model::ClaimMap;

/// Seconds an ID token lives. It is proof of a sign-in that just happened, not a session.
pub const LIFETIME_SECS: i64 = 600;

/// The claims of an ID token.
#[derive(Debug, Serialize)]
pub struct IdClaims<'a> {
    /// The issuer.
    pub iss: &'a str,
    /// The user.
    pub sub: &'a str,
    /// The client.
    pub aud: &'a str,
    /// The client again, for older verifiers.
    pub azp: &'a str,
    /// When it ends.
    pub exp: UnixTime,
    /// When it was issued.
    pub iat: UnixTime,
    /// When the user last gave a credential.
    pub auth_time: UnixTime,
    /// As sent in the authorization request; absent after a refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
    /// Half the hash of the access token beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// How the user signed in: RFC 8176 names.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub amr: &'a [String],
    /// The session, keyed for this client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<&'a str>,
    /// Claims of the granted scopes, unless the client is strict.
    #[serde(flatten)]
    pub released: &'a ClaimMap,
}

/// `at_hash` of OpenID Connect Core §3.1.3.6: the left half of the hash that the signing algorithm
/// uses.
#[must_use]
pub fn at_hash(access_token: &str, algorithm: JwsAlgorithm) -> String {
    let digest = crypto::digest_for(algorithm, access_token.as_bytes());
    b64::encode(digest.get(..digest.len() / 2).unwrap_or_default())
}
