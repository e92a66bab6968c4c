//! Redeeming an authorization code: RFC 6749 §4.1.3, RFC 7636 §4.6, OAuth 2.1 §4.1.3.

use std::sync::Arc;

use counterfoil_jose::UnixTime;

use super::{
    plan::{Decision, IssuePlan, RefreshOut, mask},
    request::choose_api,
};
use crate::{
    client_auth::AuthenticatedClient,
    error::OAuthError,
    model::{
        Api, Batch, Change, Client, Effect, Grant, GrantId, GrantKind, GrantType, Guard, Mode,
        Reason, RefreshFamily, Revision, Session, Target, User, UserStatus,
    },
    pkce::{PkceError, PkceVerified},
    scope::{OFFLINE_ACCESS, OPENID},
    token::authorization_code::AuthorizationCode,
};

/// Seconds after which no access token issued before can still be alive: the longest lifetime a
/// profile may have (a day), and a minute for clocks.
pub const WATERMARK_SECS: i64 = 86_400 + 60;

/// What the request presents.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// As sent, if it was.
    pub redirect_uri: Option<&'a str>,
    /// As sent, if it was.
    pub code_verifier: Option<&'a str>,
    /// As sent, if it was.
    pub resource: Option<&'a str>,
}

/// What one snapshot knows about the code.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The code, opened; `None` when the text isn't a code of this issuer.
    pub code: Option<AuthorizationCode>,
    /// What a second look showed, where there was one: for an expired code, and after the batch
    /// of the first look was refused. Its guards and its insertion are the tests that nobody can
    /// race, so most codes need no other.
    pub second_look: Option<SecondLook>,
    /// The code's user.
    pub user: Option<Arc<User>>,
    /// The code's APIs, those that still exist.
    pub apis: Vec<Arc<Api>>,
    /// The revision of the snapshot.
    pub revision: Revision,
}

/// Why a redemption may have been refused.
#[derive(Clone, Debug)]
pub struct SecondLook {
    /// The grant that an earlier redemption made.
    pub redeemed: Option<Grant>,
    /// The code's session.
    pub session: Option<Session>,
}

impl Facts {
    fn redeemed(&self) -> Option<&Grant> {
        self.second_look.as_ref()?.redeemed.as_ref()
    }
}

/// A refusal, and what must be committed because of it.
#[derive(Debug)]
pub struct Refusal {
    /// What the client is told.
    pub error: OAuthError,
    /// A replay revokes what the first redemption made.
    pub batch: Batch,
}

impl From<OAuthError> for Refusal {
    fn from(error: OAuthError) -> Self {
        Self { error, batch: Batch::default() }
    }
}

/// A code that this client may redeem now: found, its own, unexpired, at the right address, with
/// its verifier. Only the checks here make one.
struct RedeemableCode<'a> {
    code: &'a AuthorizationCode,
    _pkce: PkceVerified,
}

/// Decides a redemption. `grant` is the freshly minted id of the grant to make.
///
/// # Errors
/// `invalid_grant` or `invalid_target`, with the revocation of a replay.
pub fn decide(
    client: &AuthenticatedClient,
    presented: &Presented<'_>,
    facts: &Facts,
    grant: GrantId,
    now: UnixTime,
) -> Result<Decision, Refusal> {
    let redeemable = check(client.client(), presented, facts, now)?;
    if let Some(redeemed) = facts.redeemed() {
        return Err(replay(redeemed, now));
    }
    let code = redeemable.code;
    let user = alive(code, facts, now)?;
    if facts.apis.len() != code.apis.len() {
        return Err(OAuthError::invalid_grant("an API of this code no longer exists").into());
    }
    let api = choose_api(presented.resource, &facts.apis)?;
    let granted = new_grant(client.client(), code, grant, now);
    let id_token = code.scopes.iter().any(|scope| scope == OPENID);
    let refresh =
        granted.refresh.as_ref().map(|family| RefreshOut { generation: family.generation });
    let mut batch = Batch {
        guards: vec![
            Guard::UserActive(user.id),
            Guard::ClientExists(code.client),
            Guard::SessionLive { session: code.session, user: user.id, now },
        ],
        effects: vec![Effect::InsertGrant(granted.clone())],
        changes: Vec::new(),
    };
    batch.guards.extend(code.apis.iter().map(|api| Guard::ApiExists(*api)));
    batch.effects.extend(client.effect().cloned());
    let plan = IssuePlan {
        scopes: scopes_for(&granted, api.as_deref()),
        grant: Arc::new(granted),
        user: Some(Arc::clone(user)),
        client: Arc::clone(client.client()),
        api,
        // The code was decided at an older snapshot; what changed since must outrank the token.
        revision: facts.revision,
        id_token,
        nonce: true,
        refresh,
        name_scope: true,
    };
    Ok(Decision { batch, plan })
}

fn check<'a>(
    client: &Client,
    presented: &Presented<'_>,
    facts: &'a Facts,
    now: UnixTime,
) -> Result<RedeemableCode<'a>, OAuthError> {
    // One text for unknown, foreign and expired codes: a thief learns nothing.
    let refused =
        || OAuthError::invalid_grant("the code is unknown, expired or not for this client");
    let code = facts.code.as_ref().ok_or_else(refused)?;
    if code.client != client.id {
        return Err(refused());
    }
    let _pkce =
        code.code_challenge.verify(presented.code_verifier).map_err(|error| match error {
            PkceError::Missing => OAuthError::invalid_grant("parameter `code_verifier` is missing"),
            PkceError::Malformed => {
                OAuthError::invalid_grant("`code_verifier` must be 43 to 128 unreserved characters")
            }
            PkceError::Mismatch => {
                OAuthError::invalid_grant("`code_verifier` does not fit the code challenge")
            }
        })?;
    let sent = presented.redirect_uri.map(AuthorizationCode::hash_redirect_uri);
    if sent.is_some() && code.redirect_uri.is_some() && sent != code.redirect_uri {
        return Err(OAuthError::invalid_grant(
            "`redirect_uri` is not the one of the authorization request",
        ));
    }
    // An expired code that was redeemed is still a replay, so expiry is judged afterwards.
    if code.expires_at() <= now && facts.redeemed().is_none() {
        return Err(refused());
    }
    Ok(RedeemableCode { code, _pkce })
}

/// A valid second redemption: OAuth 2.1 §4.1.3 wants what the first one got revoked. A replay with
/// a wrong verifier or client never comes this far, so a bystander can't revoke.
fn replay(redeemed: &Grant, now: UnixTime) -> Refusal {
    let error = OAuthError::invalid_grant(
        "the code was redeemed before; everything issued for it has been revoked",
    );
    if redeemed.revoked_at.is_some() {
        return error.into();
    }
    Refusal { error, batch: revoke(redeemed.id, Reason::CodeReplayed, now) }
}

/// Revokes a grant and everything that hangs on it.
#[must_use]
pub fn revoke(grant: GrantId, reason: Reason, now: UnixTime) -> Batch {
    Batch {
        guards: vec![Guard::GrantLive(grant)],
        effects: vec![Effect::RevokeGrant(grant, now)],
        changes: vec![Change {
            target: Target::Grant(grant),
            mode: Mode::Hard,
            reason,
            expires_at: Some(now.plus_secs(WATERMARK_SECS)),
        }],
    }
}

fn alive<'a>(
    code: &AuthorizationCode,
    facts: &'a Facts,
    now: UnixTime,
) -> Result<&'a Arc<User>, OAuthError> {
    let user = facts.user.as_ref().filter(|user| user.status == UserStatus::Active);
    let user = user.ok_or_else(|| OAuthError::invalid_grant("the user may no longer sign in"))?;
    let is_live = |session: &Session| session.user == code.user && session.is_live(now);
    match &facts.second_look {
        Some(look) if !look.session.as_ref().is_some_and(is_live) => {
            Err(OAuthError::invalid_grant("the sign-in behind this code has ended"))
        }
        _ => Ok(user),
    }
}

fn new_grant(client: &Client, code: &AuthorizationCode, id: GrantId, now: UnixTime) -> Grant {
    let policy = client.settings.refresh;
    let offline = code.scopes.iter().any(|scope| scope == OFFLINE_ACCESS);
    let refreshes = client.settings.grant_types.contains(&GrantType::RefreshToken)
        && (offline || policy.without_offline_access);
    let expires_at = now.plus_secs(i64::from(policy.absolute_secs));
    let idle_expires_at = now.plus_secs(i64::from(policy.idle_secs)).min(expires_at);
    Grant {
        id,
        kind: GrantKind::AuthorizationCode { code: code.id },
        user: Some(code.user),
        client: client.id,
        apis: code.apis.clone(),
        session: Some(code.session),
        scopes: code.scopes.clone(),
        auth_time: Some(code.auth_time),
        amr: code.amr.clone(),
        nonce: code.nonce.clone(),
        created_at: now,
        revoked_at: None,
        refresh: refreshes.then(|| RefreshFamily {
            generation: 1,
            recent: Vec::new(),
            idle_expires_at,
            expires_at,
        }),
    }
}

/// The scopes that a token for one API carries: that API's own, and the standard ones. Another
/// API's scopes stay behind.
pub(super) fn scopes_for(grant: &Grant, api: Option<&Api>) -> u64 {
    mask(&grant.scopes, |scope| {
        crate::scope::OPENID_SCOPES.contains(&scope)
            || api.is_some_and(|api| api.profile.scopes.iter().any(|own| own.name == scope))
    })
}
