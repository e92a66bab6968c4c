//! APIs: resource servers, their profiles and their own clients.

mod profile;
mod write;

use axum::extract::{self, Path};
use counterfoil_oauth::model::{Api, ApiId};
use counterfoil_store::ApiFilter;
use serde_json::{Map, Value, json};

pub(super) use write::{create, remove, update};

use super::{
    Answer, Shared, etag, guard::AdminCaller, id, page::Page, problem::Problem, query::Query,
};
use crate::state::State;

pub(super) async fn list(_: AdminCaller, extract::State(state): Shared, query: Query) -> Answer {
    let parameters = query.only(&["limit", "cursor", "resource"])?;
    let page = Page::read(&parameters)?;
    let filter = ApiFilter { resource: parameters.get("resource").map(str::to_owned) };
    let after = page.after.map(ApiId::new);
    let apis = state.store.apis(state.iss, &filter, after, page.rows()).await?.value;
    let mut rows = Vec::with_capacity(apis.len());
    for api in &apis {
        rows.push((api.id.get(), Value::Object(view(&state, api).await?)));
    }
    Ok(page.answer(rows))
}

pub(super) async fn read(
    _: AdminCaller,
    extract::State(state): Shared,
    Path(api): Path<String>,
    query: Query,
) -> Answer {
    query.only(&[])?;
    let api = load(&state, ApiId::new(id(&api)?)).await?;
    Ok(etag::versioned(view(&state, &api).await?, api.version))
}

/// Loads an API as the database has it now.
async fn load(state: &State, api: ApiId) -> Result<Api, Problem> {
    Problem::found("API", state.store.api(state.iss, api).await?.value)
}

/// An API as administrators see it.
async fn view(state: &State, api: &Api) -> Result<Map<String, Value>, Problem> {
    let own = state.facts.client(api.client).await?;
    Ok(view_with(api, own.as_ref().map(|own| own.client_id.as_str())))
}

fn view_with(api: &Api, client_id: Option<&str>) -> Map<String, Value> {
    let mut view = Map::new();
    let mut put = |name: &str, value: Value| view.insert(name.to_owned(), value);
    put("id", json!(api.id.get().to_string()));
    put("resource", json!(api.resource));
    put("client", json!(api.client.get().to_string()));
    if let Some(client_id) = client_id {
        put("client_id", json!(client_id));
    }
    put("profile", json!(api.profile));
    put("created_at", json!(api.created_at));
    put("updated_at", json!(api.updated_at));
    put("version", json!(api.version.get()));
    view
}
