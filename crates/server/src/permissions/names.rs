//! From the texts of a request to names and tuples that a model allows, in OpenFGA's words.

use std::fmt;

use counterfoil_permission::{
    compile::{CheckedModel, NotAllowed},
    tuple::{Context, NameError, ObjectName, RelationName, Tuple, UserName},
};

use super::{
    error::{ApiError, Code},
    moment,
    wire::TupleKey,
};

/// Why a text is no name, as OpenFGA says it.
const BAD_USER: &str = "the 'user' field is malformed";
const PLAIN_USER: &str = "the 'user' field must be an object (e.g. document:1) or an \
                          'object#relation' or a typed wildcard (e.g. group:*)";
const BAD_OBJECT: &str = "invalid 'object' field format";
const WILDCARD_OBJECT: &str = "the 'object' field cannot reference a typed wildcard";
const BAD_RELATION: &str = "the 'relation' field is malformed";

/// Reads a user.
pub(crate) fn user(text: &str) -> Result<UserName, &'static str> {
    if holds_control(text) {
        return Err(BAD_USER);
    }
    UserName::parse(text).map_err(|_| {
        let plain = !text.is_empty() && !text.contains([':', '#', ' ']);
        if plain { PLAIN_USER } else { BAD_USER }
    })
}

/// Reads an object.
pub(crate) fn object(text: &str) -> Result<ObjectName, &'static str> {
    if holds_control(text) {
        return Err(BAD_OBJECT);
    }
    ObjectName::parse(text).map_err(|error| match error {
        NameError::WildcardObject(_) => WILDCARD_OBJECT,
        _ => BAD_OBJECT,
    })
}

/// Reads a relation.
pub(crate) fn relation(text: &str) -> Result<RelationName, &'static str> {
    if holds_control(text) {
        return Err(BAD_RELATION);
    }
    RelationName::parse(text).map_err(|_| BAD_RELATION)
}

/// Control characters would end up in logs and caches. No database column takes U+0000.
fn holds_control(text: &str) -> bool {
    if text.is_ascii() {
        text.bytes().any(|byte| byte.is_ascii_control())
    } else {
        text.chars().any(char::is_control)
    }
}

/// The context of a question, if it may be one.
pub(crate) fn context(context: &Context) -> Result<(), String> {
    context.iter().try_for_each(|(key, value)| {
        if holds_control(key) {
            return Err(format!("context key {key:?} contains forbidden characters"));
        }
        value_of_context(value)
    })
}

fn value_of_context(value: &serde_json::Value) -> Result<(), String> {
    use serde_json::Value;
    match value {
        Value::String(text) if holds_control(text) => {
            Err(format!("context value {text:?} contains forbidden characters"))
        }
        Value::Array(items) => items.iter().try_for_each(value_of_context),
        Value::Object(members) => context(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// A tuple that can't be written, or not be asked with.
#[derive(Debug)]
pub(crate) struct BadTuple {
    /// The tuple, `object#relation@user`.
    shown: String,
    reason: String,
    /// Whether its condition is at fault, for which OpenFGA has another code in lists.
    conditional: bool,
}

impl fmt::Display for BadTuple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invalid tuple '{}'. Reason: {}", self.shown, self.reason)
    }
}

impl BadTuple {
    pub(crate) fn new(key: &TupleKey<'_>, reason: impl Into<String>) -> Self {
        Self { shown: shown(key), reason: reason.into(), conditional: false }
    }

    fn of_condition(key: &TupleKey<'_>, reason: impl Into<String>) -> Self {
        let name = key.condition.as_ref().map(|condition| condition.name.as_str());
        let shown = match name {
            Some(name) => format!("{} (condition {name})", shown(key)),
            None => shown(key),
        };
        Self { shown, reason: reason.into(), conditional: true }
    }

    /// As a write and an assertion refuse it.
    pub(crate) fn in_write(&self) -> ApiError {
        ApiError::validation(self.to_string())
    }

    /// As a check refuses it.
    pub(crate) fn in_check(&self) -> ApiError {
        ApiError::new(Code::InvalidTuple, self.to_string())
    }

    /// As lists and expansions refuse it.
    pub(crate) fn in_list(&self) -> ApiError {
        if self.conditional { self.in_write() } else { self.in_check() }
    }
}

fn shown(key: &TupleKey<'_>) -> String {
    format!("{}#{}@{}", key.object.as_str(), key.relation.as_str(), key.user.as_str())
}

/// Reads a tuple that a model allows.
pub(crate) fn tuple(model: &CheckedModel, key: &TupleKey<'_>) -> Result<Tuple, BadTuple> {
    let tuple = plain_tuple(key)?;
    model.allows(&tuple).map_err(|cause| not_allowed(model, key, &tuple, &cause))?;
    if is_implicit(&tuple) {
        return Err(BadTuple::new(key, "cannot write a tuple that is implicit"));
    }
    Ok(tuple)
}

/// Reads a tuple, whatever a model says of it.
pub(crate) fn plain_tuple(key: &TupleKey<'_>) -> Result<Tuple, BadTuple> {
    let bad = |reason: &str| BadTuple::new(key, reason);
    user(&key.user).map_err(bad)?;
    object(&key.object).map_err(bad)?;
    relation(&key.relation).map_err(bad)?;
    let tuple = Tuple::parse(&key.object, &key.relation, &key.user)
        .map_err(|error| BadTuple::new(key, error.to_string()))?;
    let tuple = match expires_at(key)? {
        Some(end) => tuple.with_expiry(end),
        None => tuple,
    };
    let Some(given) = &key.condition else { return Ok(tuple) };
    let values = given.context.clone().unwrap_or_default();
    context(&values).map_err(|reason| BadTuple::of_condition(key, reason))?;
    if holds_control(&given.name) {
        let reason = "condition name contains forbidden characters";
        return Err(BadTuple::of_condition(key, reason));
    }
    tuple
        .with_condition(&given.name, values)
        .map_err(|error| BadTuple::of_condition(key, error.to_string()))
}

/// When a tuple stops counting, in seconds since 1970.
fn expires_at(key: &TupleKey<'_>) -> Result<Option<u64>, BadTuple> {
    let Some(text) = key.expires_at.given() else { return Ok(None) };
    let moment = moment::parse(text).and_then(|ms| u64::try_from(ms.div_euclid(1_000)).ok());
    moment.map(Some).ok_or_else(|| {
        BadTuple::new(key, format!("'{text}' is no moment; expected one as 2026-11-22T12:00:00Z"))
    })
}

/// Reads tuples for one question.
pub(crate) fn contextual(
    model: &CheckedModel,
    keys: &[TupleKey<'_>],
) -> Result<Vec<Tuple>, BadTuple> {
    keys.iter().map(|key| tuple(model, key)).collect()
}

/// `o#r` always has `r` on `o`.
fn is_implicit(tuple: &Tuple) -> bool {
    matches!(tuple.user(), UserName::Userset(object, relation)
        if object == tuple.object() && relation == tuple.relation())
}

fn not_allowed(
    model: &CheckedModel,
    key: &TupleKey<'_>,
    tuple: &Tuple,
    cause: &NotAllowed,
) -> BadTuple {
    let (of, relation) = (tuple.object().type_name(), tuple.relation());
    match cause {
        NotAllowed::UnknownType(name) => BadTuple::new(key, format!("type '{name}' not found")),
        NotAllowed::UnknownRelation { type_name, relation } => {
            BadTuple::new(key, format!("relation '{type_name}#{relation}' not found"))
        }
        NotAllowed::UnknownCondition(_) => BadTuple::of_condition(key, "undefined condition"),
        NotAllowed::Context { condition, why } => BadTuple::of_condition(
            key,
            format!("parameter type error on condition '{condition}' - {why}"),
        ),
        NotAllowed::Restricted { .. } if tuple.condition().is_some() && fits_plain(model, key) => {
            BadTuple::of_condition(key, "invalid condition for type restriction")
        }
        NotAllowed::Restricted { .. } | NotAllowed::Computed { .. } => {
            let place = format!("is not an allowed type restriction for '{of}#{relation}'");
            let reason = match tuple.user() {
                UserName::Object(user) => format!("type '{}' {place}", user.type_name()),
                UserName::Userset(user, name) => format!("'{}#{name}' {place}", user.type_name()),
                UserName::Wildcard(_) => format!("the typed wildcard '{}' {place}", tuple.user()),
            };
            BadTuple::new(key, reason)
        }
    }
}

/// Whether the tuple would be allowed without its condition.
fn fits_plain(model: &CheckedModel, key: &TupleKey<'_>) -> bool {
    Tuple::parse(&key.object, &key.relation, &key.user)
        .is_ok_and(|plain| model.allows(&plain).is_ok())
}
