//! The issuer's keys, without the keys.

use axum::extract;
use counterfoil_oauth::model::{KeyPurpose, KeyState, StoredKey};
use counterfoil_store::CommitError;
use serde_json::{Map, Value, json};

use super::{
    Answer, Shared,
    body::OptionalBody,
    change::{ATTEMPTS, Changing, Done, gave_up},
    guard::AdminCaller,
    problem::{Code, Problem},
    query::Query,
    reply, schema,
};
use crate::keys::{self, OpenError, Rotation};

pub(super) async fn list(_: AdminCaller, extract::State(state): Shared, query: Query) -> Answer {
    query.only(&[])?;
    // Keys are few: one of each purpose in use, and what the last two rotations left.
    let stored = state.store.keys(state.iss).await?.value;
    let items: Vec<Value> = stored.iter().map(view).collect();
    Ok(reply(200, &json!({ "items": items })))
}

pub(super) async fn rotate(
    changing: Changing,
    extract::State(state): Shared,
    OptionalBody(body): OptionalBody,
) -> Answer {
    schema::check("Rotate", &body)?;
    let compromised = body.get("compromised").and_then(Value::as_bool) == Some(true);
    let how = if compromised { Rotation::Compromised } else { Rotation::Gentle };
    for _ in 0..ATTEMPTS {
        match keys::rotate(&state, how).await {
            Ok(kids) => {
                // This node has applied what it committed, so its revision covers the rotation.
                let seq = state.revision();
                let body = Map::from_iter([("kids".to_owned(), json!(kids))]);
                return Ok(changing.answer(&state, Done { seq, body, ..Done::default() }).await);
            }
            Err(OpenError::Commit(CommitError::Conflict(_))) => {}
            Err(OpenError::Commit(error)) => return Err(error.into()),
            Err(OpenError::Store(error)) => return Err(error.into()),
            Err(OpenError::Key(error)) => {
                tracing::error!(%error, "keys can't be rotated");
                return Err(Problem::new(Code::ServerError, "a key could not be made"));
            }
        }
    }
    Err(gave_up())
}

fn view(key: &StoredKey) -> Value {
    let (purpose, alg) = match &key.purpose {
        KeyPurpose::Sign(alg) => ("sign", Some(alg)),
        KeyPurpose::Feed => ("feed", None),
        KeyPurpose::Seal => ("seal", None),
        KeyPurpose::Derive => ("derive", None),
    };
    let state = match key.state {
        KeyState::Published => "published",
        KeyState::Active => "active",
        KeyState::Retiring => "retiring",
        KeyState::Retired => "retired",
    };
    let mut view = json!({
        "kid": key.kid,
        "purpose": purpose,
        "state": state,
        "since": key.state_since,
        "created_at": key.created_at,
    });
    if let (Some(alg), Some(view)) = (alg, view.as_object_mut()) {
        view.insert("alg".to_owned(), json!(alg));
    }
    view
}
