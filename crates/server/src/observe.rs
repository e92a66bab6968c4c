//! Every request is counted, timed and logged; none of its parameters are.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{self, MatchedPath, Request},
    http::Response,
    middleware::Next,
};
use papaya::HashMap;

use crate::state::State;

/// The routes that were matched so far, each kept for good: metrics want names that outlive the
/// request. Their number is bounded by the router's: a hostile path matches none.
static ROUTES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(HashMap::new);

pub(crate) async fn requests(
    extract::State(state): extract::State<Arc<State>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let started = state.config.clock.ticks();
    let route =
        request.extensions().get::<MatchedPath>().map_or("other", |path| known(path.as_str()));
    let response = next.run(request).await;
    let took = Duration::from_nanos(state.config.clock.ticks().saturating_sub(started));
    let status = response.status().as_u16();
    state.metrics.request(route, status, took);
    tracing::debug!(route, status, took_us = took.as_micros(), "answered");
    response
}

fn known(path: &str) -> &'static str {
    let routes = ROUTES.pin();
    match routes.get(path) {
        Some(route) => route,
        None => routes.get_or_insert_with(path.to_owned(), || Box::leak(Box::from(path))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_kept_once() {
        let first = known("/a/{id}");
        assert_eq!(first, "/a/{id}");
        assert!(std::ptr::eq(first, known("/a/{id}")));
    }
}
