//! Every request is counted, timed and logged; none of its parameters are.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{self, MatchedPath, Request},
    http::Response,
    middleware::Next,
};

use crate::state::State;

/// Every route there is, so that counting needs no allocation and a hostile path no series.
const ROUTES: [&str; 33] = [
    "/",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/jwks",
    "/authorize",
    "/sign-in",
    "/consent",
    "/token",
    "/oauth/token",
    "/introspect",
    "/revoke",
    "/userinfo",
    "/logout",
    "/assets/{name}",
    "/feed/v1/snapshot",
    "/feed/v1/stream",
    "/feed/v1/diff",
    "/feed/v1/lease",
    "/feed/v1/keys",
    "/openapi.json",
    "/admin/v1/users",
    "/admin/v1/users/{id}",
    "/admin/v1/clients",
    "/admin/v1/clients/{id}",
    "/admin/v1/apis",
    "/admin/v1/apis/{id}",
    "/admin/v1/grants",
    "/admin/v1/sessions",
    "/admin/v1/verifiers",
    "/dev/setup.json",
    "/dev/feed",
    "/lab",
    "/lab/callback",
];

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
    ROUTES.into_iter().find(|route| *route == path).unwrap_or("other")
}
