//! Consent: what the client gets, and what each API will learn.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract,
    http::{HeaderMap, Response},
};
use counterfoil_oauth::{
    authorization::{AuthorizationRequest, Consented, Interaction, SignedIn},
    error::{ErrorCode, OAuthError},
    model::Api,
    release,
    scope::{OFFLINE_ACCESS, OPENID_SCOPES},
};

use crate::{
    browser::{self, Browser, Carried, Kind, Posted, View},
    door,
    pages::{ApiSection, Consent, ErrorKind, LearnLine, ScopeLine},
    routes::authorize::Turn,
    state::State,
};

/// Longest preview of a claim's value on the page.
const PREVIEW_CHARS_MAX: usize = 120;

pub(crate) async fn consent(
    extract::State(state): extract::State<Arc<State>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let posted = Posted::read(&state, &headers, &body, Kind::Consent);
    let Posted { form, cookies, carried } = match posted {
        Ok(posted) => posted,
        Err(refusal) => return refusal,
    };
    let params = carried.params();
    let started_at = carried.started_at();
    let turn = Turn { state: &state, headers: &headers, params: &params, started_at };
    let mut interaction = Interaction::default();
    // The answer counts for the session that the page was shown to, and for no other.
    let client = match turn.request().await {
        Some(request) => request.client.id,
        None => return turn.run(interaction, None).await,
    };
    let signed_in = match browser::signed_in(&state, &cookies, client).await {
        Ok(signed_in) => signed_in,
        Err(error) => {
            let error = door::Refused::from(error).into_oauth();
            return browser::show_error(&state, &headers, ErrorKind::Unavailable, &error);
        }
    };
    if signed_in.as_ref().is_some_and(|signed_in| carried.is_for(signed_in.session.id)) {
        interaction.consented = match form.get("decision") {
            Some("allow") => Some(Consented::Allow),
            Some("deny") => Some(Consented::Deny),
            _ => None,
        };
    }
    turn.run(interaction, signed_in).await
}

/// Shows the consent page.
pub(crate) fn page(
    turn: &Turn<'_>,
    request: &AuthorizationRequest,
    cookies: &Browser,
    signed_in: &SignedIn,
    apis: &[Arc<Api>],
) -> Response<Body> {
    let state = turn.state;
    let (name, is_new) = cookies.named(state);
    let session = Some(signed_in.session.id);
    let carried = Carried::new(Kind::Consent, turn.params, turn.started_at, session, state.now());
    let Some((interaction, csrf)) = carried.seal(state, &name) else {
        let error = OAuthError::new(ErrorCode::ServerError, "the page can't be sealed");
        return browser::show_error(state, turn.headers, ErrorKind::Internal, &error);
    };
    let own = request
        .scopes
        .iter()
        .filter(|scope| OPENID_SCOPES.contains(&scope.as_str()) && *scope != OFFLINE_ACCESS);
    let host = client_host(request);
    let page = Consent {
        client_name: &request.client.settings.client_name,
        client_uri_host: host.as_deref(),
        username: &signed_in.user.username,
        interaction: &interaction,
        csrf: &csrf,
        own: own.map(|scope| line(scope, "")).collect(),
        apis: apis.iter().map(|api| section(request, signed_in, api)).collect(),
        offline: request.scopes.iter().any(|scope| scope == OFFLINE_ACCESS),
    };
    let view = View { params: Some(turn.params), ..View::new(turn.headers) };
    let mut response = browser::show(state, &page, &view.leading_to(request.redirect_uri.as_str()));
    if is_new {
        state.cookies.set_name(response.headers_mut(), &name);
    }
    response
}

fn client_host(request: &AuthorizationRequest) -> Option<String> {
    let url = url::Url::parse(request.redirect_uri.as_str()).ok()?;
    url.host_str().map(str::to_owned)
}

fn section(request: &AuthorizationRequest, signed_in: &SignedIn, api: &Api) -> ApiSection {
    let scopes: Vec<&str> = request.scopes.iter().map(String::as_str).collect();
    let released = release::to_api(&api.profile, &scopes, &signed_in.user.claims);
    let own = api.profile.scopes.iter().filter(|scope| scopes.contains(&scope.name.as_str()));
    ApiSection {
        name: match api.profile.name.is_empty() {
            true => api.resource.clone(),
            false => api.profile.name.clone(),
        },
        resource: api.resource.clone(),
        scopes: own.map(|scope| line(&scope.name, &scope.description)).collect(),
        learns: released
            .claims
            .iter()
            .map(|(claim, value)| LearnLine { claim: claim.clone(), value_preview: preview(value) })
            .collect(),
    }
}

fn line(name: &str, description: &str) -> ScopeLine {
    ScopeLine { name: name.to_owned(), description: description.to_owned() }
}

fn preview(value: &serde_json::Value) -> Option<String> {
    let text = match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some(text.chars().take(PREVIEW_CHARS_MAX).collect())
}
