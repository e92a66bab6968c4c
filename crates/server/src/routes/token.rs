//! The token endpoint: door, parse, load, decide, commit, render.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract,
    http::{HeaderMap, HeaderValue, Response, header},
};
use counterfoil_oauth::{
    client_auth::{AssertionContext, AuthenticatedClient, PresentedClient, authenticate},
    error::OAuthError,
    grants::{
        Decision, IssuePlan, Minting, TokenRequest, TokenResponse,
        authorization_code::{self, Refusal},
        client_credentials, mint, refresh_token,
    },
    model::{Api, ApiId, Client, GrantId},
    token::{authorization_code::AuthorizationCode, refresh::RefreshToken},
};
use counterfoil_store::CommitError;

use crate::{
    door::{self, Refused},
    state::State,
};

/// How often a decision is made anew after it lost a race. Twice is already rare: the second
/// decision sees what the winner did.
const ATTEMPTS: usize = 4;

/// The same for a refresh. Each lost race means that another request moved the family on; losing
/// this often takes more simultaneous refreshes of one family than an honest client ever makes.
const REFRESH_ATTEMPTS: usize = 64;

pub(crate) async fn token(
    extract::State(state): extract::State<Arc<State>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let by_header = headers.contains_key(header::AUTHORIZATION);
    let mut response = match answer(&state, &headers, &body).await {
        Ok(tokens) => door::json_no_store(200, &tokens),
        Err(refused) => door::oauth_error(&refused.into_oauth(), by_header),
    };
    allow_origin(&state, &headers, &mut response);
    response
}

/// Answers a CORS preflight: browser applications call the token endpoint themselves.
pub(crate) async fn preflight(
    extract::State(state): extract::State<Arc<State>>,
    headers: HeaderMap,
) -> Response<Body> {
    let mut response = door::no_content(204);
    allow_origin(&state, &headers, &mut response);
    let allowed = response.headers_mut();
    let list = HeaderValue::from_static("authorization, content-type");
    allowed.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, list);
    let methods = HeaderValue::from_static("GET, POST");
    allowed.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    allowed.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

/// CORS without credentials: cookies are never sent, and every request must prove its client or
/// bring its token, so naming the asking origin gives nothing away.
pub(crate) fn allow_origin(_: &State, headers: &HeaderMap, response: &mut Response<Body>) {
    if let Some(origin) = headers.get(header::ORIGIN) {
        let allowed = response.headers_mut();
        allowed.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        allowed.insert(header::VARY, HeaderValue::from_static("Origin"));
        let exposed = HeaderValue::from_static("www-authenticate, retry-after");
        allowed.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
}

async fn answer(
    state: &Arc<State>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<TokenResponse, Refused> {
    let params = door::form(headers, body)?;
    let presented = PresentedClient::parse(door::authorization(headers)?, &params)?;
    let client = prove(state, &presented).await?;
    let request = TokenRequest::parse(&params, &client)?;
    let plan = match &request {
        TokenRequest::AuthorizationCode { .. } => redeem(state, &client, &request).await?,
        TokenRequest::RefreshToken { .. } => refresh(state, &client, &request).await?,
        TokenRequest::ClientCredentials { scope, resource } => {
            let presented = client_credentials::Presented {
                scope: scope.as_deref(),
                resource: resource.as_deref(),
            };
            credentials(state, &client, &presented).await?
        }
    };
    state.metrics.token_issued(&request, &plan);
    Ok(mint_plan(state, &plan)?)
}

/// Proves the client of a request.
pub(crate) async fn prove(
    state: &State,
    presented: &PresentedClient,
) -> Result<AuthenticatedClient, Refused> {
    let client = state.facts.client_by_client_id(&presented.client_id).await?;
    let context = AssertionContext {
        issuer: state.issuer(),
        token_endpoint: state.token_endpoint(),
        now: state.now(),
    };
    authenticate(presented, client, &context).map_err(|cause| {
        tracing::info!(client_id = %presented.client_id, ?cause, "client authentication failed");
        Refused::Protocol(OAuthError::invalid_client())
    })
}

/// Mints what was decided and committed.
pub(crate) fn mint_plan(state: &State, plan: &IssuePlan) -> Result<TokenResponse, OAuthError> {
    let secrets = state.api_secrets(plan.api.as_ref().map(|api| api.id));
    let minting = Minting {
        keyring: &state.keyring(),
        api_keys: &secrets.keys,
        epoch: state.epoch(),
        userinfo: state.userinfo(),
        now: state.now(),
        nonce: state.random(),
        cf_keys: &|grant, token| secrets.cf_keys(grant, token),
    };
    mint(plan, &minting)
}

fn new_grant_id(state: &State) -> GrantId {
    GrantId::mint(state.now_ms(), &mut counterfoil_jose::crypto::SystemRng)
}

/// Commits a decision. `None`: it lost a race and must be made anew.
async fn commit(state: &State, decision: Decision) -> Result<Option<IssuePlan>, Refused> {
    if decision.batch.effects.is_empty() {
        return Ok(Some(decision.plan));
    }
    match state.commit(decision.batch).await {
        Ok(_) => Ok(Some(decision.plan)),
        Err(CommitError::Conflict(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A refusal that must write, such as the revocation of a replayed code, has written before it is
/// told.
async fn refuse(state: &State, refusal: Refusal) -> Refused {
    if !refusal.batch.effects.is_empty() {
        match state.commit(refusal.batch).await {
            // Somebody else has revoked it already.
            Ok(_) | Err(CommitError::Conflict(_)) => {}
            Err(error) => return error.into(),
        }
    }
    refusal.error.into()
}

fn gave_up() -> Refused {
    Refused::Protocol(OAuthError::new(
        counterfoil_oauth::error::ErrorCode::TemporarilyUnavailable,
        "too many requests for the same grant at once; try again",
    ))
}

async fn redeem(
    state: &State,
    client: &AuthenticatedClient,
    request: &TokenRequest,
) -> Result<IssuePlan, Refused> {
    let TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier, resource } = request
    else {
        return Err(gave_up());
    };
    let presented = authorization_code::Presented {
        redirect_uri: redirect_uri.as_deref(),
        code_verifier: code_verifier.as_deref(),
        resource: resource.as_deref(),
    };
    let code = state.keyring().open_code::<AuthorizationCode>(code);
    for attempt in 0..ATTEMPTS {
        let facts = code_facts(state, code.clone(), attempt > 0).await?;
        let now = state.now();
        let grant = new_grant_id(state);
        match authorization_code::decide(client, &presented, &facts, grant, now) {
            Ok(decision) => {
                if let Some(plan) = commit(state, decision).await? {
                    return Ok(plan);
                }
            }
            Err(refusal) => return Err(refuse(state, refusal).await),
        }
    }
    Err(gave_up())
}

/// Loads what the decision needs: after a conflict, why there was one.
async fn code_facts(
    state: &State,
    code: Option<AuthorizationCode>,
    after_conflict: bool,
) -> Result<authorization_code::Facts, Refused> {
    let revision = state.revision();
    let mut facts = authorization_code::Facts {
        code,
        second_look: None,
        user: None,
        apis: Vec::new(),
        revision,
    };
    let Some(code) = &facts.code else { return Ok(facts) };
    let expired = code.expires_at() <= state.now();
    if after_conflict || expired {
        facts.second_look = Some(authorization_code::SecondLook {
            redeemed: state.store.grant_by_code(state.iss, &code.id).await?.value,
            session: state.store.session(state.iss, code.session).await?.value,
        });
    }
    facts.user = state.facts.user(code.user).await?;
    facts.apis = load_apis(state, &code.apis).await?;
    Ok(facts)
}

async fn load_apis(state: &State, ids: &[ApiId]) -> Result<Vec<Arc<Api>>, Refused> {
    let mut apis = Vec::with_capacity(ids.len());
    for id in ids {
        apis.extend(state.facts.api(*id).await?);
    }
    Ok(apis)
}

async fn refresh(
    state: &State,
    client: &AuthenticatedClient,
    request: &TokenRequest,
) -> Result<IssuePlan, Refused> {
    let TokenRequest::RefreshToken { refresh_token, scope, resource } = request else {
        return Err(gave_up());
    };
    let presented =
        refresh_token::Presented { scope: scope.as_deref(), resource: resource.as_deref() };
    let keyring = state.keyring();
    let token = RefreshToken::parse(refresh_token, state.issuer(), keyring.refresh());
    for _ in 0..REFRESH_ATTEMPTS {
        let facts = refresh_facts(state, token).await?;
        match refresh_token::decide(client, &presented, &facts, state.now()) {
            Ok(decision) => {
                if let Some(plan) = commit(state, decision).await? {
                    return Ok(plan);
                }
            }
            Err(refusal) => return Err(refuse(state, refusal).await),
        }
    }
    Err(gave_up())
}

async fn refresh_facts(
    state: &State,
    token: Option<RefreshToken>,
) -> Result<refresh_token::Facts, Refused> {
    let revision = state.revision();
    let grant = match &token {
        Some(token) => state.facts.grant_now(token.grant).await?,
        None => None,
    };
    let mut facts = refresh_token::Facts {
        token,
        grant: None,
        user: None,
        session: None,
        apis: Vec::new(),
        revision,
    };
    let Some(grant) = grant else { return Ok(facts) };
    if let Some(user) = grant.user {
        facts.user = state.facts.user(user).await?;
    }
    if let Some(session) = grant.session {
        facts.session = state.store.session(state.iss, session).await?.value;
    }
    facts.apis = load_apis(state, &grant.apis).await?;
    facts.grant = Some(grant);
    Ok(facts)
}

async fn credentials(
    state: &State,
    client: &AuthenticatedClient,
    presented: &client_credentials::Presented<'_>,
) -> Result<IssuePlan, Refused> {
    for _ in 0..ATTEMPTS {
        let revision = state.revision();
        let apis = allowed_apis(state, client.client(), presented.resource).await?;
        let api = client_credentials::choose(client, presented.resource, &apis)?;
        let standing = state.facts.standing(client.client().id, api.id).await?;
        let facts = client_credentials::Facts { apis, standing, revision };
        let new_id = || new_grant_id(state);
        let decision =
            client_credentials::decide(client, presented, &facts, &api, new_id, state.now())?;
        if let Some(plan) = commit(state, decision).await? {
            return Ok(plan);
        }
    }
    Err(gave_up())
}

/// The APIs a client may ask for, the named one alone where one is named.
async fn allowed_apis(
    state: &State,
    client: &Client,
    resource: Option<&str>,
) -> Result<Vec<Arc<Api>>, Refused> {
    let mut apis = Vec::new();
    let wanted = client
        .settings
        .apis
        .iter()
        .filter(|access| resource.is_none_or(|resource| resource == access.resource));
    for access in wanted {
        apis.extend(state.facts.api_by_resource(&access.resource).await?);
    }
    Ok(apis)
}
