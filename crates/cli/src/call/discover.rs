//! Which `resource` an URL belongs to: the API says so itself (RFC 9728), or the sign-in knows.

use reqwest::{
    Client, Response,
    header::{HeaderMap, WWW_AUTHENTICATE},
};
use serde_json::Value;
use url::Url;

use super::{Request, explain::Story};
use crate::{
    client::{Wallet, http},
    failure::Failure,
};

/// An API and the issuer to ask for its tokens.
pub(crate) struct Target {
    pub(crate) resource: String,
    pub(crate) issuer: String,
}

pub(super) enum Found {
    /// The API's name, and the issuers that it trusts, where it says so.
    Resource { resource: String, issuers: Vec<String> },
    /// It answered without a token.
    Open(Response),
}

/// Asks the API without a token: its refusal says where its metadata is.
pub(super) async fn resource(
    client: &Client,
    request: &Request,
    story: &mut Story,
) -> Result<Found, Failure> {
    // The body isn't sent before it is known who gets it.
    let bare = client.request(request.method.clone(), request.url.clone());
    let response = http::send(bare).await?;
    let status = response.status();
    story.step(&format!("{} {} without a token: {status}", request.method, request.url));
    if status.as_u16() != 401 {
        if !request.is_plain() {
            // What it said was not about the request that was meant.
            return known(&request.url, story);
        }
        return Ok(Found::Open(response));
    }
    if let Some(metadata) = challenge(response.headers()) {
        story.step(&format!("its challenge names {metadata}"));
        if let Some(found) = by_metadata(client, &metadata, &request.url, story).await? {
            return Ok(found);
        }
    }
    known(&request.url, story)
}

impl Request {
    /// Whether the bare request was the whole request.
    fn is_plain(&self) -> bool {
        self.body.is_none() && self.headers.is_empty()
    }
}

/// `resource_metadata` of a Bearer challenge: RFC 9728 §5.1.
fn challenge(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    values.into_iter().find_map(|value| {
        let (_, rest) = value.split_once("resource_metadata=\"")?;
        Some(rest.split_once('"')?.0.to_owned())
    })
}

async fn by_metadata(
    client: &Client,
    metadata: &str,
    url: &Url,
    story: &mut Story,
) -> Result<Option<Found>, Failure> {
    let answer = http::exchange(client.get(metadata)).await?;
    let document = answer.json().filter(|_| answer.status == 200).unwrap_or_default();
    let Some(resource) = document.get("resource").and_then(Value::as_str) else {
        story.step("which is no metadata of a protected resource");
        return Ok(None);
    };
    // RFC 9728 §3.3: a name that doesn't cover the URL is not to be believed, else one API could
    // ask for another's token.
    if !covers(resource, url) {
        return Err(Failure::failed(format!(
            "{url} calls itself {resource}, which it is not part of; if that is meant, add \
             --resource {resource}"
        )));
    }
    let issuers = document.get("authorization_servers").and_then(Value::as_array);
    let issuers: Vec<String> = issuers
        .into_iter()
        .flatten()
        .filter_map(|issuer| issuer.as_str().map(str::to_owned))
        .collect();
    story.step(&format!("it is {resource} and trusts {}", issuers.join(", ")));
    Ok(Some(Found::Resource { resource: resource.to_owned(), issuers }))
}

/// The longest resource of any sign-in that covers the URL.
fn known(url: &Url, story: &mut Story) -> Result<Found, Failure> {
    let kept = Wallet::open()?.read()?;
    let resources = kept.issuers.values().flat_map(|entry| &entry.resources);
    let longest = resources.filter(|known| covers(known, url)).max_by_key(|known| known.len());
    let resource = longest.cloned().ok_or_else(|| {
        Failure::failed(format!("{url} is no API that a sign-in was for; add --resource"))
    })?;
    story.step(&format!("the sign-in was for {resource}, which covers the URL"));
    Ok(Found::Resource { resource, issuers: Vec::new() })
}

/// Whether a resource is the URL or a folder above it, on the same origin.
fn covers(resource: &str, url: &Url) -> bool {
    let Ok(resource) = Url::parse(resource) else { return false };
    let (above, below) = (resource.path().trim_end_matches('/'), url.path());
    resource.origin() == url.origin()
        && below.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covering() {
        let check = |resource, url: &str| covers(resource, &Url::parse(url).unwrap());
        assert!(check("http://localhost:7071/fresh", "http://localhost:7071/fresh/orders/1"));
        assert!(check("https://api.example", "https://api.example/x"));
        assert!(check("https://api.example/a/", "https://api.example/a"));
        assert!(!check("http://localhost:7071/fresh", "http://localhost:7071/fresh-jwt/orders/1"));
        assert!(!check("https://api.example/a", "https://api.example/b"));
        assert!(!check("https://api.example", "http://api.example/"));
        assert!(!check("nonsense", "https://api.example/"));
    }

    #[test]
    fn challenges() {
        let check = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(WWW_AUTHENTICATE, value.parse().unwrap());
            challenge(&headers)
        };
        let named = r#"Bearer resource_metadata="https://a.example/.well-known/x", error="e""#;
        assert_eq!(check(named).as_deref(), Some("https://a.example/.well-known/x"));
        assert_eq!(check("Basic realm=\"x\""), None);
    }
}
