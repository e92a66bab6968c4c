//! What an API's name and profile must satisfy beyond their schema.

use counterfoil_jose::{EncryptionKey, Jwk, JwkAlgorithm};
use counterfoil_oauth::{
    model::{ApiProfile, SenderConstraint, TokenFormat},
    scope::{OPENID_SCOPES, is_scope_token},
};
use serde_json::Value;
use url::Url;

use crate::{
    admin::{
        SCOPE,
        clients::{check_signing, check_text},
        guard,
        problem::{Code, Problem},
        suggest,
        users::check_claim_name,
    },
    state::State,
};

/// Schemes that name no API, and that pages must never be made to follow.
const REFUSED_SCHEMES: [&str; 6] = ["javascript", "data", "vbscript", "file", "blob", "about"];

/// Checks a `resource`: an absolute URI without fragment (RFC 8707 §2) that is nothing of the
/// issuer's own.
pub(super) fn check_resource(state: &State, resource: &str) -> Result<(), Problem> {
    let refuse = |detail: &str| Err(Problem::member("/resource", detail));
    let Ok(url) = Url::parse(resource) else {
        return refuse("must be an absolute URI (RFC 8707 §2), such as https://orders.example");
    };
    if resource.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return refuse("must not hold spaces or control characters");
    }
    if resource.contains('#') {
        return refuse("must not have a fragment (RFC 8707 §2)");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("must not hold credentials");
    }
    if REFUSED_SCHEMES.contains(&url.scheme()) {
        return refuse("has a scheme that can't name an API");
    }
    let own = [state.issuer(), state.userinfo(), state.token_endpoint()];
    if own.contains(&resource.trim_end_matches('/')) {
        return refuse("is the issuer's own");
    }
    Ok(())
}

/// Reads a profile that has passed its schema.
pub(super) fn read(state: &State, resource: &str, document: Value) -> Result<ApiProfile, Problem> {
    let mut profile: ApiProfile = serde_json::from_value(document)
        .map_err(|error| Problem::member("/profile", format!("doesn't fit: {error}")))?;
    check_text("/profile/name", &profile.name)?;
    check_signing(state, "/profile/alg", &profile.alg)?;
    check_scopes(&profile)?;
    check_claims(&profile)?;
    check_format(&profile)?;
    if let Some(key) = &mut profile.encryption_jwk {
        // A merge patch leaves members of the last key behind; only what was checked is kept.
        *key = check_encryption_key(key)?;
    }
    if profile.sender_constraint != SenderConstraint::None {
        let detail = "tokens can't be bound to their sender yet; leave it at `none`";
        return Err(Problem::at(Code::NotYet, "/profile/sender_constraint", detail));
    }
    let opens = profile.scopes.iter().any(|scope| scope.name == SCOPE);
    if resource == guard::name(state) && !opens {
        let detail = "the admin API's own scope `admin` must stay, or nobody could get back in";
        return Err(Problem::member("/profile/scopes", detail));
    }
    Ok(profile)
}

fn check_scopes(profile: &ApiProfile) -> Result<(), Problem> {
    for (index, scope) in profile.scopes.iter().enumerate() {
        let at = format!("/profile/scopes/{index}/name");
        if !is_scope_token(&scope.name) {
            return Err(Problem::member(at, "is not a scope token (RFC 6749 §3.3)"));
        }
        if OPENID_SCOPES.contains(&scope.name.as_str()) {
            let detail = format!("`{}` is OpenID Connect's; choose another name", scope.name);
            return Err(Problem::member(at, detail));
        }
        if profile.scopes.iter().take(index).any(|seen| seen.name == scope.name) {
            return Err(Problem::member(at, "the scope is there twice"));
        }
        check_text(&format!("/profile/scopes/{index}/description"), &scope.description)?;
    }
    Ok(())
}

fn check_claims(profile: &ApiProfile) -> Result<(), Problem> {
    let own = profile.scopes.iter().map(|scope| scope.name.as_str());
    let known: Vec<&str> = OPENID_SCOPES.into_iter().chain(own).collect();
    for (index, claim) in profile.claims.iter().enumerate() {
        let at = format!("/profile/claims/{index}");
        check_claim_name(&claim.name, &format!("{at}/name"))?;
        if profile.claims.iter().take(index).any(|seen| seen.name == claim.name) {
            return Err(Problem::member(at, "the claim is there twice"));
        }
        // A scope that nobody can be granted would keep the claim away for ever.
        if let Some(scope) = claim.scope.as_deref().filter(|scope| !known.contains(scope)) {
            let detail = suggest::unknown("scope", scope, &known);
            return Err(Problem::member(format!("{at}/scope"), detail));
        }
    }
    Ok(())
}

fn check_format(profile: &ApiProfile) -> Result<(), Problem> {
    let opaque = profile.format == TokenFormat::Opaque;
    if let Some(reason) = &profile.claims_in_token {
        let at = "/profile/claims_in_token";
        if opaque {
            let detail = "an opaque token says nothing; its API learns the claims all the same";
            return Err(Problem::member(at, detail));
        }
        if reason.trim().is_empty() {
            return Err(Problem::member(at, "say why the token itself must hold the claims"));
        }
    }
    if profile.userinfo_audience && profile.format != TokenFormat::Jwt {
        let detail = "only a `jwt` can have UserInfo as a second audience";
        return Err(Problem::member("/profile/userinfo_audience", detail));
    }
    if profile.format == TokenFormat::Jwe && profile.encryption_jwk.is_none() {
        let detail = "`jwe` needs the API's public key";
        return Err(Problem::member("/profile/encryption_jwk", detail));
    }
    Ok(())
}

/// Checks the key that tokens are encrypted to, and returns its public members alone.
fn check_encryption_key(value: &Value) -> Result<Value, Problem> {
    let at = "/profile/encryption_jwk";
    let jwk = Jwk::from_json(value).map_err(|error| Problem::member(at, error.to_string()))?;
    if jwk.kid().is_none() {
        return Err(Problem::member(at, "needs a `kid`, so that the API knows its key"));
    }
    if !matches!(jwk.alg(), Some(JwkAlgorithm::Jwe(_))) {
        let detail = "needs an `alg` for encryption: RSA-OAEP-256, ECDH-ES, ECDH-ES+A128KW or \
                      ECDH-ES+A256KW";
        return Err(Problem::member(at, detail));
    }
    EncryptionKey::from_jwk(&jwk).map_err(|error| Problem::member(at, error.to_string()))?;
    Ok(jwk.to_json())
}
