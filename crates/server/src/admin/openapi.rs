//! The API description at `/openapi.json`: OpenAPI 3.1.

use axum::{body::Body, extract, http::Response};
use serde_json::{Value, json};

use super::{Shared, schema::DESCRIPTION};
use crate::{door, state::State};

/// Seconds that the document may be cached.
const MAX_AGE_SECS: i64 = 300;

pub(super) async fn document(extract::State(state): Shared) -> Response<Body> {
    door::json_bytes(describe(&state).to_string().into(), MAX_AGE_SECS)
}

/// The description with this issuer's addresses.
fn describe(state: &State) -> Value {
    let mut document = DESCRIPTION.clone();
    let issuer = state.issuer();
    if let Some(server) = document.pointer_mut("/servers/0/url") {
        *server = json!(issuer);
    }
    let flow = "/components/securitySchemes/admin/flows/clientCredentials/tokenUrl";
    if let Some(token_url) = document.pointer_mut(flow) {
        *token_url = json!(state.token_endpoint());
    }
    document
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::admin::{endpoints, problem::Code};

    fn operations() -> Vec<(String, &'static Value)> {
        let paths = DESCRIPTION["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, operation)| {
                (format!("{} {path}", method.to_uppercase()), operation)
            })
        });
        operations.collect()
    }

    #[test]
    fn every_route_is_documented_and_every_documented_one_is_routed() {
        let routed: BTreeSet<String> = endpoints()
            .into_iter()
            .map(|endpoint| format!("{} {}", endpoint.method, endpoint.path))
            .collect();
        assert_eq!(routed.len(), endpoints().len(), "an endpoint is there twice");
        let documented: BTreeSet<String> = operations().into_iter().map(|(name, _)| name).collect();
        assert_eq!(routed, documented);
    }

    #[test]
    fn every_code_is_documented() {
        let documented = DESCRIPTION
            .pointer("/components/schemas/Problem/properties/code/enum")
            .and_then(Value::as_array)
            .unwrap();
        let documented: BTreeSet<&str> = documented.iter().filter_map(Value::as_str).collect();
        assert_eq!(documented, Code::ALL.iter().map(|code| code.as_str()).collect());
    }

    /// What OpenAPI 3.1.0 §4.8 demands of every operation, parameter and response.
    #[test]
    fn the_document_has_the_form_that_openapi_demands() {
        assert_eq!(DESCRIPTION["openapi"], "3.1.0");
        assert!(DESCRIPTION["info"]["title"].is_string());
        assert!(DESCRIPTION["info"]["version"].is_string());
        let tags: BTreeSet<&str> = DESCRIPTION["tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| tag["name"].as_str().unwrap())
            .collect();
        let mut ids = BTreeSet::new();
        for (name, operation) in operations() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{name}");
            assert!(tags.contains(operation["tags"][0].as_str().unwrap()), "{name}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(!responses.is_empty(), "{name}");
            for (status, response) in responses {
                let response = follow(response);
                assert!(status.parse::<u16>().is_ok_and(|status| (200..600).contains(&status)));
                assert!(response["description"].is_string(), "{name} {status}");
            }
            let parameters = operation.get("parameters").and_then(Value::as_array);
            let parameters: Vec<&Value> = parameters.into_iter().flatten().map(follow).collect();
            for parameter in &parameters {
                assert!(["path", "query", "header"].contains(&parameter["in"].as_str().unwrap()));
                assert!(parameter["schema"].is_object() && parameter["description"].is_string());
                assert_eq!(
                    parameter["in"] == "path",
                    parameter["required"] == true && parameter["in"] != "query"
                );
            }
            for part in name.split('{').skip(1) {
                let wanted = part.split('}').next().unwrap();
                let found = parameters.iter().any(|it| it["in"] == "path" && it["name"] == wanted);
                assert!(found, "{name} lacks the path parameter {wanted}");
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_component_is_used() {
        let mut references = BTreeSet::new();
        collect(&DESCRIPTION, &mut references);
        for reference in &references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(DESCRIPTION.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
        for kind in ["schemas", "parameters", "headers", "responses"] {
            for name in DESCRIPTION["components"][kind].as_object().unwrap().keys() {
                let reference = format!("#/components/{kind}/{name}");
                assert!(references.contains(&reference), "{reference} is used nowhere");
            }
        }
    }

    /// Only what [`crate::admin::schema`] enforces may be said in a schema: a keyword that it
    /// doesn't know would be a promise that nobody keeps.
    #[test]
    fn schemas_use_only_keywords_that_are_enforced() {
        const KNOWN: [&str; 21] = [
            "$ref",
            "type",
            "description",
            "enum",
            "default",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "uniqueItems",
            "items",
            "properties",
            "required",
            "additionalProperties",
            "minProperties",
            "maxProperties",
            "readOnly",
            "writeOnly",
            "title",
        ];
        fn walk(schema: &Value, at: &str) {
            for (keyword, value) in schema.as_object().unwrap() {
                assert!(KNOWN.contains(&keyword.as_str()), "{at} uses {keyword}");
                match keyword.as_str() {
                    "items" => walk(value, &format!("{at}/items")),
                    "properties" => {
                        for (name, property) in value.as_object().unwrap() {
                            walk(property, &format!("{at}/{name}"));
                        }
                    }
                    _ => {}
                }
            }
            let documented = schema.get("description").is_some() || schema.get("$ref").is_some();
            assert!(documented, "{at} says nothing");
        }
        for (name, schema) in DESCRIPTION["components"]["schemas"].as_object().unwrap() {
            walk(schema, name);
        }
    }

    fn follow(value: &'static Value) -> &'static Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => DESCRIPTION.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
            None => value,
        }
    }

    fn collect(value: &Value, references: &mut BTreeSet<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
            Value::Object(members) => {
                references.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| collect(member, references));
            }
            _ => {}
        }
    }
}
