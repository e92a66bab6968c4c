//! Refreshing: rotation with reuse detection and a grace window that returns the same successor.

use std::sync::Arc;

use counterfoil_jose::UnixTime;

use super::{
    authorization_code::{Refusal, revoke, scopes_for},
    plan::{Decision, IssuePlan, RefreshOut, mask, select},
    request::choose_api,
};
use crate::{
    client_auth::AuthenticatedClient,
    error::{ErrorCode, OAuthError},
    model::{
        Api, Batch, Client, Effect, Grant, Guard, Reason, RefreshFamily, Revision, Rotation,
        Session, User, UserStatus,
    },
    scope::{OFFLINE_ACCESS, OPENID},
    token::refresh::{GRACE_SECS, RefreshToken},
};

/// Most uses remembered within the grace window. A client that rotates faster keeps its present
/// token until the window has moved on: nothing is lost and the row stays small.
pub const RECENT_MAX: usize = 16;

/// What the request presents.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// A narrower scope, if named.
    pub scope: Option<&'a [String]>,
    /// As sent, if it was.
    pub resource: Option<&'a str>,
}

/// What one snapshot knows about the token.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The token, checked to be ours; `None` when it isn't.
    pub token: Option<RefreshToken>,
    /// Its grant.
    pub grant: Option<Arc<Grant>>,
    /// The grant's user.
    pub user: Option<Arc<User>>,
    /// The grant's session.
    pub session: Option<Session>,
    /// The grant's APIs, those that still exist.
    pub apis: Vec<Arc<Api>>,
    /// The revision of the snapshot.
    pub revision: Revision,
}

/// What presenting this generation means.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Use {
    /// The newest token: the family moves on to this.
    Rotate(RefreshFamily),
    /// The newest token of a client that doesn't rotate, or that rotates too fast.
    Keep(RefreshFamily),
    /// A token that was rotated away moments ago: the same successor again.
    Repeat(u32),
    /// A token that was rotated away long ago: somebody has stolen one of the two.
    Reuse,
    /// A generation that was never issued.
    Unknown,
}

/// Decides a refresh.
///
/// # Errors
/// `invalid_grant`, `invalid_scope` or `invalid_target`; reuse revokes the family.
pub fn decide(
    client: &AuthenticatedClient,
    presented: &Presented<'_>,
    facts: &Facts,
    now: UnixTime,
) -> Result<Decision, Refusal> {
    let (token, grant, family) = check(client, facts, now)?;
    let usage = judge(family, token.generation, client, now);
    if usage == Use::Reuse {
        let error = OAuthError::invalid_grant(
            "the refresh token was used before; its whole family has been revoked",
        );
        return Err(Refusal { error, batch: revoke(grant.id, Reason::RefreshReused, now) });
    }
    let user = alive(grant, facts, now)?;
    let api = choose_api(presented.resource, &facts.apis)?;
    still_allowed(client.client(), api.as_deref())?;
    let available = scopes_for(grant, api.as_deref());
    let scopes = narrow(grant, available, presented.scope)?;
    let mut batch = guards(grant, user, facts);
    let generation = match usage {
        Use::Rotate(to) | Use::Keep(to) => {
            let generation = to.generation;
            if to != *family {
                batch.effects.push(Effect::RotateRefresh {
                    grant: grant.id,
                    from: family.generation,
                    to,
                });
            }
            generation
        }
        Use::Repeat(successor) => successor,
        Use::Reuse | Use::Unknown => {
            return Err(OAuthError::invalid_grant("the refresh token is unknown").into());
        }
    };
    batch.effects.extend(client.effect().cloned());
    let plan = IssuePlan {
        id_token: select(grant, scopes).contains(&OPENID),
        grant: Arc::clone(grant),
        user: Some(Arc::clone(user)),
        client: Arc::clone(client.client()),
        api,
        scopes,
        revision: facts.revision,
        // OpenID Connect Core §12.2: normally no `nonce` after a refresh.
        nonce: false,
        refresh: Some(RefreshOut { generation }),
        name_scope: true,
    };
    Ok(Decision { batch, plan })
}

fn check<'a>(
    client: &AuthenticatedClient,
    facts: &'a Facts,
    now: UnixTime,
) -> Result<(RefreshToken, &'a Arc<Grant>, &'a RefreshFamily), OAuthError> {
    let refused = || {
        OAuthError::invalid_grant(
            "the refresh token is unknown, revoked, expired or not for this client",
        )
    };
    let token = facts.token.ok_or_else(refused)?;
    let grant = facts.grant.as_ref().ok_or_else(refused)?;
    let family = grant.refresh.as_ref().ok_or_else(refused)?;
    let over = grant.client != client.client().id
        || grant.revoked_at.is_some()
        || family.expires_at <= now
        || family.idle_expires_at <= now;
    if over { Err(refused()) } else { Ok((token, grant, family)) }
}

fn judge(
    family: &RefreshFamily,
    generation: u32,
    client: &AuthenticatedClient,
    now: UnixTime,
) -> Use {
    let policy = client.client().settings.refresh;
    let idle = now.plus_secs(i64::from(policy.idle_secs)).min(family.expires_at);
    let mut recent = family.recent.clone();
    recent.retain(|rotation| now.since(rotation.at) <= GRACE_SECS);
    if generation == family.generation {
        let keep = !policy.rotate || recent.len() >= RECENT_MAX || generation == u32::MAX;
        if keep {
            return Use::Keep(RefreshFamily { idle_expires_at: idle, ..family.clone() });
        }
        recent.push(Rotation { generation, at: now });
        return Use::Rotate(RefreshFamily {
            generation: generation + 1,
            recent,
            idle_expires_at: idle,
            expires_at: family.expires_at,
        });
    }
    if generation == 0 || generation > family.generation {
        return Use::Unknown;
    }
    if recent.iter().any(|rotation| rotation.generation == generation) {
        return Use::Repeat(generation + 1);
    }
    Use::Reuse
}

fn alive<'a>(grant: &Grant, facts: &'a Facts, now: UnixTime) -> Result<&'a Arc<User>, OAuthError> {
    let user = facts.user.as_ref().filter(|user| user.status == UserStatus::Active);
    let user = user.ok_or_else(|| OAuthError::invalid_grant("the user may no longer sign in"))?;
    let offline = grant.scopes.iter().any(|scope| scope == OFFLINE_ACCESS);
    // OpenID Connect Core §11: `offline_access` outlives the session, others end with it.
    let session_ok = offline || facts.session.as_ref().is_some_and(|session| session.is_live(now));
    if !session_ok {
        return Err(OAuthError::invalid_grant("the sign-in behind this grant has ended"));
    }
    if facts.apis.len() != grant.apis.len() {
        return Err(OAuthError::invalid_grant("an API of this grant no longer exists"));
    }
    Ok(user)
}

/// What an administrator has taken from a client, its old refresh tokens don't bring back.
fn still_allowed(client: &Client, api: Option<&Api>) -> Result<(), OAuthError> {
    let allowed = api.is_none_or(|api| {
        client.settings.apis.iter().any(|access| access.resource == api.resource)
    });
    match allowed {
        true => Ok(()),
        false => Err(OAuthError::invalid_target("this client may no longer ask for that API")),
    }
}

fn guards(grant: &Grant, user: &User, facts: &Facts) -> Batch {
    let mut guards = vec![Guard::UserActive(user.id), Guard::GrantLive(grant.id)];
    guards.push(Guard::ClientExists(grant.client));
    guards.extend(facts.apis.iter().map(|api| Guard::ApiExists(api.id)));
    Batch { guards, ..Batch::default() }
}

/// RFC 6749 §6: a request may narrow the scope, never widen it.
fn narrow(grant: &Grant, available: u64, wanted: Option<&[String]>) -> Result<u64, OAuthError> {
    let Some(wanted) = wanted else { return Ok(available) };
    let chosen = mask(&grant.scopes, |scope| wanted.iter().any(|wanted| wanted == scope));
    let all_known = wanted.iter().all(|wanted| grant.scopes.contains(wanted));
    if !all_known || chosen & !available != 0 {
        return Err(OAuthError::new(
            ErrorCode::InvalidScope,
            "a refresh may narrow the granted scope, not widen it",
        ));
    }
    Ok(chosen)
}
