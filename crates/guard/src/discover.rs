//! Where an issuer's endpoints are: OpenID Connect Discovery 1.0 §4, then RFC 8414 §3.

use counterfoil_oauth::loopback::is_loopback;
use url::Url;

use crate::http::{CallError, DOCUMENT_BYTES_MAX, Http};

/// What an issuer's metadata says.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    pub(crate) jwks: Option<String>,
    pub(crate) introspection: Option<String>,
}

/// Fetches an issuer's metadata, which must be its own.
pub(crate) async fn discover(http: &Http, issuer: &str) -> Result<Endpoints, CallError> {
    let appended = format!("{issuer}/.well-known/openid-configuration");
    let body = match http.document(&appended, DOCUMENT_BYTES_MAX).await {
        Ok(body) => body,
        Err(CallError::Status(404)) => {
            let inserted = inserted(issuer).ok_or(CallError::Status(404))?;
            http.document(&inserted, DOCUMENT_BYTES_MAX).await?
        }
        Err(error) => return Err(error),
    };
    let document: serde_json::Value =
        serde_json::from_slice(&body).map_err(|_| CallError::Unexpected("JSON"))?;
    let text = |name: &str| document.get(name).and_then(|v| v.as_str()).map(str::to_owned);
    let named = text("issuer").unwrap_or_default();
    // RFC 8414 §3.3: identical, or the metadata must not be used.
    if named != issuer {
        return Err(CallError::OtherIssuer { configured: issuer.to_owned(), named });
    }
    let safe = |url: Option<String>| url.filter(|url| is_safe(url));
    Ok(Endpoints {
        jwks: safe(text("jwks_uri")),
        introspection: safe(text("introspection_endpoint")),
    })
}

/// `https`, or `http` to a loopback host: nothing that metadata names may lead elsewhere in clear.
fn is_safe(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url))
}

/// RFC 8414 §3.1: the well-known string goes between host and path.
fn inserted(issuer: &str) -> Option<String> {
    let url = Url::parse(issuer).ok()?;
    let origin = url.origin().ascii_serialization();
    let path = url.path().trim_end_matches('/');
    Some(format!("{origin}/.well-known/oauth-authorization-server{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_string_goes_between_host_and_path() {
        assert_eq!(
            inserted("https://id.example/tenant").unwrap(),
            "https://id.example/.well-known/oauth-authorization-server/tenant"
        );
    }

    #[test]
    fn metadata_leads_nowhere_in_clear() {
        assert!(is_safe("https://id.example/jwks") && is_safe("http://127.0.0.1:1/jwks"));
        assert!(!is_safe("http://id.example/jwks") && !is_safe("file:///etc/passwd"));
    }
}
