use counterfoil_jose::UnixTime;
use serde::{Deserialize, Serialize};

use super::{ApiId, ClientId, Digest, Revision};

/// An OAuth client.
#[derive(Clone, Debug)]
pub struct Client {
    /// Internal id.
    pub id: ClientId,
    /// The wire's `client_id`: unique in its issuer.
    pub client_id: String,
    /// The hash of the secret, where the method uses one.
    pub secret: Option<Digest>,
    /// The API whose own confidential client this is: it may introspect that API's tokens and
    /// follow its feed.
    pub owner_api: Option<ApiId>,
    /// Everything an administrator sets.
    pub settings: ClientSettings,
    /// When the client was registered.
    pub created_at: UnixTime,
    /// When the row last changed.
    pub updated_at: UnixTime,
    /// The revision of the row's last change; 0 before it is stored.
    pub version: Revision,
}

/// What an administrator sets on a client. Wire names follow RFC 7591 §2 where it has them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    /// Shown to people on the consent page.
    pub client_name: String,
    /// How the client proves itself at the token endpoint; the registered one is enforced.
    pub token_endpoint_auth_method: ClientAuthMethod,
    /// Public keys for `private_key_jwt`, a JWK Set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<serde_json::Value>,
    /// Exact redirect URIs; for native clients a loopback one matches any port.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Exact URIs a logout may return to.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// The grants that the client may use.
    pub grant_types: Vec<GrantType>,
    /// OpenID scopes the client may ask for (`openid`, `profile`, `email`, …, `offline_access`).
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Web or native: native clients may vary the port of a loopback redirect.
    #[serde(default)]
    pub application_type: ApplicationType,
    /// Whether people are asked.
    #[serde(default)]
    pub consent: ConsentPolicy,
    /// Pure OpenID Connect Core §5.4: scope claims only at UserInfo, not in the ID token.
    #[serde(default)]
    pub strict: bool,
    /// The algorithm of this client's ID tokens (`RS256` unless set).
    #[serde(default = "rs256")]
    pub id_token_signed_response_alg: String,
    /// Seconds since sign-in after which the user is asked again, unless the request says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    /// Always put `auth_time` into the ID token.
    #[serde(default)]
    pub require_auth_time: bool,
    /// How refresh tokens behave.
    #[serde(default)]
    pub refresh: RefreshPolicy,
    /// The APIs whose tokens this client may ask for, with the scopes it may have there.
    #[serde(default)]
    pub apis: Vec<ApiAccess>,
    /// Accept the token endpoint's URL, or the issuer with a slash, as an assertion's audience.
    #[serde(default)]
    pub lax_assertion_audience: bool,
}

fn rs256() -> String {
    "RS256".to_owned()
}

/// `token_endpoint_auth_method` of RFC 7591 §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthMethod {
    /// A public client.
    None,
    /// HTTP Basic, RFC 6749 §2.3.1.
    ClientSecretBasic,
    /// Secret in the form body.
    ClientSecretPost,
    /// A signed assertion, RFC 7523 §2.2.
    PrivateKeyJwt,
}

/// A grant type that the token endpoint knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 §4.1 with RFC 7636.
    AuthorizationCode,
    /// RFC 6749 §6.
    RefreshToken,
    /// RFC 6749 §4.4.
    ClientCredentials,
}

/// `application_type` of OpenID Connect Registration §2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationType {
    /// Redirects match byte for byte.
    #[default]
    Web,
    /// A loopback redirect matches with any port, RFC 8252 §7.3.
    Native,
}

/// Whether the user is asked before an API or a client learns anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentPolicy {
    /// Ask once and remember.
    #[default]
    Ask,
    /// The operator's own application: the operator has decided.
    FirstParty,
}

/// How a client's refresh tokens behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RefreshPolicy {
    /// Issue a new token on each use. Off for FAPI 2.0 clients, which are sender-constrained.
    pub rotate: bool,
    /// Issue refresh tokens even without `offline_access`.
    pub without_offline_access: bool,
    /// Seconds without use after which the family ends.
    pub idle_secs: u32,
    /// Seconds after the grant at which the family ends, whatever happens.
    pub absolute_secs: u32,
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self {
            rotate: true,
            without_offline_access: false,
            idle_secs: 14 * 86_400,
            absolute_secs: 90 * 86_400,
        }
    }
}

/// The right to ask for one API's tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiAccess {
    /// The API's `resource` URI.
    pub resource: String,
    /// The scopes of that API which the client may have.
    #[serde(default)]
    pub scopes: Vec<String>,
}
