use counterfoil_oauth::loopback::is_loopback;
use reqwest::Client;
use serde_json::Value;
use url::Url;

use super::{Wallet, http};
use crate::failure::Failure;

/// Where `counterfoil dev` is.
const DEV_ISSUER: &str = "http://localhost:7070";

/// An issuer's endpoints, as its metadata names them.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    metadata: Value,
}

/// The issuer to ask when none is named: the last one signed in at, or `counterfoil dev`.
pub(crate) fn default_issuer(named: Option<&str>) -> Result<String, Failure> {
    match named {
        Some(named) => Ok(named.to_owned()),
        None => Ok(Wallet::open()?.read()?.current.unwrap_or_else(|| DEV_ISSUER.to_owned())),
    }
}

impl Issuer {
    /// An issuer whose metadata does not matter.
    pub(crate) fn at(url: &str) -> Self {
        Self { url: url.to_owned(), metadata: Value::Null }
    }

    /// Fetches an issuer's metadata: RFC 8414 §3.
    pub(crate) async fn discover(client: &Client, issuer: &str) -> Result<Self, Failure> {
        counterfoil_server::check_issuer(issuer).map_err(Failure::usage)?;
        let answer = http::exchange(client.get(well_known(issuer)?)).await?;
        let metadata = answer.json().filter(|_| answer.status == 200).ok_or_else(|| {
            let status = answer.status;
            Failure::failed(format!("{issuer} is no issuer: its metadata answers {status}"))
        })?;
        // RFC 8414 §3.3: MUST be identical.
        if metadata.get("issuer").and_then(Value::as_str) != Some(issuer) {
            let found = metadata.get("issuer").and_then(Value::as_str).unwrap_or_default();
            return Err(Failure::failed(format!(
                "{issuer} calls itself `{found}`: use exactly that name"
            )));
        }
        Ok(Self { url: issuer.to_owned(), metadata })
    }

    /// An endpoint by its name in the metadata.
    pub(crate) fn endpoint(&self, name: &str) -> Result<&str, Failure> {
        let found = self.metadata.get(name).and_then(Value::as_str);
        found.ok_or_else(|| Failure::failed(format!("{} has no `{name}`", self.url)))
    }

    /// What development mode tells of itself; `None` for a real server.
    pub(crate) async fn setup(&self, client: &Client) -> Option<Value> {
        let url = Url::parse(&self.url).ok()?;
        if !is_loopback(&url) {
            return None;
        }
        let answer = http::exchange(client.get(format!("{}/dev/setup.json", self.url))).await;
        answer.ok().filter(|answer| answer.status == 200)?.json()
    }
}

/// The well-known string goes between host and path: RFC 8414 §3.1.
fn well_known(issuer: &str) -> Result<String, Failure> {
    let url = Url::parse(issuer).map_err(Failure::from_display)?;
    let origin = url.origin().ascii_serialization();
    let path = url.path().trim_end_matches('/');
    Ok(format!("{origin}/.well-known/oauth-authorization-server{path}"))
}

/// The error that an endpoint answers with: RFC 6749 §5.2.
pub(crate) fn oauth_error(answer: &http::Answer) -> Failure {
    let json = answer.json().unwrap_or_default();
    let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (code, description) = (text("error"), text("error_description"));
    if code.is_empty() {
        return Failure::failed(format!("the issuer answers {}", answer.status));
    }
    if matches!(code.as_str(), "invalid_grant" | "access_denied") {
        return Failure::denied(format!("{code}: {description}"));
    }
    Failure::failed(format!("{code}: {description}"))
}
