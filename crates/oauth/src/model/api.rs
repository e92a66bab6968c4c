use counterfoil_jose::UnixTime;
use serde::{Deserialize, Serialize};

use super::{ApiId, ClientId, Revision};

/// A registered resource server.
#[derive(Clone, Debug)]
pub struct Api {
    /// Internal id.
    pub id: ApiId,
    /// The `resource` URI of RFC 8707, which is the audience of its tokens.
    pub resource: String,
    /// The API's own confidential client, for introspection and the feed.
    pub client: ClientId,
    /// Everything an administrator sets.
    pub profile: ApiProfile,
    /// When the API was registered.
    pub created_at: UnixTime,
    /// When the row last changed.
    pub updated_at: UnixTime,
    /// The revision of the row's last change; 0 before it is stored.
    pub version: Revision,
}

/// What an API's registration decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiProfile {
    /// Shown to people on the consent page.
    pub name: String,
    /// The form of its access tokens.
    pub format: TokenFormat,
    /// Signing algorithm of `jwt` and `jwe` tokens: `RS256`, `PS256`, `ES256`, `EdDSA`, ….
    pub alg: String,
    /// `typ` of the signed token: `at+jwt` (RFC 9068) or `JWT` for stacks that insist.
    pub typ: String,
    /// Lifetime of an access token, in seconds, 10 to 86400.
    pub lifetime_secs: u32,
    /// Claims that the API may learn beyond `sub`, `client_id` and `scope`.
    pub claims: Vec<ClaimGrant>,
    /// Put the released claims into the token itself, with the reason; only `jwt` and `jwe`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims_in_token: Option<String>,
    /// The API's own scopes.
    pub scopes: Vec<ApiScope>,
    /// Lease length of its guards in milliseconds, 1000 to 60000: the bound on staleness.
    pub freshness_budget_ms: u32,
    /// Whether its tokens must be bound to their sender.
    pub sender_constraint: SenderConstraint,
    /// Which `sub` it sees.
    pub subject_type: SubjectType,
    /// Add the UserInfo endpoint as a second audience, for APIs that call it on each request.
    pub userinfo_audience: bool,
    /// The key that `jwe` tokens are encrypted to, a public JWK with `alg` and `kid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_jwk: Option<serde_json::Value>,
    /// The content encryption of `jwe` tokens.
    pub enc: String,
}

impl Default for ApiProfile {
    fn default() -> Self {
        Self {
            name: String::new(),
            format: TokenFormat::Opaque,
            alg: "RS256".to_owned(),
            typ: "at+jwt".to_owned(),
            lifetime_secs: 600,
            claims: Vec::new(),
            claims_in_token: None,
            scopes: Vec::new(),
            freshness_budget_ms: 5_000,
            sender_constraint: SenderConstraint::None,
            subject_type: SubjectType::Public,
            userinfo_audience: false,
            encryption_jwk: None,
            enc: "A256GCM".to_owned(),
        }
    }
}

/// The form of an API's access tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenFormat {
    /// A sealed handle that says nothing.
    #[default]
    Opaque,
    /// RFC 9068.
    Jwt,
    /// RFC 9068 nested in a JWE to the API's key.
    Jwe,
}

/// One claim an API may learn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimGrant {
    /// The claim's name on the wire.
    pub name: String,
    /// The scope that must have been granted as well; the standard one for a standard claim
    /// (OpenID Connect Core §5.4) when absent, none for a custom claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// One of an API's own scopes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiScope {
    /// The scope token of RFC 6749 §3.3.
    pub name: String,
    /// What people read on the consent page.
    #[serde(default)]
    pub description: String,
}

/// Whether tokens are bound to a key of their sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SenderConstraint {
    /// Bearer tokens.
    #[default]
    None,
    /// RFC 9449: not built yet, refused at registration.
    Dpop,
    /// RFC 8705: not built yet, refused at registration.
    Mtls,
}

/// `subject_type` of OpenID Connect Core §8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectType {
    /// The same `sub` for all.
    #[default]
    Public,
    /// A `sub` of its own for this API.
    Pairwise,
}
