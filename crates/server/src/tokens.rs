//! What a presented token is: every format, opened and checked for life.

use std::sync::Arc;

use crate::{door::Refused, state::State};
use counterfoil_jose::{Limits, UnixTime, b64, jwe, jws};
use counterfoil_oauth::{
    error::{ErrorCode, OAuthError},
    grants::{select, subject_for},
    introspection::{ActiveToken, InactiveReason},
    keyring::Keyring,
    model::{Api, ApiId, Client, Grant, GrantId, Revision, TokenId, User, UserStatus},
    release,
    scope::OPENID_SCOPES,
    token::{
        access_jwt::Principal,
        opaque::{self, OpaqueToken},
    },
};

/// An access token of this issuer: made by it, for this API, not expired. Whether it still lives
/// is [`live`]'s to say.
#[derive(Clone, Debug)]
pub(crate) struct AccessToken {
    pub(crate) grant: GrantId,
    pub(crate) api: Option<ApiId>,
    pub(crate) scopes: u64,
    pub(crate) revision: Revision,
    pub(crate) issued_at: UnixTime,
    pub(crate) expires_at: UnixTime,
    pub(crate) id: TokenId,
    /// Its `jti`, as the token itself has it where it has one.
    pub(crate) jti: String,
    /// Whether UserInfo is its second audience.
    pub(crate) for_userinfo: bool,
}

/// A token and what it stands on, all alive at `revision`.
#[derive(Clone, Debug)]
pub(crate) struct LiveToken {
    pub(crate) token: AccessToken,
    pub(crate) grant: Arc<Grant>,
    pub(crate) user: Option<Arc<User>>,
    pub(crate) client: Arc<Client>,
    pub(crate) revision: Revision,
}

impl AccessToken {
    fn new(token: &OpaqueToken, jti: &str, for_userinfo: bool) -> Self {
        Self {
            grant: token.grant,
            api: token.api,
            scopes: token.scopes,
            revision: token.revision,
            issued_at: token.issued_at,
            expires_at: token.expires_at(),
            id: token.id,
            jti: jti.to_owned(),
            for_userinfo,
        }
    }
}

/// Opens an access token in any of the formats that the issuer itself can read.
pub(crate) fn open(state: &State, text: &str) -> Result<AccessToken, InactiveReason> {
    if text.starts_with(opaque::PREFIX) {
        return open_opaque(state, text);
    }
    if text.starts_with("cf_") {
        return Err(InactiveReason::NotAnAccessToken);
    }
    if text.split('.').count() == JWE_PARTS {
        return open_jwe(&state.keyring(), text);
    }
    open_jwt(&state.keyring(), state.userinfo(), text)
}

/// The parts of a compact JWE: RFC 7516 §3.1.
const JWE_PARTS: usize = 5;

/// A JWE can be opened by its API alone; the issuer knows it by the sealed name in its header. The
/// name is as good as a handle: nobody else can make one, and who has it has the token.
fn open_jwe(keyring: &Keyring, text: &str) -> Result<AccessToken, InactiveReason> {
    let token = jwe::Unverified::parse(text, &Limits::DEFAULT);
    let token = token.map_err(|_| InactiveReason::Unrecognised)?;
    let jti = token.header().jti().ok_or(InactiveReason::Unrecognised)?;
    let named = keyring.read_name(jti).ok_or(InactiveReason::Unrecognised)?;
    Ok(AccessToken::new(&named, jti, false))
}

fn open_opaque(state: &State, text: &str) -> Result<AccessToken, InactiveReason> {
    let handle = opaque::Handle::parse(text).ok_or(InactiveReason::Unrecognised)?;
    let token = state.keyring().open(&handle).ok_or(InactiveReason::Unrecognised)?;
    // The outer MAC is what guards check; a token that they would refuse isn't alive here either.
    let secrets = state.api_secrets(token.api);
    handle.check(&secrets.keys.mac).ok_or(InactiveReason::Unrecognised)?;
    Ok(AccessToken::new(&token, &b64::encode(&token.id.0), token.api.is_none()))
}

fn open_jwt(keyring: &Keyring, userinfo: &str, text: &str) -> Result<AccessToken, InactiveReason> {
    let unrecognised = InactiveReason::Unrecognised;
    let token = jws::Unverified::parse(text, &Limits::DEFAULT).map_err(|_| unrecognised)?;
    let key = token.header().kid().and_then(|kid| keyring.verifying_key(kid));
    let verified = token.verify(key.ok_or(unrecognised)?).map_err(|_| unrecognised)?;
    let claims = verified.claims().map_err(|_| unrecognised)?;
    // Only an access token's name is a sealed one; ID tokens and introspection answers have none.
    let not_ours = InactiveReason::NotAnAccessToken;
    let jti = claims.string("jti").ok().flatten().ok_or(not_ours)?;
    let named = keyring.read_name(jti).ok_or(not_ours)?;
    let audience = claims.require_audience().map_err(|_| unrecognised)?;
    Ok(AccessToken::new(&named, jti, audience.contains(userinfo)))
}

/// What a token stands on, all alive.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) grant: Arc<Grant>,
    pub(crate) user: Option<Arc<User>>,
    pub(crate) client: Arc<Client>,
    revision: Revision,
}

impl Standing {
    /// The scopes of a token that stands on it.
    pub(crate) fn scopes(&self, token: &AccessToken) -> Vec<&str> {
        select(&self.grant, token.scopes)
    }
}

/// Says whether an opened token lives, and on what.
pub(crate) async fn live(
    state: &State,
    token: AccessToken,
) -> Result<Result<LiveToken, InactiveReason>, Refused> {
    let standing = standing(state, &token).await?;
    Ok(standing.map(|Standing { grant, user, client, revision }| LiveToken {
        token,
        grant,
        user,
        client,
        revision,
    }))
}

/// The same for a token that stays with its owner.
pub(crate) async fn standing(
    state: &State,
    token: &AccessToken,
) -> Result<Result<Standing, InactiveReason>, Refused> {
    // A node that has lost its database doesn't know what was revoked meanwhile.
    if !state.nodes.is_fresh(state.config.clock.boot_ms()) {
        let text = "this server has lost touch with its database; try again";
        return Err(OAuthError::new(ErrorCode::TemporarilyUnavailable, text).into());
    }
    let revision = state.revision();
    if token.expires_at <= state.now() {
        return Ok(Err(InactiveReason::Expired));
    }
    let Some(grant) = state.facts.grant(token.grant).await? else {
        return Ok(Err(InactiveReason::GrantEnded));
    };
    let alive = state
        .alive
        .is_alive(&grant, Some(token.id), token.revision, (&state.store, state.iss))
        .await?;
    if !alive {
        return Ok(Err(InactiveReason::Revoked));
    }
    let user = match grant.user {
        None => None,
        Some(id) => match state.facts.user(id).await? {
            Some(user) if user.status == UserStatus::Active => Some(user),
            _ => return Ok(Err(InactiveReason::UserNotActive)),
        },
    };
    let Some(client) = state.facts.client(grant.client).await? else {
        return Ok(Err(InactiveReason::ClientGone));
    };
    Ok(Ok(Standing { grant, user, client, revision }))
}

impl LiveToken {
    /// The token's scopes.
    pub(crate) fn scopes(&self) -> Vec<&str> {
        select(&self.grant, self.token.scopes)
    }

    /// What this API may be told: RFC 7662 §2.2.
    pub(crate) fn view(&self, state: &State, api: &Api) -> ActiveToken {
        // A scope that the API has given up since means nothing there any more.
        let own = |scope: &str| api.profile.scopes.iter().any(|own| own.name == scope);
        let kept = |scope: &&str| OPENID_SCOPES.contains(scope) || own(scope);
        let scopes: Vec<&str> = self.scopes().into_iter().filter(kept).collect();
        let (sub, principal, claims) = match &self.user {
            Some(user) => {
                let sub = subject_for(api, user, &state.keyring());
                let claims = release::to_api(&api.profile, &scopes, &user.claims).claims;
                (sub, Principal::User, claims)
            }
            None => (self.client.client_id.clone(), Principal::Service, serde_json::Map::new()),
        };
        ActiveToken {
            active: true,
            iss: state.issuer().to_owned(),
            sub,
            aud: api.resource.clone(),
            client_id: self.client.client_id.clone(),
            token_type: "Bearer",
            exp: self.token.expires_at,
            iat: self.token.issued_at,
            jti: self.token.jti.clone(),
            scope: scopes.join(" "),
            auth_time: self.grant.auth_time,
            amr: self.grant.amr.clone(),
            principal,
            cf_epoch: state.epoch(),
            cf_rev: self.revision.get(),
            cf_token_rev: self.token.revision.get(),
            cf_keys: state.api_secrets(Some(api.id)).cf_keys(&self.grant, self.token.id),
            claims,
        }
    }
}
