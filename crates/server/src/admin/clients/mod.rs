//! OAuth clients.

mod name;
mod secret;
mod settings;
mod standing;
mod write;

use axum::extract::{self, Path};
use counterfoil_oauth::model::{Client, ClientId};
use counterfoil_store::ClientFilter;
use serde_json::{Map, Value, json};

pub(super) use name::ClientName;
pub(super) use secret::{NewSecret, rotate};
pub(super) use settings::{check_signing, check_text};
pub(super) use write::{create, remove, update};

use super::{
    Answer, Shared, etag, guard::AdminCaller, id, page::Page, problem::Problem, query::Query,
};
use crate::state::State;

pub(super) async fn list(_: AdminCaller, extract::State(state): Shared, query: Query) -> Answer {
    let parameters = query.only(&["limit", "cursor", "client_id"])?;
    let page = Page::read(&parameters)?;
    let filter = ClientFilter { client_id: parameters.get("client_id").map(str::to_owned) };
    let after = page.after.map(ClientId::new);
    let clients = state.store.clients(state.iss, &filter, after, page.rows()).await?.value;
    let rows = clients.iter().map(|client| (client.id.get(), Value::Object(view(client))));
    Ok(page.answer(rows.collect()))
}

pub(super) async fn read(
    _: AdminCaller,
    extract::State(state): Shared,
    Path(client): Path<String>,
    query: Query,
) -> Answer {
    query.only(&[])?;
    let client = load(&state, ClientId::new(id(&client)?)).await?;
    Ok(etag::versioned(view(&client), client.version))
}

/// Loads a client as the database has it now.
async fn load(state: &State, client: ClientId) -> Result<Client, Problem> {
    Problem::found("client", state.store.client(state.iss, client).await?.value)
}

/// A client as administrators see it. Never a secret nor its hash.
fn view(client: &Client) -> Map<String, Value> {
    let mut view = match serde_json::to_value(&client.settings) {
        Ok(Value::Object(settings)) => settings,
        _ => Map::new(),
    };
    let mut put = |name: &str, value: Value| view.insert(name.to_owned(), value);
    put("id", json!(client.id.get().to_string()));
    put("client_id", json!(client.client_id));
    put("has_secret", json!(client.secret.is_some()));
    if let Some(api) = client.owner_api {
        put("owner_api", json!(api.get().to_string()));
    }
    put("created_at", json!(client.created_at));
    put("updated_at", json!(client.updated_at));
    put("version", json!(client.version.get()));
    view
}
