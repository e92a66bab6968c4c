//! The admin API under `/admin/v1`: users, clients, APIs, and what hangs on them.
//!
//! Every handler takes a [`guard::AdminCaller`], which only the guard can make. Every body is
//! checked against the schema that the published document shows, so the two can't drift apart.

mod apis;
mod body;
mod change;
mod clients;
mod etag;
mod grants;
mod guard;
mod keys;
mod merge;
mod metadata;
mod openapi;
mod page;
mod problem;
mod query;
mod schema;
mod sessions;
mod suggest;
mod users;
mod verifiers;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract,
    http::{Response, Uri},
    routing::{MethodRouter, delete, get, patch, post},
};

use crate::{door, state::State};
use problem::{Code, Problem};

/// What the admin API is, below the issuer: its path and, as a `resource`, its name.
pub(crate) const PATH: &str = "/admin/v1";

/// The scope that an administrator's client needs.
pub(crate) const SCOPE: &str = "admin";

/// What a handler comes to.
type Answer = Result<Response<Body>, Problem>;

/// The shared state, as handlers take it.
type Shared = extract::State<Arc<State>>;

/// One route and method, as the document names them.
struct Endpoint {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the handler knows its method; tests compare")
    )]
    method: &'static str,
    path: &'static str,
    handler: MethodRouter<Arc<State>>,
}

pub(crate) fn routes() -> Router<Arc<State>> {
    let mut router = Router::new();
    for Endpoint { path, handler, .. } in endpoints() {
        router = router.route(path, handler);
    }
    router.method_not_allowed_fallback(wrong_method)
}

/// Every endpoint there is. A test compares the list with the document, both ways.
fn endpoints() -> Vec<Endpoint> {
    let at = |method, path, handler| Endpoint { method, path, handler };
    vec![
        at("GET", "/openapi.json", get(openapi::document)),
        at("GET", "/.well-known/oauth-protected-resource/admin/v1", get(metadata::document)),
        at("GET", "/admin/v1/users", get(users::list)),
        at("POST", "/admin/v1/users", post(users::create)),
        at("GET", "/admin/v1/users/{id}", get(users::read)),
        at("PATCH", "/admin/v1/users/{id}", patch(users::update)),
        at("DELETE", "/admin/v1/users/{id}", delete(users::remove)),
        at("POST", "/admin/v1/users/{id}/suspend", post(users::suspend)),
        at("POST", "/admin/v1/users/{id}/resume", post(users::resume)),
        at("POST", "/admin/v1/users/{id}/revoke", post(users::revoke)),
        at("GET", "/admin/v1/users/{id}/seen-as", get(users::seen_as)),
        at("GET", "/admin/v1/clients", get(clients::list)),
        at("POST", "/admin/v1/clients", post(clients::create)),
        at("GET", "/admin/v1/clients/{id}", get(clients::read)),
        at("PATCH", "/admin/v1/clients/{id}", patch(clients::update)),
        at("DELETE", "/admin/v1/clients/{id}", delete(clients::remove)),
        at("POST", "/admin/v1/clients/{id}/secret", post(clients::rotate)),
        at("GET", "/admin/v1/apis", get(apis::list)),
        at("POST", "/admin/v1/apis", post(apis::create)),
        at("GET", "/admin/v1/apis/{id}", get(apis::read)),
        at("PATCH", "/admin/v1/apis/{id}", patch(apis::update)),
        at("DELETE", "/admin/v1/apis/{id}", delete(apis::remove)),
        at("GET", "/admin/v1/grants", get(grants::list)),
        at("DELETE", "/admin/v1/grants/{id}", delete(grants::revoke)),
        at("GET", "/admin/v1/sessions", get(sessions::list)),
        at("DELETE", "/admin/v1/sessions/{id}", delete(sessions::end)),
        at("GET", "/admin/v1/verifiers", get(verifiers::list)),
        at("GET", "/admin/v1/keys", get(keys::list)),
        at("POST", "/admin/v1/keys/rotate", post(keys::rotate)),
    ]
}

async fn wrong_method(uri: Uri) -> Problem {
    let detail = format!("`{}` doesn't take this method; `Allow` names those it takes", uri.path());
    Problem::new(Code::MethodNotAllowed, detail)
}

/// Reads an id out of a path. What can't be an id names nothing.
fn id(text: &str) -> Result<i64, Problem> {
    let number = text.parse::<i64>().ok().filter(|id| *id > 0 && id.to_string() == text);
    number.ok_or_else(|| {
        Problem::new(Code::NotFound, "ids are decimal numbers, as the lists name them")
    })
}

/// A JSON answer that nobody may keep.
fn reply(status: u16, body: &serde_json::Value) -> Response<Body> {
    door::json_no_store(status, body)
}
