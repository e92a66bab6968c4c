//! The root page, assets, and what development mode adds.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{self, Path, Request},
    http::{HeaderMap, HeaderValue, Response, Uri, header},
    middleware::Next,
    routing::{get, post},
};
use counterfoil_oauth::{
    error::{ErrorCode, OAuthError},
    loopback,
};
use serde_json::json;

use crate::{
    browser::{self, View},
    door,
    pages::{self, ErrorKind, Home, Lab},
    permissions,
    state::State,
};

type Shared = extract::State<Arc<State>>;

pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/dev/setup.json", get(setup))
        .route("/dev/feed", post(feed))
        .route("/dev/metrics.json", get(counters))
        .route("/lab", get(lab))
        .route("/lab/callback", get(lab))
}

pub(crate) async fn home(extract::State(state): Shared, headers: HeaderMap) -> Response<Body> {
    browser::show(&state, &Home, &View::new(&headers))
}

async fn lab(extract::State(state): Shared, headers: HeaderMap) -> Response<Body> {
    browser::show(&state, &Lab, &View::new(&headers))
}

pub(crate) async fn asset(Path(name): Path<String>) -> Response<Body> {
    let Some(asset) = pages::assets::lookup(&format!("{}{name}", pages::assets::PREFIX)) else {
        return door::text(404, "no such file");
    };
    let mut response = Response::new(Body::from(asset.bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(pages::assets::CACHE_CONTROL));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(etag) = HeaderValue::from_str(&asset.etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

pub(crate) async fn not_found(
    extract::State(state): Shared,
    headers: HeaderMap,
    uri: Uri,
) -> Response<Body> {
    if uri.path().starts_with("/stores/") {
        return permissions::undefined(&state);
    }
    let accept = door::header(&headers, header::ACCEPT).unwrap_or_default();
    if !accept.contains("text/html") {
        return door::problem(404, "not_found", "no such resource", uri.path());
    }
    let error = OAuthError::new(ErrorCode::InvalidRequest, "there is no such page");
    browser::show_error(&state, &headers, ErrorKind::NotFound, &error)
}

async fn setup(extract::State(state): Shared) -> Response<Body> {
    let setup = state.config.dev.as_ref().map(|dev| &dev.setup);
    door::json_no_store(200, &setup)
}

async fn counters(extract::State(state): Shared) -> Response<Body> {
    door::json_no_store(200, &json!({ "requests": state.metrics.by_route() }))
}

/// Stops or starts the feed, to show what guards do without it.
async fn feed(extract::State(state): Shared, body: Bytes) -> Response<Body> {
    let wanted = serde_json::from_slice::<serde_json::Value>(&body).ok();
    let running = wanted.as_ref().and_then(|wanted| wanted.get("running")?.as_bool());
    let Some(running) = running else {
        let detail = r#"the body must be {"running": true} or {"running": false}"#;
        return door::problem(400, "invalid_request", "not understood", detail);
    };
    state.feed_running.store(running, Ordering::Release);
    door::json_no_store(200, &json!({ "running": running }))
}

/// Development mode answers its own host and origin alone: a page elsewhere, or a name that was
/// made to point here, must not drive a server that knows fixed secrets.
pub(crate) async fn own_host_and_origin(
    extract::State(state): Shared,
    request: Request,
    next: Next,
) -> Response<Body> {
    let Some(dev) = &state.config.dev else { return next.run(request).await };
    let headers = request.headers();
    let own = state.issuer().split_once("://").map_or("", |(_, authority)| authority);
    let host = door::header(headers, header::HOST).map(str::to_owned);
    let host = host.or_else(|| request.uri().authority().map(ToString::to_string));
    let port = own.rsplit_once(':').map_or("", |(_, port)| port);
    let local = |name: &str| format!("{name}:{port}");
    let hosts = [own.to_owned(), local("127.0.0.1"), local("[::1]")];
    if !host.is_some_and(|host| hosts.contains(&host)) {
        let detail = "development mode answers its own host alone";
        return door::problem(421, "misdirected_request", "not this host", detail);
    }
    let origin = door::header(headers, header::ORIGIN);
    let foreign = origin.is_some_and(|origin| {
        origin != state.issuer() && origin != dev.demo_api_origin && !is_of_this_machine(origin)
    });
    let sensitive = request.uri().path().starts_with("/dev");
    if foreign || (sensitive && origin.is_some_and(|origin| origin != state.issuer())) {
        let detail = "development mode answers its own origin alone";
        return door::problem(403, "forbidden_origin", "not this origin", detail);
    }
    next.run(request).await
}

/// Applications under development run on other ports of this machine.
fn is_of_this_machine(origin: &str) -> bool {
    url::Url::parse(origin).is_ok_and(|url| loopback::is_loopback(&url))
}
