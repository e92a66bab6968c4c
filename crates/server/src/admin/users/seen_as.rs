//! A user as one API would see them, with the reason for each claim that stays away.

use axum::extract::{self, Path};
use counterfoil_oauth::{
    grants::subject_for,
    model::{Api, ApiId, UserId},
    release, scope,
};
use serde_json::json;

use super::load;
use crate::{
    admin::{
        Answer, Shared,
        guard::AdminCaller,
        id,
        problem::{Code, Problem},
        query::Query,
        reply,
    },
    state::State,
};

pub(crate) async fn seen_as(
    _: AdminCaller,
    extract::State(state): Shared,
    Path(user): Path<String>,
    query: Query,
) -> Answer {
    let parameters = query.only(&["api", "scopes"])?;
    let user = load(&state, UserId::new(id(&user)?)).await?;
    let named = parameters.get("api").ok_or_else(|| {
        let detail = "`api` must name the API, by its id or its `resource`";
        Problem::new(Code::InvalidParameter, detail)
    })?;
    let api = find(&state, named).await?;
    let scopes = scope::parse(parameters.get("scopes").unwrap_or_default()).ok_or_else(|| {
        let detail = "`scopes` must be scope tokens separated by spaces (RFC 6749 §3.3)";
        Problem::new(Code::InvalidParameter, detail)
    })?;
    let granted: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let released = release::to_api(&api.profile, &granted, &user.claims);
    let preview = json!({
        "api": api.resource,
        "sub": subject_for(&api, &user, &state.keyring()),
        "scopes": scopes,
        "claims": released.claims,
        "absent": released.absent,
    });
    Ok(reply(200, &preview))
}

async fn find(state: &State, named: &str) -> Result<Api, Problem> {
    let found = match named.parse::<i64>() {
        Ok(id) => state.store.api(state.iss, ApiId::new(id)).await?.value,
        Err(_) => state.store.api_by_resource(state.iss, named).await?.value,
    };
    found.ok_or_else(|| Problem::new(Code::NotFound, "no API has this id or `resource`"))
}
