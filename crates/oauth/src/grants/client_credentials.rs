//! A client for itself: RFC 6749 §4.4. One standing grant per (client, API), no row per token.

use std::sync::Arc;

use super::{
    plan::{Decision, IssuePlan, mask},
    request::choose_api,
};
use crate::{
    authorization::{may_have, refuse_unbuilt},
    client_auth::AuthenticatedClient,
    error::{ErrorCode, OAuthError},
    model::{Api, Batch, Effect, Fact, Grant, GrantId, GrantKind, Guard, Revision},
    scope::OPENID_SCOPES,
};
use counterfoil_jose::UnixTime;

/// What the request presents.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// A narrower scope, if named.
    pub scope: Option<&'a [String]>,
    /// As sent, if it was.
    pub resource: Option<&'a str>,
}

/// What one snapshot knows.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The APIs that the client may ask for.
    pub apis: Vec<Arc<Api>>,
    /// The standing grant for the chosen API, if one was made.
    pub standing: Option<Arc<Grant>>,
    /// The revision of the snapshot.
    pub revision: Revision,
}

/// Chooses the API, before its standing grant is loaded.
///
/// # Errors
/// `invalid_target`; `unauthorized_client` for a public client (OAuth 2.1 §4.2).
pub fn choose(
    client: &AuthenticatedClient,
    resource: Option<&str>,
    apis: &[Arc<Api>],
) -> Result<Arc<Api>, OAuthError> {
    if !client.is_confidential() {
        return Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "`client_credentials` is for confidential clients: RFC 6749 section 4.4",
        ));
    }
    let api = choose_api(resource, apis)?.ok_or_else(|| {
        OAuthError::invalid_target("this client may not ask for any API; register one for it")
    })?;
    refuse_unbuilt(&api)?;
    Ok(api)
}

/// Decides. `new_id` mints an id where the standing grant must be made.
///
/// # Errors
/// `invalid_scope` for a scope that the client may not have.
pub fn decide(
    client: &AuthenticatedClient,
    presented: &Presented<'_>,
    facts: &Facts,
    api: &Arc<Api>,
    new_id: impl FnOnce() -> GrantId,
    now: UnixTime,
) -> Result<Decision, OAuthError> {
    let mut batch = Batch::default();
    let current = facts.standing.as_ref().filter(|standing| standing.revoked_at.is_none());
    let standing = match current {
        Some(standing) => Arc::clone(standing),
        None => {
            let made = Arc::new(standing_grant(client, api, new_id(), now));
            // The row copies the client's allowed scopes, so they must still be those.
            let (id, version) = (client.client().id, client.client().version);
            batch.guards.push(Guard::Unchanged(Fact::Client(id), version));
            batch.guards.push(Guard::ApiExists(api.id));
            batch.effects.push(Effect::InsertGrant(Grant::clone(&made)));
            made
        }
    };
    batch.effects.extend(client.effect().cloned());
    let scopes = match presented.scope {
        None => mask(&standing.scopes, |_| true),
        Some(wanted) => {
            let refused = wanted.iter().find(|scope| {
                !standing.scopes.contains(scope) && !OPENID_SCOPES.contains(&scope.as_str())
            });
            if let Some(scope) = refused {
                return Err(OAuthError::new(
                    ErrorCode::InvalidScope,
                    format!(
                        "scope `{}` is unknown at this API or not allowed for this client",
                        crate::params::shorten(scope)
                    ),
                ));
            }
            mask(&standing.scopes, |scope| wanted.iter().any(|wanted| wanted == scope))
        }
    };
    let plan = IssuePlan {
        grant: standing,
        user: None,
        client: Arc::clone(client.client()),
        api: Some(Arc::clone(api)),
        scopes,
        revision: facts.revision,
        id_token: false,
        nonce: false,
        refresh: None,
        name_scope: true,
    };
    Ok(Decision { batch, plan })
}

fn standing_grant(
    client: &AuthenticatedClient,
    api: &Arc<Api>,
    id: GrantId,
    now: UnixTime,
) -> Grant {
    let client = client.client();
    let access = client.settings.apis.iter().find(|access| access.resource == api.resource);
    let scopes = access.map(|access| access.scopes.as_slice()).unwrap_or_default();
    let apis = std::slice::from_ref(api);
    Grant {
        id,
        kind: GrantKind::ClientCredentials,
        user: None,
        client: client.id,
        apis: vec![api.id],
        session: None,
        scopes: scopes
            .iter()
            .filter(|scope| may_have(client, apis, scope))
            .take(Grant::SCOPES_MAX)
            .cloned()
            .collect(),
        auth_time: None,
        amr: Vec::new(),
        nonce: None,
        created_at: now,
        revoked_at: None,
        refresh: None,
    }
}
