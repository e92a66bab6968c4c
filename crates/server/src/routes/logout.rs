//! RP-initiated logout: OpenID Connect RP-Initiated Logout 1.0.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract,
    http::{HeaderMap, Method, Response, Uri},
};
use counterfoil_jose::{Limits, jws};
use counterfoil_oauth::{
    error::{ErrorCode, OAuthError},
    grants::authorization_code::WATERMARK_SECS,
    model::{Batch, Change, Client, Effect, Mode, Reason, Session, Target},
    params::Params,
};

use crate::{
    browser::{self, Carried, Kind, Posted, View, session_digest},
    door::{self, Refused},
    pages::{ErrorKind, LogoutConfirm, SignedOut},
    state::State,
};

pub(crate) async fn logout(
    extract::State(state): extract::State<Arc<State>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let params = match door::query_or_form(&method, uri.query(), &headers, &body) {
        Ok(params) => params,
        Err(error) => return browser::show_error(&state, &headers, ErrorKind::Request, &error),
    };
    let confirmed = method == Method::POST && params.get("interaction").is_some();
    let result = if confirmed {
        confirm(&state, &headers, params).await
    } else {
        ask_or_end(&state, &headers, &params).await
    };
    result.unwrap_or_else(|refused| {
        browser::show_error(&state, &headers, ErrorKind::Unavailable, &refused.into_oauth())
    })
}

/// The confirmation came back.
async fn confirm(
    state: &Arc<State>,
    headers: &HeaderMap,
    form: Params,
) -> Result<Response<Body>, Refused> {
    let carried = match Posted::of(state, headers, form, Kind::Logout) {
        Ok(posted) => posted.carried,
        Err(refusal) => return Ok(refusal),
    };
    let request = LogoutRequest::read(state, &carried.params()).await?;
    let session = current(state, headers).await?.filter(|session| carried.is_for(session.id));
    end(state, headers, &request, session).await
}

async fn ask_or_end(
    state: &Arc<State>,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Response<Body>, Refused> {
    let request = LogoutRequest::read(state, params).await?;
    let Some(session) = current(state, headers).await? else {
        // Already signed out is no error.
        return end(state, headers, &request, None).await;
    };
    if request.is_about(state, &session) {
        return end(state, headers, &request, Some(session)).await;
    }
    // RP-Initiated Logout §2: without a hint for this session the user must be asked, or a bare
    // link could sign people out.
    ask(state, headers, params, &request, &session).await
}

async fn ask(
    state: &Arc<State>,
    headers: &HeaderMap,
    params: &Params,
    request: &LogoutRequest,
    session: &Session,
) -> Result<Response<Body>, Refused> {
    let cookies = state.cookies.read(headers);
    let (name, is_new) = cookies.named(state);
    let now = state.now();
    let carried = Carried::new(Kind::Logout, params, now, Some(session.id), now);
    let (interaction, csrf) = carried
        .seal(state, &name)
        .ok_or_else(|| OAuthError::new(ErrorCode::ServerError, "the page can't be sealed"))?;
    let user = state.facts.user(session.user).await?;
    let page = LogoutConfirm {
        client_name: request.client.as_ref().map(|c| c.settings.client_name.as_str()),
        username: user.as_ref().map_or("", |user| user.username.as_str()),
        interaction: &interaction,
        csrf: &csrf,
    };
    let mut view = View { params: Some(params), ..View::new(headers) };
    if let Some(uri) = &request.return_to {
        view = view.leading_to(uri);
    }
    let mut response = browser::show(state, &page, &view);
    if is_new {
        state.cookies.set_name(response.headers_mut(), &name);
    }
    Ok(response)
}

/// Ends the session with everything that hangs on it, then sends the browser on.
async fn end(
    state: &Arc<State>,
    headers: &HeaderMap,
    request: &LogoutRequest,
    session: Option<Session>,
) -> Result<Response<Body>, Refused> {
    if let Some(session) = session {
        let now = state.now();
        let change = Change {
            target: Target::Session(session.id),
            mode: Mode::Hard,
            reason: Reason::LoggedOut,
            expires_at: Some(now.plus_secs(WATERMARK_SECS)),
        };
        let effects = vec![
            Effect::EndSession(session.id, now),
            Effect::RevokeGrantsOfSession(session.id, now),
        ];
        state.commit(Batch { guards: Vec::new(), effects, changes: vec![change] }).await?;
    }
    let mut response = match &request.return_to {
        Some(uri) => door::see_other(uri),
        None => {
            let home = request.client.as_ref().and_then(|client| home_of(client));
            browser::show(state, &SignedOut { return_uri: home.as_deref() }, &View::new(headers))
        }
    };
    state.cookies.clear_session(response.headers_mut());
    Ok(response)
}

/// Where a client lives, judged by where it lets people be sent.
fn home_of(client: &Client) -> Option<String> {
    let first = client.settings.redirect_uris.first()?;
    let url = url::Url::parse(first).ok()?;
    url.origin().is_tuple().then(|| url.origin().ascii_serialization())
}

async fn current(state: &State, headers: &HeaderMap) -> Result<Option<Session>, Refused> {
    let cookies = state.cookies.read(headers);
    let Some(cookie) = cookies.session() else { return Ok(None) };
    let session = state.store.session_by_cookie(state.iss, &session_digest(cookie)).await?.value;
    Ok(session.filter(|session| session.ended_at.is_none()))
}

/// What a logout request says, checked.
struct LogoutRequest {
    client: Option<Arc<Client>>,
    /// `sid` of the hint, which this issuer signed.
    hinted: Option<String>,
    /// A registered address, with `state` attached; only for a client that is known.
    return_to: Option<String>,
}

impl LogoutRequest {
    async fn read(state: &State, params: &Params) -> Result<Self, Refused> {
        let hint = params.get("id_token_hint").and_then(|hint| read_hint(state, hint));
        let named = params.get("client_id");
        let audience = hint.as_ref().map(|hint| hint.aud.as_str());
        if let (Some(named), Some(audience)) = (named, audience)
            && named != audience
        {
            return Err(OAuthError::invalid_request("`client_id` is not the hint's").into());
        }
        let client = match named.or(audience) {
            Some(client_id) => state.facts.client_by_client_id(client_id).await?,
            None => None,
        };
        let return_to = params.get("post_logout_redirect_uri").and_then(|uri| {
            let registered = &client.as_ref()?.settings.post_logout_redirect_uris;
            registered.iter().any(|known| known == uri).then(|| with_state(uri, params))
        });
        if params.get("post_logout_redirect_uri").is_some() && return_to.is_none() {
            // An erroneous request never redirects; signing out still works without it.
            tracing::info!("a logout named an unregistered post_logout_redirect_uri");
        }
        Ok(Self { client, hinted: hint.and_then(|hint| hint.sid), return_to })
    }

    /// Whether the hint is for this very session.
    fn is_about(&self, state: &State, session: &Session) -> bool {
        let (Some(client), Some(hinted)) = (&self.client, &self.hinted) else { return false };
        let sid = state.keyring().sid(&Target::Session(session.id), &client.client_id);
        counterfoil_jose::crypto::ct_eq(sid.as_bytes(), hinted.as_bytes())
    }
}

struct Hint {
    aud: String,
    sid: Option<String>,
}

/// An expired hint is fine: RP-Initiated Logout §2. Its signature must be ours.
fn read_hint(state: &State, hint: &str) -> Option<Hint> {
    let token = jws::Unverified::parse(hint, &Limits::DEFAULT).ok()?;
    let keyring = state.keyring();
    let key = token.header().kid().and_then(|kid| keyring.verifying_key(kid))?;
    let verified = token.verify(key).ok()?;
    let claims = verified.claims().ok()?;
    if claims.string("iss").ok()? != Some(state.issuer()) {
        return None;
    }
    let aud = claims.audience().ok()??.single()?.to_owned();
    Some(Hint { aud, sid: claims.string("sid").ok()?.map(str::to_owned) })
}

fn with_state(uri: &str, params: &Params) -> String {
    match params.get("state") {
        None => uri.to_owned(),
        Some(state) => {
            let joint = if uri.contains('?') { '&' } else { '?' };
            let pair = form_urlencoded::Serializer::new(String::new())
                .append_pair("state", state)
                .finish();
            format!("{uri}{joint}{pair}")
        }
    }
}
