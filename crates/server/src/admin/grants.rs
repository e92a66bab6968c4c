//! Grants: authorizations that were acted on.

use axum::extract::{self, Path};
use counterfoil_oauth::{
    grants::authorization_code,
    model::{ClientId, Grant, GrantId, GrantKind, Reason, UserId},
};
use counterfoil_store::GrantFilter;
use serde_json::{Map, Value, json};

use super::{
    Answer, Shared,
    change::{ATTEMPTS, Changing, Done, commit, gave_up},
    guard::AdminCaller,
    id,
    page::Page,
    problem::Problem,
    query::Query,
};

pub(super) async fn list(_: AdminCaller, extract::State(state): Shared, query: Query) -> Answer {
    let parameters = query.only(&["limit", "cursor", "user", "client"])?;
    let page = Page::read(&parameters)?;
    let filter = GrantFilter {
        user: parameters.id("user")?.map(UserId::new),
        client: parameters.id("client")?.map(ClientId::new),
    };
    let after = page.after.map(GrantId::new);
    let grants = state.store.grants(state.iss, &filter, after, page.rows()).await?.value;
    let rows = grants.iter().map(|grant| (grant.id.get(), Value::Object(view(grant))));
    Ok(page.answer(rows.collect()))
}

/// Revokes a grant with every token that hangs on it. Revoking one twice is no error.
pub(super) async fn revoke(
    changing: Changing,
    extract::State(state): Shared,
    Path(grant): Path<String>,
) -> Answer {
    let grant = GrantId::new(id(&grant)?);
    for _ in 0..ATTEMPTS {
        let current = Problem::found("grant", state.store.grant(state.iss, grant).await?.value)?;
        let seq = if current.revoked_at.is_some() {
            Some(state.revision())
        } else {
            let batch = authorization_code::revoke(grant, Reason::AdminRevoked, state.now());
            commit(&state, batch).await?
        };
        if let Some(seq) = seq {
            return Ok(changing.answer(&state, Done { seq, ..Done::default() }).await);
        }
    }
    Err(gave_up())
}

fn view(grant: &Grant) -> Map<String, Value> {
    let kind = match grant.kind {
        GrantKind::AuthorizationCode { .. } => "authorization_code",
        GrantKind::ClientCredentials => "client_credentials",
    };
    let apis: Vec<String> = grant.apis.iter().map(|api| api.get().to_string()).collect();
    let mut view = Map::new();
    let mut put = |name: &str, value: Value| view.insert(name.to_owned(), value);
    put("id", json!(grant.id.get().to_string()));
    put("kind", json!(kind));
    put("client", json!(grant.client.get().to_string()));
    put("apis", json!(apis));
    put("scopes", json!(grant.scopes));
    put("amr", json!(grant.amr));
    put("created_at", json!(grant.created_at));
    let optional = [
        ("user", grant.user.map(|user| json!(user.get().to_string()))),
        ("session", grant.session.map(|session| json!(session.get().to_string()))),
        ("auth_time", grant.auth_time.map(|at| json!(at))),
        ("revoked_at", grant.revoked_at.map(|at| json!(at))),
        ("refresh_expires_at", grant.refresh.as_ref().map(|family| json!(family.expires_at))),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            put(name, value);
        }
    }
    view
}
