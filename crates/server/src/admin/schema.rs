//! Checks a document against a schema of the published API description: the part of JSON Schema
//! 2020-12 that the description uses. What is documented is what is enforced.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::{
    merge::merge,
    problem::{Code, Problem},
    suggest,
};

/// The API description, as it is published but for the issuer's name.
pub(super) static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| {
    // A test reads it; an unreadable one would refuse every body.
    serde_json::from_str(include_str!("openapi.json")).unwrap_or(Value::Null)
});

/// Checks what a caller sent as a whole.
pub(super) fn check(name: &str, document: &Map<String, Value>) -> Result<(), Problem> {
    let schema = named(name)?;
    object(schema, document, "")
}

/// Applies a merge patch to a resource as it is shown, and returns what is to be set. A read-only
/// member may be sent back as it was, so that what was read can be edited and returned.
pub(super) fn patch(
    name: &str,
    shown: Map<String, Value>,
    mut patch: Map<String, Value>,
) -> Result<Map<String, Value>, Problem> {
    let schema = named(name)?;
    for member in patch.keys() {
        property(schema, member, "")?;
    }
    let mut settable = shown;
    for member in read_only(schema) {
        let current = settable.remove(member);
        if let Some(sent) = patch.remove(member)
            && Some(&sent) != current.as_ref()
        {
            return Err(cannot_set(member, &pointer("", member)));
        }
    }
    merge(&mut settable, patch);
    object(schema, &settable, "")?;
    Ok(settable)
}

/// The names of a schema's members.
pub(super) fn members(name: &str) -> Vec<&'static str> {
    named(name).map(property_names).unwrap_or_default()
}

fn named(name: &str) -> Result<&'static Value, Problem> {
    let schema = DESCRIPTION.pointer(&format!("/components/schemas/{name}"));
    schema.ok_or_else(|| Problem::new(Code::ServerError, "a schema is missing"))
}

fn resolve(schema: &'static Value) -> &'static Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'));
    target.and_then(|pointer| DESCRIPTION.pointer(pointer)).unwrap_or(schema)
}

fn property_names(schema: &'static Value) -> Vec<&'static str> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

fn read_only(schema: &'static Value) -> impl Iterator<Item = &'static str> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .filter(|(_, property)| flag(property, "readOnly"))
        .map(|(name, _)| name.as_str())
}

fn flag(schema: &Value, name: &str) -> bool {
    schema.get(name).and_then(Value::as_bool) == Some(true)
}

/// The schema of a member; unknown ones are refused with a suggestion.
fn property(
    schema: &'static Value,
    member: &str,
    at: &str,
) -> Result<Option<&'static Value>, Problem> {
    if let Some(property) = schema.get("properties").and_then(|known| known.get(member)) {
        return Ok(Some(property));
    }
    match schema.get("additionalProperties") {
        Some(Value::Bool(false)) => {
            let detail = suggest::unknown("member", member, &property_names(schema));
            Err(Problem::at(Code::UnknownMember, pointer(at, member), detail))
        }
        Some(Value::Bool(true)) | None => Ok(None),
        Some(schema) => Ok(Some(schema)),
    }
}

/// Checks a value.
pub(super) fn value(schema: &'static Value, value: &Value, at: &str) -> Result<(), Problem> {
    let schema = resolve(schema);
    let kind = schema.get("type").and_then(Value::as_str);
    if let Some(kind) = kind.filter(|kind| !is_a(value, kind)) {
        let detail = format!("must be {}, is {}", article(kind), article(kind_of(value)));
        return Err(Problem::member(at, detail));
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array)
        && !choices.contains(value)
    {
        let choices: Vec<String> = choices.iter().map(ToString::to_string).collect();
        return Err(Problem::member(at, format!("must be one of {}", choices.join(", "))));
    }
    match value {
        Value::Null | Value::Bool(_) => Ok(()),
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            within(schema, ("minimum", "maximum"), number, "", at)
        }
        Value::String(text) => {
            let chars = count(text.chars().count());
            within(schema, ("minLength", "maxLength"), chars, "characters", at)
        }
        Value::Array(items) => array(schema, items, at),
        Value::Object(members) => object(schema, members, at),
    }
}

fn array(schema: &'static Value, items: &[Value], at: &str) -> Result<(), Problem> {
    within(schema, ("minItems", "maxItems"), count(items.len()), "items", at)?;
    for (index, item) in items.iter().enumerate() {
        let at = format!("{at}/{index}");
        if flag(schema, "uniqueItems") && items.iter().take(index).any(|seen| seen == item) {
            return Err(Problem::member(at, "is there twice"));
        }
        if let Some(schema) = schema.get("items") {
            value(schema, item, &at)?;
        }
    }
    Ok(())
}

fn object(schema: &'static Value, members: &Map<String, Value>, at: &str) -> Result<(), Problem> {
    within(schema, ("minProperties", "maxProperties"), count(members.len()), "members", at)?;
    for (name, member) in members {
        let Some(property) = property(schema, name, at)? else { continue };
        let at = pointer(at, name);
        if flag(property, "readOnly") {
            return Err(cannot_set(name, &at));
        }
        value(property, member, &at)?;
    }
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        let property = schema.get("properties").and_then(|known| known.get(name));
        let servers = property.is_some_and(|property| flag(property, "readOnly"));
        if !servers && !members.contains_key(name) {
            return Err(Problem::member(pointer(at, name), format!("member `{name}` is required")));
        }
    }
    Ok(())
}

fn cannot_set(name: &str, at: &str) -> Problem {
    Problem::at(
        Code::ReadOnlyMember,
        at,
        format!("`{name}` is the server's to write; leave it out"),
    )
}

fn within(
    schema: &Value,
    (least, most): (&str, &str),
    found: f64,
    unit: &str,
    at: &str,
) -> Result<(), Problem> {
    let bound = |name| schema.get(name).and_then(Value::as_f64);
    let (least, most) = (bound(least), bound(most));
    if least.is_none_or(|least| found >= least) && most.is_none_or(|most| found <= most) {
        return Ok(());
    }
    let range = match (least, most) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, most) => format!("at most {}", most.unwrap_or(f64::NAN)),
    };
    let detail = match unit {
        "" => format!("must be {range}, is {found}"),
        unit => format!("must have {range} {unit}, has {found}"),
    };
    Err(Problem::member(at, detail))
}

#[expect(clippy::cast_precision_loss, reason = "counts of a bounded body")]
fn count(number: usize) -> f64 {
    number as f64
}

/// A JSON Pointer one level deeper: RFC 6901 §3.
pub(super) fn pointer(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        kind => kind_of(value) == kind,
    }
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn article(kind: &str) -> String {
    match kind {
        "null" => "null".to_owned(),
        "integer" | "array" | "object" => format!("an {kind}"),
        kind => format!("a {kind}"),
    }
}
