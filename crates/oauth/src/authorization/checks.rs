//! The table of named checks. A reader sees on one screen what the endpoint enforces, in order;
//! each row's function is named after its parameter.

use std::sync::Arc;

use super::{
    AuthorizationError, AuthorizationRequest, AuthorizationResponse, Facts, Prompt, ResponseMode,
};
use crate::{
    error::{ErrorCode, OAuthError},
    model::{Api, Client, Grant, GrantType, SenderConstraint},
    params::{Params, shorten},
    pkce::CodeChallenge,
    redirect_uri::RegisteredRedirectUri,
    scope,
};

/// One row of the table.
#[derive(Debug)]
pub struct Check {
    /// The parameter (or rule) it is named after.
    pub name: &'static str,
    /// Where the rule stands.
    pub spec: &'static str,
    pub(super) run: Run,
}

type Run = fn(&mut Draft, &Params, &Facts<'_>) -> Result<(), OAuthError>;

/// Every check of the authorization endpoint. The first two fail on a page, never by a redirect
/// (OAuth 2.1 §4.1.2.1); `response_mode` before anything that would need one.
pub const CHECKS: [Check; 14] = [
    Check { name: "client_id", spec: "OAuth 2.1 §4.1.1", run: client_id },
    Check { name: "redirect_uri", spec: "RFC 9700 §4.1.3", run: redirect_uri },
    Check {
        name: "response_mode",
        spec: "OAuth 2.0 Multiple Response Types §2.1",
        run: response_mode,
    },
    Check { name: "state", spec: "OAuth 2.1 §4.1.1", run: state },
    Check { name: "request", spec: "OpenID Connect Core §6", run: request },
    Check { name: "response_type", spec: "OAuth 2.1 §4.1.1", run: response_type },
    Check { name: "grant_types", spec: "RFC 7591 §2", run: grant_types },
    Check { name: "code_challenge", spec: "RFC 7636 §4.3", run: code_challenge },
    Check { name: "resource", spec: "RFC 8707 §2.1", run: resource },
    Check { name: "scope", spec: "RFC 6749 §3.3", run: scope },
    Check { name: "nonce", spec: "OpenID Connect Core §3.1.2.1", run: nonce },
    Check { name: "prompt", spec: "OpenID Connect Core §3.1.2.1", run: prompt },
    Check { name: "max_age", spec: "OpenID Connect Core §3.1.2.1", run: max_age },
    Check { name: "login_hint", spec: "OpenID Connect Core §3.1.2.1", run: login_hint },
];

/// Longest `state` and `nonce`: they travel in URLs and in the ID token.
const ECHO_CHARS_MAX: usize = 2048;

/// What the checks have established so far.
#[derive(Default)]
pub(super) struct Draft {
    client: Option<Arc<Client>>,
    redirect_uri: Option<RegisteredRedirectUri>,
    redirect_uri_named: bool,
    response_mode: Option<ResponseMode>,
    state: Option<String>,
    nonce: Option<String>,
    code_challenge: Option<CodeChallenge>,
    scopes: Vec<String>,
    apis: Vec<Arc<Api>>,
    prompt: Prompt,
    max_age: Option<i64>,
    login_hint: Option<String>,
}

impl Draft {
    /// A failure before the address and the way there are known is told on a page.
    pub(super) fn refuse(
        self,
        error: OAuthError,
        params: &Params,
        facts: &Facts<'_>,
    ) -> AuthorizationError {
        let (Some(redirect_uri), Some(mode)) = (self.redirect_uri, self.response_mode) else {
            return AuthorizationError::Page(error);
        };
        let mut parameters = vec![
            ("error", error.code.as_str().to_owned()),
            ("error_description", error.description),
        ];
        if let Some(state) = params.get("state").filter(|state| state.len() <= ECHO_CHARS_MAX) {
            parameters.push(("state", state.to_owned()));
        }
        parameters.push(("iss", facts.issuer.to_owned()));
        AuthorizationError::Redirect(Box::new(AuthorizationResponse {
            redirect_uri,
            mode,
            parameters,
        }))
    }

    pub(super) fn finish(self) -> Option<AuthorizationRequest> {
        Some(AuthorizationRequest {
            client: self.client?,
            redirect_uri: self.redirect_uri?,
            redirect_uri_named: self.redirect_uri_named,
            response_mode: self.response_mode?,
            state: self.state,
            nonce: self.nonce,
            code_challenge: self.code_challenge?,
            scopes: self.scopes,
            apis: self.apis,
            prompt: self.prompt,
            max_age: self.max_age,
            login_hint: self.login_hint,
        })
    }

    fn client(&self) -> Result<&Arc<Client>, OAuthError> {
        self.client.as_ref().ok_or_else(OAuthError::invalid_client)
    }
}

fn client_id(draft: &mut Draft, params: &Params, facts: &Facts<'_>) -> Result<(), OAuthError> {
    let client_id = params
        .get("client_id")
        .ok_or_else(|| OAuthError::invalid_request("parameter `client_id` is missing"))?;
    let client = facts.client.as_ref().filter(|client| client.owner_api.is_none());
    draft.client = Some(Arc::clone(client.ok_or_else(|| {
        OAuthError::invalid_request(format!("no application has the id `{}`", shorten(client_id)))
    })?));
    Ok(())
}

fn redirect_uri(draft: &mut Draft, params: &Params, _: &Facts<'_>) -> Result<(), OAuthError> {
    let requested = params.get("redirect_uri");
    let found = RegisteredRedirectUri::find(draft.client()?, requested);
    draft.redirect_uri = Some(found.ok_or_else(|| {
        OAuthError::invalid_request(match requested {
            Some(uri) => format!(
                "redirect URI `{}` is not registered for this application; it must be one of its \
                 registered URIs, character for character",
                shorten(uri)
            ),
            None => "parameter `redirect_uri` is missing and the application has no single \
                     registered one"
                .to_owned(),
        })
    })?);
    draft.redirect_uri_named = requested.is_some();
    Ok(())
}

fn response_mode(draft: &mut Draft, params: &Params, _: &Facts<'_>) -> Result<(), OAuthError> {
    draft.response_mode = Some(match params.get("response_mode") {
        None => ResponseMode::Query,
        Some(name) => ResponseMode::parse(name).ok_or_else(|| {
            OAuthError::invalid_request(format!(
                "response mode `{}` is not supported; use `query`, `fragment` or `form_post`",
                shorten(name)
            ))
        })?,
    });
    Ok(())
}

fn state(draft: &mut Draft, params: &Params, _: &Facts<'_>) -> Result<(), OAuthError> {
    draft.state = params.get("state").map(str::to_owned);
    within_limit("state", draft.state.as_deref())
}

fn request(_: &mut Draft, params: &Params, _: &Facts<'_>) -> Result<(), OAuthError> {
    if params.get("request").is_some() {
        let text = "request objects are not supported yet; send plain parameters";
        return Err(OAuthError::new(ErrorCode::RequestNotSupported, text));
    }
    if params.get("request_uri").is_some() {
        let text = "request URIs are not supported yet; send plain parameters";
        return Err(OAuthError::new(ErrorCode::RequestUriNotSupported, text));
    }
    Ok(())
}

fn response_type(_: &mut Draft, params: &Params, _: &Facts<'_>) -> Result<(), OAuthError> {
    match params.get("response_type") {
        Some("code") => Ok(()),
        None => {
            Err(OAuthError::invalid_request("parameter `response_type` is missing; use `code`"))
        }
        Some(other) => Err(OAuthError::new(
            ErrorCode::UnsupportedResponseType,
            // RFC 9700 §2.1.2: no access token from the authorization endpoint.
            format!("response type `{}` is not supported; use `code`", shorten(other)),
        )),
    }
}

fn grant_types(draft: &mut Draft, _: &Params, _: &Facts<'_>) -> Result<(), OAuthError> {
    if draft.client()?.settings.grant_types.contains(&GrantType::AuthorizationCode) {
        return Ok(());
    }
    Err(OAuthError::new(
        ErrorCode::UnauthorizedClient,
        "this application is not registered for the grant `authorization_code`",
    ))
}

fn code_challenge(draft: &mut Draft, params: &Params, _: &Facts<'_>) -> Result<(), OAuthError> {
    // RFC 7636 §4.3: an absent method means `plain`, which is refused (RFC 9700 §2.1.1).
    match params.get("code_challenge_method") {
        Some("S256") => {}
        _ if params.get("code_challenge").is_none() => {
            return Err(OAuthError::invalid_request(
                "PKCE is required: send `code_challenge` and `code_challenge_method=S256`",
            ));
        }
        _ => {
            return Err(OAuthError::invalid_request(
                "`code_challenge_method` must be `S256`; `plain` is not supported",
            ));
        }
    }
    let challenge = params.get("code_challenge").and_then(CodeChallenge::parse);
    draft.code_challenge = Some(challenge.ok_or_else(|| {
        OAuthError::invalid_request(
            "`code_challenge` must be the base64url SHA-256 of the verifier, 43 characters",
        )
    })?);
    Ok(())
}

fn resource(draft: &mut Draft, _: &Params, facts: &Facts<'_>) -> Result<(), OAuthError> {
    let client = Arc::clone(draft.client()?);
    if facts.apis.len() > Grant::APIS_MAX {
        return Err(OAuthError::invalid_target(format!("at most {} resources", Grant::APIS_MAX)));
    }
    for resolved in facts.apis {
        let allowed =
            client.settings.apis.iter().any(|access| access.resource == resolved.resource);
        let api = resolved.api.as_ref().filter(|_| allowed).ok_or_else(|| {
            OAuthError::invalid_target(format!(
                "resource `{}` is unknown or this application may not ask for it",
                shorten(&resolved.resource)
            ))
        })?;
        refuse_unbuilt(api)?;
        draft.apis.push(Arc::clone(api));
    }
    Ok(())
}

/// Sender-constrained tokens aren't built yet, and a bearer token in their place would be a lie.
pub(crate) fn refuse_unbuilt(api: &Api) -> Result<(), OAuthError> {
    if api.profile.sender_constraint == SenderConstraint::None {
        return Ok(());
    }
    Err(OAuthError::invalid_target("this API wants sender-constrained tokens: not supported yet"))
}

fn scope(draft: &mut Draft, params: &Params, _: &Facts<'_>) -> Result<(), OAuthError> {
    let Some(requested) = scope::parse(params.get("scope").unwrap_or_default()) else {
        return Err(OAuthError::new(
            ErrorCode::InvalidScope,
            format!(
                "`scope` holds a character that scopes can't have, or more than {} scopes",
                scope::SCOPES_MAX
            ),
        ));
    };
    // OpenID Connect Core §3.1.2.1: scopes that aren't understood are ignored; the token response
    // names the granted ones.
    let client = draft.client()?;
    let scopes = requested.into_iter().filter(|scope| may_have(client, &draft.apis, scope));
    draft.scopes = scopes.collect();
    Ok(())
}

/// Whether a client may have a scope: a standard one it is registered for, or one of an API's.
pub(crate) fn may_have(client: &Client, apis: &[Arc<Api>], scope: &str) -> bool {
    if scope::OPENID_SCOPES.contains(&scope) {
        return client.settings.scopes.iter().any(|allowed| allowed == scope);
    }
    apis.iter().any(|api| {
        let access = client.settings.apis.iter().find(|access| access.resource == api.resource);
        api.profile.scopes.iter().any(|own| own.name == scope)
            && access.is_some_and(|access| access.scopes.iter().any(|allowed| allowed == scope))
    })
}

fn nonce(draft: &mut Draft, params: &Params, _: &Facts<'_>) -> Result<(), OAuthError> {
    draft.nonce = params.get("nonce").map(str::to_owned);
    within_limit("nonce", draft.nonce.as_deref())
}

fn prompt(draft: &mut Draft, params: &Params, _: &Facts<'_>) -> Result<(), OAuthError> {
    let mut values = 0;
    for value in params.get("prompt").unwrap_or_default().split(' ').filter(|v| !v.is_empty()) {
        values += 1;
        match value {
            "none" => draft.prompt.none = true,
            "login" => draft.prompt.login = true,
            "consent" => draft.prompt.consent = true,
            "select_account" => draft.prompt.select_account = true,
            other => {
                return Err(OAuthError::invalid_request(format!(
                    "prompt `{}` is not supported; use `none`, `login`, `consent` or \
                     `select_account`",
                    shorten(other)
                )));
            }
        }
    }
    if draft.prompt.none && values > 1 {
        return Err(OAuthError::invalid_request("prompt `none` can't be combined with another"));
    }
    Ok(())
}

fn max_age(draft: &mut Draft, params: &Params, _: &Facts<'_>) -> Result<(), OAuthError> {
    draft.max_age = match params.get("max_age") {
        None => draft.client()?.settings.default_max_age.map(i64::from),
        Some(text) => Some(i64::from(text.parse::<u32>().map_err(|_| {
            OAuthError::invalid_request("`max_age` must be a whole number of seconds, 0 or more")
        })?)),
    };
    Ok(())
}

fn login_hint(draft: &mut Draft, params: &Params, _: &Facts<'_>) -> Result<(), OAuthError> {
    // A hint must not cause an error: an absurd one is dropped.
    const HINT_CHARS_MAX: usize = 256;
    let hint = params.get("login_hint").filter(|hint| hint.len() <= HINT_CHARS_MAX);
    draft.login_hint = hint.map(str::to_owned);
    Ok(())
}

fn within_limit(name: &str, value: Option<&str>) -> Result<(), OAuthError> {
    if value.is_some_and(|value| value.len() > ECHO_CHARS_MAX) {
        return Err(OAuthError::invalid_request(format!(
            "`{name}` is longer than {ECHO_CHARS_MAX} characters"
        )));
    }
    Ok(())
}
