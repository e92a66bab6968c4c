//! Protected resource metadata: RFC 9728.

use std::sync::Arc;

use axum::{Json, Router, routing::get};
use serde_json::json;
use url::Url;

use crate::ask::Inner;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// RFC 9728 §3.1: the well-known string goes between host and path.
pub(crate) fn url(resource: &str) -> String {
    match Url::parse(resource) {
        Ok(url) => format!("{}{}", url.origin().ascii_serialization(), path(&url)),
        Err(_) => String::new(),
    }
}

pub(crate) fn routes(inner: &Arc<Inner>) -> Router {
    let resource = inner.feed_name().aud.clone();
    let Ok(url) = Url::parse(&resource) else { return Router::new() };
    let issuers: Vec<String> = inner.verifier.issuers().map(|(_, url)| url.to_owned()).collect();
    let document = json!({
        "resource": resource,
        "authorization_servers": issuers,
        "bearer_methods_supported": ["header"],
    });
    Router::new().route(&path(&url), get(move || async move { Json(document) }))
}

fn path(url: &Url) -> String {
    format!("{WELL_KNOWN}{}", url.path().trim_end_matches('/'))
}
