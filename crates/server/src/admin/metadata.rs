//! Protected resource metadata of the admin API itself: RFC 9728.

use axum::{body::Body, extract, http::Response};
use serde_json::json;

use super::{PATH, SCOPE, Shared, guard};
use crate::{door, state::State};

/// Seconds that the document may be cached.
const MAX_AGE_SECS: i64 = 300;

/// Where the document is.
pub(super) fn url(state: &State) -> String {
    format!("{}/.well-known/oauth-protected-resource{PATH}", state.issuer())
}

pub(super) async fn document(extract::State(state): Shared) -> Response<Body> {
    let document = json!({
        "resource": guard::name(&state),
        "authorization_servers": [state.issuer()],
        "scopes_supported": [SCOPE],
        "bearer_methods_supported": ["header"],
        "resource_name": "Counterfoil admin API",
        "resource_documentation": format!("{}/openapi.json", state.issuer()),
    });
    door::json_bytes(document.to_string().into(), MAX_AGE_SECS)
}
