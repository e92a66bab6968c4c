//! Discovery: OpenID Connect Discovery 1.0 §3 and RFC 8414 §2, one document for both.

use serde_json::{Value, json};

use crate::scope::OPENID_SCOPES;

/// Paths under the issuer, as metadata names them.
pub mod paths {
    /// The authorization endpoint.
    pub const AUTHORIZE: &str = "/authorize";
    /// The token endpoint.
    pub const TOKEN: &str = "/token";
    /// The UserInfo endpoint.
    pub const USERINFO: &str = "/userinfo";
    /// RFC 7662.
    pub const INTROSPECT: &str = "/introspect";
    /// RFC 7009.
    pub const REVOKE: &str = "/revoke";
    /// The public keys.
    pub const JWKS: &str = "/jwks";
    /// RP-initiated logout.
    pub const LOGOUT: &str = "/logout";
}

/// The metadata document. `algorithms` are those with an active signing key.
#[must_use]
pub fn document(issuer: &str, algorithms: &[&str], claims: &[&str]) -> Value {
    let at = |path: &str| format!("{issuer}{path}");
    let secrets = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
    let assertions =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
    json!({
        "issuer": issuer,
        "authorization_endpoint": at(paths::AUTHORIZE),
        "token_endpoint": at(paths::TOKEN),
        "userinfo_endpoint": at(paths::USERINFO),
        "jwks_uri": at(paths::JWKS),
        "introspection_endpoint": at(paths::INTROSPECT),
        "revocation_endpoint": at(paths::REVOKE),
        "end_session_endpoint": at(paths::LOGOUT),
        "scopes_supported": OPENID_SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported":
            ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": assertions,
        "introspection_endpoint_auth_methods_supported": secrets,
        "introspection_endpoint_auth_signing_alg_values_supported": assertions,
        "introspection_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported":
            ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"],
        "revocation_endpoint_auth_signing_alg_values_supported": assertions,
        "claims_supported": claims,
        "claim_types_supported": ["normal"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "require_request_uri_registration": false,
    })
}
