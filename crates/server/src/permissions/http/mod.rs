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
    extract::{self, DefaultBodyLimit},
    http::{Response, Uri},
    routing::{MethodRouter, delete, get, post, put},
};

pub(crate) use call::Call;
pub(crate) use reply::{describe, json, refuse};

use super::{
    error::{ApiError, Code},
    limits::BODY_BYTES_MAX,
};
use crate::state::State;

/// The shared state, as handlers take it.
type Shared = extract::State<Arc<State>>;

/// Routes that begin with `/stores`, and those of the API itself.
pub(crate) fn routes() -> Router<Arc<State>> {
    let mut router = Router::new();
    for (path, handler) in endpoints() {
        router = router.route(path, handler);
    }
    router.method_not_allowed_fallback(wrong_method).layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

fn endpoints() -> Vec<(&'static str, MethodRouter<Arc<State>>)> {
    use openfga as fga;
    vec![
        ("/healthz", get(healthz)),
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

/// What a path under `/stores` that names no route is answered.
pub(crate) fn undefined(state: &State) -> Response<Body> {
    refuse(state, &ApiError::new(Code::UndefinedEndpoint, "Not Found"))
}

async fn wrong_method(extract::State(state): Shared, uri: Uri) -> Response<Body> {
    let message =
        format!("`{}` doesn't take this method; `Allow` names those it takes", uri.path());
    refuse(&state, &ApiError::new(Code::Unimplemented, message))
}
