//! Every answer is compared with what `/openapi.json` says about it.

use serde_json::Value;

use super::ground::Reply;

/// Checks an answer to the call against the document.
#[track_caller]
pub fn check(document: &Value, method: &str, path: &str, reply: &Reply) {
    let Some(operation) = operation(document, method, path) else { return };
    let status = reply.status.as_u16().to_string();
    // A wrong method is no operation, and 500 is never promised.
    let response = &operation["responses"][&status];
    assert!(!response.is_null(), "{method} {path} answered {status}, undocumented: {reply:#?}");
    let response = follow(document, response);
    let (media_type, content) = response["content"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(reply.headers["content-type"], media_type.as_str(), "{method} {path}");
    for name in response["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
        assert!(reply.headers.contains_key(name), "{method} {path} {status} lacks {name}");
    }
    value(document, &content["schema"], &reply.body, &format!("{method} {path} {status}"));
}

/// Every operation: (method, path template).
pub fn operations(document: &Value) -> Vec<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| (method.to_uppercase(), path.clone()))
    });
    all.collect()
}

fn operation<'d>(document: &'d Value, method: &str, path: &str) -> Option<&'d Value> {
    let path = path.split('?').next().unwrap();
    let fits = |template: &str| {
        let (template, path): (Vec<_>, Vec<_>) =
            (template.split('/').collect(), path.split('/').collect());
        template.len() == path.len()
            && template.iter().zip(&path).all(|(t, p)| t.starts_with('{') || t == p)
    };
    // A fixed path, such as `/keys/rotate`, never fits a template of another resource.
    let (_, item) = document["paths"].as_object().unwrap().iter().find(|(t, _)| fits(t))?;
    item.get(method.to_lowercase())
}

fn follow<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}

/// The reading side of a schema: what is `writeOnly` may not be there.
fn value(document: &Value, schema: &Value, found: &Value, at: &str) {
    let schema = follow(document, schema);
    match schema["type"].as_str() {
        Some("string") => assert!(found.is_string(), "{at}: {found}"),
        Some("integer") => assert!(found.is_i64() || found.is_u64(), "{at}: {found}"),
        Some("boolean") => assert!(found.is_boolean(), "{at}: {found}"),
        Some("array") => assert!(found.is_array(), "{at}: {found}"),
        Some("object") => assert!(found.is_object(), "{at}: {found}"),
        other => panic!("{at}: type {other:?}"),
    }
    if let Some(choices) = schema["enum"].as_array() {
        assert!(choices.contains(found), "{at}: {found}");
    }
    for (index, item) in found.as_array().into_iter().flatten().enumerate() {
        value(document, &schema["items"], item, &format!("{at}/{index}"));
    }
    let Some(members) = found.as_object() else { return };
    for (name, member) in members {
        let property = &schema["properties"][name];
        if property.is_null() {
            assert_ne!(schema["additionalProperties"], false, "{at}/{name} is undocumented");
            continue;
        }
        assert_ne!(property["writeOnly"], true, "{at}/{name} may not be shown");
        value(document, property, member, &format!("{at}/{name}"));
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(members.contains_key(name.as_str().unwrap()), "{at} lacks {name}");
    }
}
