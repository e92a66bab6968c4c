//! Users: resource owners.

mod act;
mod claims;
mod seen_as;
mod write;

use axum::extract::{self, Path};
use counterfoil_oauth::model::{User, UserId, UserStatus};
use counterfoil_store::UserFilter;
use serde_json::{Map, Value, json};

pub(super) use act::{resume, revoke, suspend};
pub(super) use claims::check_name as check_claim_name;
pub(super) use seen_as::seen_as;
pub(super) use write::{SUB_PREFIX, create, remove, update};

use super::{
    Answer, Shared, etag, guard::AdminCaller, id, page::Page, problem::Problem, query::Query,
};
use crate::state::State;

pub(super) async fn list(_: AdminCaller, extract::State(state): Shared, query: Query) -> Answer {
    let parameters = query.only(&["limit", "cursor", "username"])?;
    let page = Page::read(&parameters)?;
    let filter = UserFilter { username: parameters.get("username").map(str::to_owned) };
    let after = page.after.map(UserId::new);
    let users = state.store.users(state.iss, &filter, after, page.rows()).await?.value;
    let rows = users.iter().map(|user| (user.id.get(), Value::Object(view(user))));
    Ok(page.answer(rows.collect()))
}

pub(super) async fn read(
    _: AdminCaller,
    extract::State(state): Shared,
    Path(user): Path<String>,
    query: Query,
) -> Answer {
    query.only(&[])?;
    let user = load(&state, UserId::new(id(&user)?)).await?;
    Ok(etag::versioned(view(&user), user.version))
}

/// Loads a user as the database has it now.
async fn load(state: &State, user: UserId) -> Result<User, Problem> {
    Problem::found("user", state.store.user(state.iss, user).await?.value)
}

/// A user as administrators see one. Never a hash.
fn view(user: &User) -> Map<String, Value> {
    let status = match user.status {
        UserStatus::Active => "active",
        UserStatus::Suspended => "suspended",
    };
    let mut view = Map::new();
    let mut put = |name: &str, value: Value| view.insert(name.to_owned(), value);
    put("id", json!(user.id.get().to_string()));
    put("sub", json!(user.sub));
    put("username", json!(user.username));
    put("has_password", json!(user.password.is_some()));
    put("status", json!(status));
    put("claims", Value::Object(user.claims.clone()));
    put("created_at", json!(user.created_at));
    put("updated_at", json!(user.updated_at));
    put("version", json!(user.version.get()));
    view
}
