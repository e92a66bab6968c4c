//! What a server refuses, and what to do about it.

use serde_json::Value;

use super::text;
use crate::failure::Failure;

/// The failure that an answer stands for.
pub(super) fn failure(status: u16, body: &str) -> Failure {
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    // A stream wraps its error, and its code is a number.
    let json = json.get("error").filter(|error| error.is_object()).unwrap_or(&json);
    let (code, message) = (text(json, "code"), text(json, "message"));
    let mut told = match (code, message) {
        ("", "") => format!("the server answers {status}: is it the right URL?"),
        ("", message) => message.to_owned(),
        (code, "") => code.to_owned(),
        (code, message) => format!("{code}: {message}"),
    };
    if let Some(advice) = advice(code, message) {
        told = format!("{told}\n{advice}");
    }
    match status {
        404 => Failure::not_found(told),
        409 => Failure::conflict(told),
        _ if code == "write_failed_due_to_invalid_input" => Failure::conflict(told),
        _ => Failure::failed(told),
    }
}

fn advice(code: &str, message: &str) -> Option<&'static str> {
    Some(match code {
        "store_id_not_found" => "`counterfoil perm store list` names the stores",
        "authorization_model_not_found" => "`counterfoil perm model list` names the models",
        "latest_authorization_model_not_found" => {
            "the store has no model yet: `counterfoil perm model write FILE`"
        }
        "undefined_endpoint" => {
            "the server does not offer this: OpenFGA's own neither explains nor watches"
        }
        "type_not_found" | "relation_not_found" => {
            "`counterfoil perm model get` shows what the model has"
        }
        "bearer_token_missing"
        | "unauthenticated"
        | "invalid_bearer_token"
        | "auth_failed_invalid_bearer_token" => {
            "give `--token`, or `--client-id` and `--client-secret`"
        }
        "auth_failed_invalid_audience" => "`--audience` must be what the server expects",
        "forbidden" => "ask for the scope with `--scope`; the client must be allowed it",
        "write_failed_due_to_invalid_input" if message.contains("already exists") => {
            "`--on-duplicate ignore` passes over tuples that are there"
        }
        "write_failed_due_to_invalid_input" if message.contains("does not exist") => {
            "`--on-missing ignore` passes over tuples that aren't there"
        }
        "authorization_model_resolution_too_complex" => {
            "the path is longer than the store's limit: shorten the chain of groups or parents"
        }
        "throttled_timeout_error" | "deadline_exceeded" | "unavailable" => "try again",
        _ => return None,
    })
}
