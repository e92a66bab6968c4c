//! From a decision to tokens: what was decided is data, and minting happens after the commit.

use std::sync::Arc;

use counterfoil_jose::{
    ContentEncryption, EncryptionKey, Jwk, JwsAlgorithm, UnixTime, jwe::JweHeader, jws, jwt,
};
use serde::Serialize;

use crate::{
    error::{ErrorCode, OAuthError},
    keyring::{ApiKeys, Keyring},
    model::{
        Api, Batch, ClaimMap, Client, Grant, Revision, SubjectType, Target, TokenFormat, TokenId,
        User,
    },
    release,
    scope::OPENID,
    token::{
        access_jwt::{AccessClaims, Audience, Principal},
        id_token::{self, IdClaims},
        opaque::{self, OpaqueToken},
        refresh::RefreshToken,
    },
};

/// Seconds that an access token for the issuer's own UserInfo endpoint lives.
pub const USERINFO_TOKEN_SECS: u32 = 600;

/// What was decided: guarded effects, and what to make once they are committed.
#[derive(Debug)]
pub struct Decision {
    /// To commit first. Empty when nothing is written.
    pub batch: Batch,
    /// To mint then.
    pub plan: IssuePlan,
}

/// What to make.
#[derive(Clone, Debug)]
pub struct IssuePlan {
    /// The grant that the tokens hang on, as it is after the commit.
    pub grant: Arc<Grant>,
    /// Whose, with the claims to release.
    pub user: Option<Arc<User>>,
    /// To whom.
    pub client: Arc<Client>,
    /// For which API; `None` is UserInfo.
    pub api: Option<Arc<Api>>,
    /// Which of the grant's scopes, by position.
    pub scopes: u64,
    /// The revision of the snapshot that the decision was made at.
    pub revision: Revision,
    /// Whether an ID token comes along.
    pub id_token: bool,
    /// Whether the ID token carries the request's `nonce`.
    pub nonce: bool,
    /// The refresh token to send.
    pub refresh: Option<RefreshOut>,
    /// Whether the granted scopes must be named: whenever they differ from those asked for.
    pub name_scope: bool,
}

/// A refresh token to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshOut {
    /// Which generation.
    pub generation: u32,
}

/// A successful token response: RFC 6749 §5.1.
#[derive(Serialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// Always `Bearer` until sender constraints are built.
    pub token_type: &'static str,
    /// Seconds the access token lives.
    pub expires_in: u32,
    /// The refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The ID token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// What was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

impl std::fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenResponse(expires_in {})", self.expires_in)
    }
}

/// What minting needs beside the plan.
pub struct Minting<'a> {
    /// The issuer's keys.
    pub keyring: &'a Keyring,
    /// The keys of the plan's API.
    pub api_keys: &'a ApiKeys,
    /// The epoch of the log.
    pub epoch: u64,
    /// The UserInfo endpoint, as an audience.
    pub userinfo: &'a str,
    /// The moment.
    pub now: UnixTime,
    /// Randomness for the token's nonce, from which its id is drawn.
    pub nonce: [u8; 12],
    /// Makes the `cf_keys` of a token: the API's feed keys the ids of what it stands on.
    pub cf_keys: &'a dyn Fn(&Grant, TokenId) -> String,
}

/// Everything that was made.
pub type Issued = Result<TokenResponse, OAuthError>;

/// Mints what was decided.
///
/// # Errors
/// `server_error` when the issuer lacks a key that the API's profile wants; registration refuses
/// such profiles, so this is a retired key.
pub fn mint(plan: &IssuePlan, minting: &Minting<'_>) -> Issued {
    let scopes = selected(plan);
    let lifetime_secs =
        plan.api.as_ref().map_or(USERINFO_TOKEN_SECS, |api| api.profile.lifetime_secs);
    let access_token = match plan.api.as_deref().map(|api| (api, api.profile.format)) {
        None | Some((_, TokenFormat::Opaque)) => mint_opaque(plan, minting, lifetime_secs)?,
        Some((api, TokenFormat::Jwt)) => {
            let (signer, payload, _) = access_claims(plan, api, minting, &scopes)?;
            signer.sign(&payload)
        }
        Some((api, TokenFormat::Jwe)) => {
            let (signer, payload, name) = access_claims(plan, api, minting, &scopes)?;
            encrypt(api, signer, &payload, &name)?
        }
    };
    let id_token = match (&plan.user, plan.id_token) {
        (Some(user), true) => Some(mint_id_token(plan, user, minting, &access_token)?),
        _ => None,
    };
    let refresh_token = plan.refresh.map(|out| {
        let token = RefreshToken { grant: plan.grant.id, generation: out.generation };
        token.encode(minting.keyring.issuer(), minting.keyring.refresh())
    });
    Ok(TokenResponse {
        access_token,
        token_type: "Bearer",
        expires_in: lifetime_secs,
        refresh_token,
        id_token,
        scope: (plan.name_scope && !scopes.is_empty()).then(|| scopes.join(" ")),
    })
}

/// The scopes that a mask selects from a grant.
#[must_use]
pub fn select(grant: &Grant, mask: u64) -> Vec<&str> {
    let chosen = |at: usize| at < Grant::SCOPES_MAX && (mask >> at) & 1 == 1;
    let scopes = grant.scopes.iter().enumerate();
    scopes.filter(|(at, _)| chosen(*at)).map(|(_, scope)| scope.as_str()).collect()
}

/// The mask that selects some scopes of a grant.
#[must_use]
pub(super) fn mask(grant: &[String], keep: impl Fn(&str) -> bool) -> u64 {
    let scopes = grant.iter().take(Grant::SCOPES_MAX).enumerate();
    scopes.filter(|(_, scope)| keep(scope)).fold(0, |mask, (at, _)| mask | (1 << at))
}

fn selected(plan: &IssuePlan) -> Vec<&str> {
    select(&plan.grant, plan.scopes)
}

fn unavailable(what: &str) -> OAuthError {
    OAuthError::new(ErrorCode::ServerError, what)
}

fn mint_opaque(
    plan: &IssuePlan,
    minting: &Minting<'_>,
    lifetime_secs: u32,
) -> Result<String, OAuthError> {
    let keys = minting.keyring.sealing(minting.api_keys);
    let keys = keys.ok_or_else(|| unavailable("no sealing key"))?;
    Ok(opaque::mint(&facts_of(plan, minting, lifetime_secs), minting.nonce, &keys))
}

fn facts_of(plan: &IssuePlan, minting: &Minting<'_>, lifetime_secs: u32) -> OpaqueToken {
    OpaqueToken {
        grant: plan.grant.id,
        api: plan.api.as_ref().map(|api| api.id),
        scopes: plan.scopes,
        revision: plan.revision,
        issued_at: minting.now,
        lifetime_secs,
        id: opaque::token_id(minting.nonce),
        confirmation: None,
    }
}

fn access_claims<'a>(
    plan: &IssuePlan,
    api: &Api,
    minting: &Minting<'a>,
    scopes: &[&str],
) -> Result<(&'a jws::Signer, Vec<u8>, String), OAuthError> {
    let signer = JwsAlgorithm::parse(&api.profile.alg)
        .ok()
        .and_then(|alg| minting.keyring.signer(alg, &api.profile.typ))
        .ok_or_else(|| unavailable("no active key for the API's algorithm"))?;
    let (sub, principal) = subject(plan, api, minting.keyring);
    let id = opaque::token_id(minting.nonce);
    let keys = (minting.cf_keys)(&plan.grant, id);
    let facts = facts_of(plan, minting, api.profile.lifetime_secs);
    let name = minting.keyring.name_token(&facts, minting.nonce);
    let name = name.ok_or_else(|| unavailable("no sealing key"))?;
    let released = match (&api.profile.claims_in_token, &plan.user) {
        (Some(_), Some(user)) => release::to_api(&api.profile, scopes, &user.claims).claims,
        _ => ClaimMap::new(),
    };
    let audience = if api.profile.userinfo_audience && scopes.contains(&OPENID) {
        Audience::Many([&api.resource, minting.userinfo])
    } else {
        Audience::One(&api.resource)
    };
    let claims = AccessClaims {
        iss: minting.keyring.issuer(),
        sub: &sub,
        aud: audience,
        client_id: &plan.client.client_id,
        azp: &plan.client.client_id,
        exp: minting.now.plus_secs(i64::from(api.profile.lifetime_secs)),
        iat: minting.now,
        jti: &name,
        scope: &scopes.join(" "),
        auth_time: plan.grant.auth_time,
        principal,
        cf_epoch: minting.epoch,
        cf_rev: plan.revision.get(),
        cf_keys: &keys,
        released: &released,
    };
    let payload = serde_json::to_vec(&claims).map_err(|_| unavailable("claims"))?;
    Ok((signer, payload, name))
}

/// The subject as an API sees it, and what kind of principal it is.
#[must_use]
fn subject(plan: &IssuePlan, api: &Api, keyring: &Keyring) -> (String, Principal) {
    match &plan.user {
        Some(user) => (subject_for(api, user, keyring), Principal::User),
        None => (plan.client.client_id.clone(), Principal::Service),
    }
}

/// A user's `sub` as an API sees it.
#[must_use]
pub fn subject_for(api: &Api, user: &User, keyring: &Keyring) -> String {
    match api.profile.subject_type {
        SubjectType::Public => user.sub.clone(),
        SubjectType::Pairwise => keyring.pairwise(&api.resource, &user.sub),
    }
}

fn encrypt(
    api: &Api,
    signer: &jws::Signer,
    payload: &[u8],
    name: &str,
) -> Result<String, OAuthError> {
    let jwk = api.profile.encryption_jwk.as_ref().and_then(|jwk| Jwk::from_json(jwk).ok());
    let key = jwk.and_then(|jwk| EncryptionKey::from_jwk(&jwk).ok());
    let enc = ContentEncryption::parse(&api.profile.enc).ok();
    let (Some(key), Some(enc)) = (key, enc) else {
        return Err(unavailable("the API has no usable encryption key"));
    };
    let outer = JweHeader { typ: Some(&api.profile.typ), cty: None, jti: Some(name) };
    jwt::nest(signer, payload, &key, enc, &outer).map_err(|_| unavailable("encryption failed"))
}

fn mint_id_token(
    plan: &IssuePlan,
    user: &User,
    minting: &Minting<'_>,
    access_token: &str,
) -> Result<String, OAuthError> {
    let settings = &plan.client.settings;
    let (algorithm, signer) = JwsAlgorithm::parse(&settings.id_token_signed_response_alg)
        .ok()
        .and_then(|alg| Some((alg, minting.keyring.signer(alg, "JWT")?)))
        .ok_or_else(|| unavailable("no active key for the client's ID token algorithm"))?;
    let released = if settings.strict {
        ClaimMap::new()
    } else {
        release::to_client(&selected(plan), &user.claims)
    };
    let sid = plan
        .grant
        .session
        .map(|session| minting.keyring.sid(&Target::Session(session), &plan.client.client_id));
    let claims = IdClaims {
        iss: minting.keyring.issuer(),
        sub: &user.sub,
        aud: &plan.client.client_id,
        azp: &plan.client.client_id,
        exp: minting.now.plus_secs(id_token::LIFETIME_SECS),
        iat: minting.now,
        auth_time: plan.grant.auth_time.unwrap_or(plan.grant.created_at),
        nonce: plan.grant.nonce.as_deref().filter(|_| plan.nonce),
        at_hash: Some(id_token::at_hash(access_token, algorithm)),
        amr: &plan.grant.amr,
        sid: sid.as_deref(),
        released: &released,
    };
    let payload = serde_json::to_vec(&claims).map_err(|_| unavailable("claims"))?;
    Ok(signer.sign(&payload))
}
