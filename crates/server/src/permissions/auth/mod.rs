//! Who may use the permission API: bearers of this issuer's tokens, or of a pre-shared key, or
//! everybody where it is open.

mod scopes;
mod verified;

use std::fmt;

use axum::http::HeaderMap;
use counterfoil_jose::crypto::{ct_eq, sha256};

use super::error::{ApiError, Code};
use crate::{door, state::State, tokens};

pub(crate) use scopes::{Need, Rights};
pub(crate) use verified::VerifiedTokens;

/// Where the permission API is, below the issuer: its path and, as a `resource`, its name.
pub(crate) const PATH: &str = "/stores";

/// A key that was agreed on beforehand, kept as its hash.
#[derive(Clone)]
pub struct PresharedKey([u8; 32]);

impl PresharedKey {
    /// A key, of at least 32 characters: it is no better than it is long.
    #[must_use]
    pub fn new(key: &str) -> Option<Self> {
        (key.len() >= 32).then(|| Self(sha256(key.as_bytes())))
    }
}

impl fmt::Debug for PresharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresharedKey(..)")
    }
}

/// How the permission API is reached.
#[derive(Clone, Debug, Default)]
pub struct PermissionAccess {
    /// Everybody may do everything: for development on loopback alone.
    pub open: bool,
    /// Keys whose bearers may do everything.
    pub keys: Vec<PresharedKey>,
    /// The store that AuthZEN's paths at the root answer from. Without it that is the only store.
    pub default_store: Option<String>,
}

/// Somebody who was let in, with what they may do.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    rights: Rights,
}

impl Caller {
    /// Lets a request in.
    ///
    /// A user's token is refused even with the scope: scopes bound what a client may ask for, and
    /// say nothing of what the person in front of it may do.
    pub(crate) async fn enter(state: &State, headers: &HeaderMap) -> Result<Self, ApiError> {
        let access = &state.config.permission_access;
        if access.open {
            return Ok(Self { rights: Rights::All });
        }
        let text = door::bearer(headers)
            .map_err(|error| ApiError::new(Code::InvalidBearerToken, error.description))?;
        let Some(text) = text else {
            return Err(ApiError::new(Code::BearerTokenMissing, "missing bearer token"));
        };
        let digest = sha256(text.as_bytes());
        // Every key is compared, so that the time tells nothing of which one came close.
        if access.keys.iter().fold(false, |known, key| ct_eq(&key.0, &digest) | known) {
            return Ok(Self { rights: Rights::All });
        }
        let token = state.permission_api.verified.open(state, &digest, text)?;
        let own = state.facts.api_by_resource(&state.permission_api.resource).await;
        let own = own.map_err(unavailable)?;
        if own.is_none_or(|own| token.api != Some(own.id)) {
            let message = "the token is for another API; ask with this API's `resource`";
            return Err(ApiError::new(Code::InvalidAudience, message));
        }
        let standing = tokens::standing(state, &token).await.map_err(|refused| {
            tracing::warn!(?refused, "a token can't be looked up");
            ApiError::unavailable()
        })?;
        let standing =
            standing.map_err(|reason| ApiError::new(Code::InvalidBearerToken, reason.explain()))?;
        if standing.user.is_some() {
            let message = "a user's token can't be used here; use `client_credentials`";
            return Err(ApiError::new(Code::Forbidden, message));
        }
        Ok(Self { rights: Rights::of_scopes(standing.scopes(&token)) })
    }

    /// Whether the caller may do this to a store, or to all of them.
    pub(crate) fn may(&self, need: Need, store: Option<&str>) -> Result<(), ApiError> {
        if self.rights.allow(need, store) {
            return Ok(());
        }
        let message = format!("the token lacks scope `{}`", need.scope());
        Err(ApiError::new(Code::Forbidden, message))
    }

    /// Whether the caller may know of a store.
    pub(crate) fn may_see(&self, store: &str) -> bool {
        self.rights.allow(Need::Read, Some(store))
    }
}

fn unavailable(error: counterfoil_store::StoreError) -> ApiError {
    tracing::error!(%error, "the database failed a read");
    ApiError::unavailable()
}
