//! The permission API over HTTP: OpenFGA's routes, and ours beside them.

mod call;
mod openfga;
mod reply;
mod streams;
mod transfer;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract,
    http::{Response, Uri},
    routing::{MethodRouter, delete, get, post, put},
};

pub(crate) use call::Call;
pub(crate) use reply::{describe, json, refuse};

use super::{
    auth,
    error::{ApiError, Code},
};
use crate::{door, state::State};

/// The shared state, as handlers take it.
type Shared = extract::State<Arc<State>>;

/// Routes that begin with `/stores`, and those of the API itself.
pub(crate) fn routes() -> Router<Arc<State>> {
    let mut router = Router::new();
    for (path, handler) in endpoints() {
        router = router.route(path, handler);
    }
    // Bodies are bounded where they are read; a layer would cost every request two allocations.
    router.method_not_allowed_fallback(wrong_method)
}

fn endpoints() -> Vec<(&'static str, MethodRouter<Arc<State>>)> {
    use openfga as fga;
    vec![
        ("/healthz", get(healthz)),
        ("/.well-known/oauth-protected-resource/stores", get(metadata)),
        ("/stores", get(fga::list_stores).post(fga::create_store)),
        (
            "/stores/{store}",
            get(fga::get_store).merge(delete(fga::delete_store)).merge(put(fga::update_store)),
        ),
        (
            "/stores/{store}/authorization-models",
            get(fga::read_models).merge(post(fga::write_model)),
        ),
        ("/stores/{store}/authorization-models/{model}", get(fga::read_model)),
        ("/stores/{store}/check", post(fga::check)),
        ("/stores/{store}/batch-check", post(fga::batch_check)),
        ("/stores/{store}/read", post(fga::read)),
        ("/stores/{store}/write", post(fga::write)),
        ("/stores/{store}/changes", get(fga::changes)),
        (
            "/stores/{store}/assertions/{model}",
            get(fga::read_assertions).merge(put(fga::write_assertions)),
        ),
        ("/stores/{store}/expand", post(fga::expand)),
        ("/stores/{store}/list-objects", post(fga::list_objects)),
        ("/stores/{store}/streamed-list-objects", post(streams::list_objects)),
        ("/stores/{store}/list-users", post(fga::list_users)),
        ("/stores/{store}/list-permissions", post(fga::list_permissions)),
        ("/stores/{store}/explain", post(fga::explain)),
        ("/stores/{store}/delete-by-filter", post(fga::delete_by_filter)),
        ("/stores/{store}/watch", get(streams::watch)),
        ("/stores/{store}/export", get(transfer::export)),
        ("/stores/{store}/import", post(transfer::import)),
    ]
}

async fn healthz() -> Response<Body> {
    json(200, Body::from(r#"{"status":"SERVING"}"#))
}

/// Where tokens for this API come from: RFC 9728 §2.
async fn metadata(extract::State(state): Shared) -> Response<Body> {
    let document = serde_json::json!({
        "resource": format!("{}{}", state.issuer(), auth::PATH),
        "authorization_servers": [state.issuer()],
        "bearer_methods_supported": ["header"],
        "scopes_supported": auth::Need::ALL.map(auth::Need::scope),
        "resource_name": "Counterfoil permissions",
    });
    door::json_bytes(document.to_string().into(), METADATA_MAX_AGE_SECS)
}

/// Seconds that it may be cached: it changes with the issuer alone.
const METADATA_MAX_AGE_SECS: i64 = 3_600;

/// What a path under `/stores` that names no route is answered.
pub(crate) fn undefined(state: &State) -> Response<Body> {
    refuse(state, &ApiError::new(Code::UndefinedEndpoint, "Not Found"))
}

async fn wrong_method(extract::State(state): Shared, uri: Uri) -> Response<Body> {
    let message =
        format!("`{}` doesn't take this method; `Allow` names those it takes", uri.path());
    refuse(&state, &ApiError::new(Code::Unimplemented, message))
}
