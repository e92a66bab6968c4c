//! Every route, one file per endpoint.

pub(crate) mod authorize;
pub(crate) mod consent;
pub(crate) mod dev;
pub(crate) mod discovery;
pub(crate) mod introspect;
pub(crate) mod logout;
pub(crate) mod permissions;
pub(crate) mod revoke;
pub(crate) mod sign_in;
pub(crate) mod token;
pub(crate) mod userinfo;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{any, get, post},
};

use crate::{door::BODY_BYTES_MAX, feed, observe::Observe, state::State};

/// Builds the router of the public listener.
pub(crate) fn router(state: Arc<State>) -> Router {
    let mut router = Router::new()
        .route("/", get(dev::home))
        .route("/.well-known/openid-configuration", get(discovery::metadata))
        .route("/.well-known/oauth-authorization-server", get(discovery::metadata))
        .route("/jwks", get(discovery::jwks))
        .route("/authorize", any(authorize::authorize))
        .route("/sign-in", post(sign_in::sign_in))
        .route("/consent", post(consent::consent))
        .route("/token", post(token::token).options(token::preflight))
        .route("/oauth/token", post(token::token).options(token::preflight))
        .route("/introspect", post(introspect::introspect))
        .route("/revoke", post(revoke::revoke).options(token::preflight))
        .route(
            "/userinfo",
            get(userinfo::userinfo).post(userinfo::userinfo).options(token::preflight),
        )
        .route("/logout", any(logout::logout))
        .route(permissions::PATH, get(permissions::page))
        .route(permissions::MODEL_PATH, post(permissions::model))
        .route("/assets/{name}", get(dev::asset))
        .merge(feed::routes())
        .merge(crate::admin::routes())
        .merge(crate::permissions::routes());
    if state.config.dev.is_some() {
        let own = middleware::from_fn_with_state(Arc::clone(&state), dev::own_host_and_origin);
        router = router.merge(dev::routes()).fallback(dev::not_found).layer(own);
    } else {
        router = router.fallback(dev::not_found);
    }
    // One layer of two: each layer of a router costs every request two allocations.
    let layer = (DefaultBodyLimit::max(BODY_BYTES_MAX), Observe::new(Arc::clone(&state)));
    router.layer(layer).with_state(state)
}
