use std::sync::Arc;

use crate::{
    authorization::AuthorizationRequest,
    client_auth::AuthenticatedClient,
    error::{ErrorCode, OAuthError},
    model::{Api, GrantType},
    params::{Params, shorten},
    scope,
};

/// A token request: one variant per grant.
#[derive(Clone)]
pub enum TokenRequest {
    /// RFC 6749 §4.1.3 with RFC 7636 §4.5.
    AuthorizationCode {
        /// The code.
        code: String,
        /// OAuth 2.1 dropped it; who sends it must send the same.
        redirect_uri: Option<String>,
        /// RFC 7636 §4.5.
        code_verifier: Option<String>,
        /// RFC 8707 §2.2.
        resource: Option<String>,
    },
    /// RFC 6749 §6.
    RefreshToken {
        /// The token.
        refresh_token: String,
        /// A narrower scope, if named.
        scope: Option<Vec<String>>,
        /// RFC 8707 §2.2.
        resource: Option<String>,
    },
    /// RFC 6749 §4.4.
    ClientCredentials {
        /// A narrower scope, if named.
        scope: Option<Vec<String>>,
        /// RFC 8707 §2.2.
        resource: Option<String>,
    },
}

impl TokenRequest {
    /// Reads a token request of an authenticated client.
    ///
    /// # Errors
    /// As RFC 6749 §5.2 and RFC 8707 §2 name them.
    pub fn parse(params: &Params, client: &AuthenticatedClient) -> Result<Self, OAuthError> {
        let grant_type = params
            .get("grant_type")
            .ok_or_else(|| OAuthError::invalid_request("parameter `grant_type` is missing"))?;
        let resource = one_resource(params)?;
        let (kind, request) = match grant_type {
            "authorization_code" => (GrantType::AuthorizationCode, Self::code(params, resource)?),
            "refresh_token" => (GrantType::RefreshToken, Self::refresh(params, resource)?),
            "client_credentials" => {
                let scope = narrowed(params)?;
                (GrantType::ClientCredentials, Self::ClientCredentials { scope, resource })
            }
            other => {
                return Err(OAuthError::new(
                    ErrorCode::UnsupportedGrantType,
                    format!(
                        "grant type `{}` is not supported; use `authorization_code`, \
                         `refresh_token` or `client_credentials`",
                        shorten(other)
                    ),
                ));
            }
        };
        if !client.client().settings.grant_types.contains(&kind) {
            let text = format!("this client is not registered for grant type `{grant_type}`");
            return Err(OAuthError::new(ErrorCode::UnauthorizedClient, text));
        }
        Ok(request)
    }

    fn code(params: &Params, resource: Option<String>) -> Result<Self, OAuthError> {
        let code = params
            .get("code")
            .ok_or_else(|| OAuthError::invalid_request("parameter `code` is missing"))?;
        Ok(Self::AuthorizationCode {
            code: code.to_owned(),
            redirect_uri: params.get("redirect_uri").map(str::to_owned),
            code_verifier: params.get("code_verifier").map(str::to_owned),
            resource,
        })
    }

    fn refresh(params: &Params, resource: Option<String>) -> Result<Self, OAuthError> {
        let token = params
            .get("refresh_token")
            .ok_or_else(|| OAuthError::invalid_request("parameter `refresh_token` is missing"))?;
        let scope = narrowed(params)?;
        Ok(Self::RefreshToken { refresh_token: token.to_owned(), scope, resource })
    }
}

/// One access token is for one API, so that API A can't replay it at B.
fn one_resource(params: &Params) -> Result<Option<String>, OAuthError> {
    let mut resources = AuthorizationRequest::resources(params);
    if resources.len() > 1 {
        return Err(OAuthError::invalid_target(
            "an access token is for one API: name a single `resource` in each token request",
        ));
    }
    Ok(resources.pop())
}

fn narrowed(params: &Params) -> Result<Option<Vec<String>>, OAuthError> {
    let Some(text) = params.get("scope") else { return Ok(None) };
    scope::parse(text).map(Some).ok_or_else(|| {
        OAuthError::new(ErrorCode::InvalidScope, "`scope` is malformed: RFC 6749 section 3.3")
    })
}

/// Chooses the API of a token among those of its grant.
///
/// # Errors
/// `invalid_target` for another API, or for none named where the grant covers several.
pub fn choose_api(
    resource: Option<&str>,
    apis: &[Arc<Api>],
) -> Result<Option<Arc<Api>>, OAuthError> {
    match (resource, apis) {
        (Some(resource), apis) => {
            let found = apis.iter().find(|api| api.resource == resource);
            Ok(Some(Arc::clone(found.ok_or_else(|| {
                OAuthError::invalid_target(format!(
                    "resource `{}` is not among those that this grant covers",
                    shorten(resource)
                ))
            })?)))
        }
        (None, []) => Ok(None),
        (None, [only]) => Ok(Some(Arc::clone(only))),
        (None, _) => Err(OAuthError::invalid_target(
            "this grant covers several APIs: name one with `resource`",
        )),
    }
}
