//! What a client's settings must satisfy beyond their schema.

use std::sync::Arc;

use counterfoil_jose::{Jwk, JwsAlgorithm, VerifyingKey};
use counterfoil_oauth::{
    model::{Api, ApiAccess, ClientAuthMethod, ClientSettings, Grant, GrantType, Guard},
    redirect_uri::check_registration,
    scope::is_scope_token,
};
use serde_json::{Map, Value};

use crate::{
    admin::{problem::Problem, suggest},
    state::State,
};

/// Settings that may be stored, and what they rely on. Only [`Checked::read`] makes one.
pub(super) struct Checked {
    pub(super) settings: ClientSettings,
    /// The APIs that must still exist at the commit.
    pub(super) guards: Vec<Guard>,
}

impl Checked {
    /// Checks a document that has passed its schema. `stored` are the settings it replaces: what
    /// was registered before isn't held against a later change of something else.
    pub(super) async fn read(
        state: &State,
        document: Map<String, Value>,
        stored: Option<&ClientSettings>,
    ) -> Result<Self, Problem> {
        let settings: ClientSettings = serde_json::from_value(Value::Object(document))
            .map_err(|error| Problem::member("", format!("the settings don't fit: {error}")))?;
        check_text("/client_name", &settings.client_name)?;
        check_grants(&settings)?;
        check_uris(&settings)?;
        check_keys(&settings)?;
        check_algorithm(state, &settings)?;
        if settings.refresh.absolute_secs < settings.refresh.idle_secs {
            let detail = "must be at least `idle_secs`";
            return Err(Problem::member("/refresh/absolute_secs", detail));
        }
        let guards = check_apis(state, &settings, stored).await?;
        Ok(Self { settings, guards })
    }
}

/// What an API's own client must keep to: it introspects and follows the feed, and gets no tokens.
pub(super) fn check_own(settings: &ClientSettings) -> Result<(), Problem> {
    if settings.token_endpoint_auth_method == ClientAuthMethod::None {
        let detail = "an API's own client is confidential";
        return Err(Problem::member("/token_endpoint_auth_method", detail));
    }
    let empty = [
        ("/grant_types", settings.grant_types.is_empty()),
        ("/apis", settings.apis.is_empty()),
        ("/scopes", settings.scopes.is_empty()),
        ("/redirect_uris", settings.redirect_uris.is_empty()),
    ];
    match empty.into_iter().find(|(_, empty)| !empty) {
        Some((pointer, _)) => {
            let detail = "an API's own client gets no tokens; register another client for that";
            Err(Problem::member(pointer, detail))
        }
        None => Ok(()),
    }
}

/// What people read must be readable and must not rearrange what stands around it.
pub(crate) fn check_text(pointer: &str, text: &str) -> Result<(), Problem> {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.trim() != text || text.chars().any(steers) {
        let detail = "must not begin or end with a space or hold control characters";
        return Err(Problem::member(pointer, detail));
    }
    Ok(())
}

fn check_grants(settings: &ClientSettings) -> Result<(), Problem> {
    let has = |kind| settings.grant_types.contains(&kind);
    let refuse = |detail: &str| Err(Problem::member("/grant_types", detail));
    if has(GrantType::ClientCredentials)
        && settings.token_endpoint_auth_method == ClientAuthMethod::None
    {
        return refuse(
            "`client_credentials` needs a client that proves itself (RFC 6749 §4.4): \
             choose another `token_endpoint_auth_method`",
        );
    }
    if has(GrantType::RefreshToken) && !has(GrantType::AuthorizationCode) {
        return refuse("`refresh_token` goes with `authorization_code`");
    }
    if has(GrantType::AuthorizationCode) && settings.redirect_uris.is_empty() {
        let detail = "`authorization_code` needs at least one redirect URI";
        return Err(Problem::member("/redirect_uris", detail));
    }
    Ok(())
}

fn check_uris(settings: &ClientSettings) -> Result<(), Problem> {
    let lists = [
        ("redirect_uris", &settings.redirect_uris),
        ("post_logout_redirect_uris", &settings.post_logout_redirect_uris),
    ];
    for (name, uris) in lists {
        for (index, uri) in uris.iter().enumerate() {
            check_registration(uri, settings.application_type)
                .map_err(|why| Problem::member(format!("/{name}/{index}"), why))?;
        }
    }
    Ok(())
}

/// Keys are public, sound and tell each other apart by `kid`.
fn check_keys(settings: &ClientSettings) -> Result<(), Problem> {
    let needed = settings.token_endpoint_auth_method == ClientAuthMethod::PrivateKeyJwt;
    let Some(jwks) = &settings.jwks else {
        if needed {
            let detail = "`private_key_jwt` needs the client's public keys";
            return Err(Problem::member("/jwks", detail));
        }
        return Ok(());
    };
    let keys = jwks.get("keys").and_then(Value::as_array);
    let mut kids: Vec<String> = Vec::new();
    for (index, value) in keys.into_iter().flatten().enumerate() {
        let at = format!("/jwks/keys/{index}");
        let jwk = Jwk::from_json(value).map_err(|error| Problem::member(&at, error.to_string()))?;
        let key = VerifyingKey::from_jwk(&jwk)
            .map_err(|error| Problem::member(&at, error.to_string()))?;
        if kids.iter().any(|seen| seen == key.kid()) {
            return Err(Problem::member(&at, "another key has the same `kid`"));
        }
        kids.push(key.kid().to_owned());
    }
    Ok(())
}

fn check_algorithm(state: &State, settings: &ClientSettings) -> Result<(), Problem> {
    let at = "/id_token_signed_response_alg";
    check_signing(state, at, &settings.id_token_signed_response_alg)
}

/// Whether the issuer has an active key for an algorithm.
pub(crate) fn check_signing(state: &State, pointer: &str, name: &str) -> Result<(), Problem> {
    let active = state.keyring().algorithms();
    if JwsAlgorithm::parse(name).is_ok_and(|wanted| active.contains(&wanted)) {
        return Ok(());
    }
    let active: Vec<&str> = active.iter().map(|alg| alg.as_str()).collect();
    let detail = format!("this issuer has no key for it; it signs with {}", active.join(", "));
    Err(Problem::member(pointer, detail))
}

async fn check_apis(
    state: &State,
    settings: &ClientSettings,
    stored: Option<&ClientSettings>,
) -> Result<Vec<Guard>, Problem> {
    let mut guards = Vec::new();
    let mut scopes = 0;
    for (index, access) in settings.apis.iter().enumerate() {
        let at = format!("/apis/{index}");
        let earlier = settings.apis.iter().take(index);
        if earlier.clone().any(|earlier| earlier.resource == access.resource) {
            return Err(Problem::member(at, "the API is there twice"));
        }
        scopes += access.scopes.len();
        if scopes > Grant::SCOPES_MAX {
            let most = Grant::SCOPES_MAX;
            let detail = format!("a client has at most {most} scopes at all its APIs together");
            return Err(Problem::member(at, detail));
        }
        if stored.is_some_and(|stored| stored.apis.contains(access)) {
            continue;
        }
        let found = state.store.api_by_resource(state.iss, &access.resource).await?.value;
        let Some(api) = found.map(Arc::new) else {
            let detail = format!("no API is registered as `{}`", access.resource);
            return Err(Problem::member(format!("{at}/resource"), detail));
        };
        check_scopes(&api, access, &at)?;
        guards.push(Guard::ApiExists(api.id));
    }
    Ok(guards)
}

fn check_scopes(api: &Api, access: &ApiAccess, at: &str) -> Result<(), Problem> {
    let known: Vec<&str> = api.profile.scopes.iter().map(|scope| scope.name.as_str()).collect();
    for (index, scope) in access.scopes.iter().enumerate() {
        let at = format!("{at}/scopes/{index}");
        if !is_scope_token(scope) {
            return Err(Problem::member(at, "is not a scope token (RFC 6749 §3.3)"));
        }
        if !known.contains(&scope.as_str()) {
            return Err(Problem::member(at, suggest::unknown("scope", scope, &known)));
        }
    }
    Ok(())
}
