//! What each way of knowing finds out.

use counterfoil_guard::{Caller, Principal};
use serde_json::{Map, Value, json};

/// A caller that a guard has verified, as JSON.
pub(super) fn verified(caller: &Caller) -> Value {
    let mut learned = caller.claims().clone();
    learned.insert("sub".to_owned(), json!(caller.subject()));
    learned.insert("client_id".to_owned(), json!(caller.client_id()));
    learned.insert("principal".to_owned(), json!(principal(caller.principal())));
    learned.insert("scope".to_owned(), json!(caller.scopes().collect::<Vec<_>>().join(" ")));
    let freshness = caller.freshness();
    let told = json!({
        "level": freshness.level.as_str(),
        "source": freshness.source.as_str(),
        "bound_ms": freshness.bound_ms,
    });
    learned.insert("freshness".to_owned(), told);
    Value::Object(learned)
}

/// An answer of the issuer, without what only software reads.
pub(super) fn answered(answer: &Value) -> Value {
    const HIDDEN: [&str; 8] =
        ["active", "cf_epoch", "cf_rev", "cf_token_rev", "cf_keys", "jti", "token_type", "iat"];
    let members = answer.as_object().into_iter().flatten();
    let shown: Map<String, Value> = members
        .filter(|(name, _)| !HIDDEN.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Value::Object(shown)
}

const fn principal(principal: Principal) -> &'static str {
    match principal {
        Principal::User => "user",
        Principal::Service => "service",
        Principal::Unstated => "unstated",
    }
}
