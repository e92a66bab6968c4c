//! Tokens by client credentials, as OpenFGA's tools get them.

use clap::Args;
use reqwest::Client;
use serde_json::Value;
use url::Url;

use crate::{
    client::{Issuer, http, oauth_error},
    failure::Failure,
};

/// Where a token is to be had.
#[derive(Args, Clone, Debug)]
pub(in crate::perm) struct CredentialArgs {
    /// A client to get a token as.
    #[arg(long, value_name = "ID", env = "FGA_CLIENT_ID", requires = "client_secret")]
    client_id: Option<String>,
    /// The client's secret.
    #[arg(long, value_name = "SECRET", env = "FGA_CLIENT_SECRET", hide_env_values = true)]
    client_secret: Option<String>,
    /// Who issues the token; else the server itself.
    #[arg(long, alias = "api-token-issuer", value_name = "URL", env = "FGA_API_TOKEN_ISSUER")]
    token_issuer: Option<String>,
    /// What the token is for; else the server's `/stores`.
    #[arg(long, alias = "api-audience", value_name = "URI", env = "FGA_API_AUDIENCE")]
    audience: Option<String>,
    /// The scopes to ask for, with spaces between them.
    #[arg(long, alias = "api-scopes", value_name = "SCOPES", env = "FGA_API_SCOPES")]
    scope: Option<String>,
}

impl CredentialArgs {
    /// A token for the server, if a client is given.
    pub(super) async fn token(
        &self,
        client: &Client,
        api_url: &str,
    ) -> Result<Option<String>, Failure> {
        let (Some(id), Some(secret)) = (&self.client_id, &self.client_secret) else {
            return Ok(None);
        };
        let issuer = self.token_issuer.as_deref().unwrap_or(api_url);
        let audience = self.audience.clone().unwrap_or_else(|| format!("{api_url}/stores"));
        let mut fields = vec![
            ("grant_type", "client_credentials"),
            ("client_id", id.as_str()),
            ("client_secret", secret.as_str()),
            ("audience", audience.as_str()),
        ];
        if let Some(scope) = &self.scope {
            fields.push(("scope", scope.as_str()));
        }
        let endpoint = endpoint(client, issuer).await?;
        let answer = http::exchange(http::form(client, &endpoint, &fields)).await?;
        let token = answer.json().unwrap_or_default();
        match token.get("access_token").and_then(Value::as_str) {
            Some(token) if answer.status == 200 => Ok(Some(token.to_owned())),
            _ => Err(oauth_error(&answer)),
        }
    }
}

/// An issuer's token endpoint: what its metadata says, else where OpenFGA's tools look.
async fn endpoint(client: &Client, issuer: &str) -> Result<String, Failure> {
    let issuer =
        if issuer.contains("://") { issuer.to_owned() } else { format!("https://{issuer}") };
    if let Ok(known) = Issuer::discover(client, &issuer).await {
        return Ok(known.endpoint("token_endpoint")?.to_owned());
    }
    let url = Url::parse(&issuer)
        .map_err(|error| Failure::usage(format!("`{issuer}` is no issuer: {error}")))?;
    if url.path().trim_end_matches('/').is_empty() {
        return Ok(format!("{}/oauth/token", issuer.trim_end_matches('/')));
    }
    Ok(issuer)
}
