//! The authorization endpoint, decided: parameters and facts in, a page or a redirect out.

mod checks;
mod decide;
mod response;
#[cfg(test)]
mod tests;

pub use checks::{CHECKS, Check};
pub(crate) use checks::{may_have, refuse_unbuilt};
pub use decide::{Consented, Interaction, Outcome, SignedIn, decide};
pub use response::{AuthorizationResponse, ResponseMode};

use std::sync::Arc;

use crate::{
    error::{ErrorCode, OAuthError},
    model::{Api, Client},
    params::Params,
    pkce::CodeChallenge,
    redirect_uri::RegisteredRedirectUri,
};

/// A request that every check has passed. Only [`AuthorizationRequest::parse`] makes one.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client: Arc<Client>,
    /// Where the answer goes.
    pub redirect_uri: RegisteredRedirectUri,
    /// Whether the request named it, so that the token request must too.
    pub redirect_uri_named: bool,
    /// How the answer goes there.
    pub response_mode: ResponseMode,
    /// Comes back byte for byte.
    pub state: Option<String>,
    /// For the ID token.
    pub nonce: Option<String>,
    /// RFC 7636 §4.3.
    pub code_challenge: CodeChallenge,
    /// Scopes that are understood and that the client may have.
    pub scopes: Vec<String>,
    /// The APIs asked for.
    pub apis: Vec<Arc<Api>>,
    /// What the client wants shown.
    pub prompt: Prompt,
    /// Seconds since sign-in after which the user is asked again.
    pub max_age: Option<i64>,
    /// Fills the sign-in form; never an identity.
    pub login_hint: Option<String>,
}

/// `prompt` of OpenID Connect Core §3.1.2.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Show nothing.
    pub none: bool,
    /// Ask for the credential again.
    pub login: bool,
    /// Ask for consent again.
    pub consent: bool,
    /// Let the user choose an account.
    pub select_account: bool,
}

/// What the checks need to know.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The client that `client_id` names, if there is one.
    pub client: Option<Arc<Client>>,
    /// The APIs that the `resource` parameters name (or the client's only one, without any).
    pub apis: &'a [ResolvedApi],
}

/// A resource of the request and the API registered under it.
#[derive(Clone, Debug)]
pub struct ResolvedApi {
    /// As it was sent.
    pub resource: String,
    /// The API, if there is one.
    pub api: Option<Arc<Api>>,
}

/// Why a request was refused, and how that may be told.
#[derive(Clone, Debug)]
pub enum AuthorizationError {
    /// On a page for the user: nothing in the request can be trusted as an address.
    Page(OAuthError),
    /// To the client.
    Redirect(Box<AuthorizationResponse>),
}

impl AuthorizationRequest {
    /// Runs the table of checks: [`CHECKS`].
    ///
    /// # Errors
    /// The first check that fails.
    pub fn parse(params: &Params, facts: &Facts<'_>) -> Result<Self, AuthorizationError> {
        let mut draft = checks::Draft::default();
        for check in CHECKS {
            if let Err(error) = (check.run)(&mut draft, params, facts) {
                return Err(draft.refuse(error, params, facts));
            }
        }
        draft.finish().ok_or_else(|| {
            AuthorizationError::Page(OAuthError::new(ErrorCode::ServerError, "incomplete checks"))
        })
    }

    /// The resources a request asks for: `resource` (RFC 8707 §2), or `audience`, its synonym
    /// elsewhere.
    #[must_use]
    pub fn resources(params: &Params) -> Vec<String> {
        let mut resources: Vec<String> = Vec::new();
        for resource in params.all("resource").chain(params.all("audience")) {
            if !resources.iter().any(|seen| seen == resource) {
                resources.push(resource.to_owned());
            }
        }
        resources
    }
}
