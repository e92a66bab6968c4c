//! `document:plan#viewer@user:anne[weekday:{"day":"monday"}][expiration:2030-01-01T00:00:00Z]`

use std::fmt;

use crate::import::moment;
use crate::language::ERROR_LIMIT;
use crate::tuple::{ConditionError, Context, NameError, Tuple};

/// Why a line is no relationship that a tuple can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelationshipError {
    /// It has not the shape of one.
    NotARelationship,
    /// One of its names can't stand in a tuple.
    Name(NameError),
    /// Its caveat can't be a tuple's condition.
    Condition(ConditionError),
    /// The context of its caveat is no JSON object.
    Context(String),
    /// The moment of its expiration is none.
    Expiration(String),
}

impl fmt::Display for RelationshipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotARelationship => f.write_str(
                "expected a relationship such as `document:plan#viewer@user:anne`, perhaps with \
                 `[caveat:{…}]` and `[expiration:…]` behind it",
            ),
            Self::Name(error) => error.fmt(f),
            Self::Condition(error) => error.fmt(f),
            Self::Context(error) => write!(f, "the caveat's context is no JSON object: {error}"),
            Self::Expiration(text) => write!(
                f,
                "`{text}` is no moment of expiration: expected one such as `2030-01-31T12:00:00Z`"
            ),
        }
    }
}

impl std::error::Error for RelationshipError {}

/// Reads a relationship.
///
/// ```
/// use counterfoil_permission::import::zed::parse_relationship;
///
/// let tuple = parse_relationship("document:plan#viewer@group:eng#member[weekday]").unwrap();
/// assert_eq!(tuple.to_string(), "document:plan#viewer@group:eng#member");
/// assert_eq!(tuple.condition().unwrap().name(), "weekday");
/// ```
///
/// # Errors
/// It is no relationship, or one that a tuple can't say.
pub fn parse_relationship(text: &str) -> Result<Tuple, RelationshipError> {
    let none = || RelationshipError::NotARelationship;
    let (resource, rest) = text.trim().split_once('@').ok_or_else(none)?;
    let (object, relation) = resource.split_once('#').ok_or_else(none)?;
    let (subject, mut rest) = match rest.find('[') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    // `user:anne#...` is user:anne itself.
    let subject = subject.strip_suffix("#...").unwrap_or(subject);
    let mut tuple = Tuple::parse(object, relation, subject).map_err(RelationshipError::Name)?;
    if let Some(inner) = rest.strip_prefix('[').filter(|inner| !inner.starts_with("expiration:")) {
        let (name, context, behind) = caveat(inner)?;
        tuple = tuple.with_condition(name, context).map_err(RelationshipError::Condition)?;
        rest = behind;
    }
    if rest.is_empty() {
        return Ok(tuple);
    }
    let moment = rest.strip_prefix("[expiration:").and_then(|rest| rest.strip_suffix(']'));
    let moment = moment.ok_or_else(none)?;
    let at = moment::parse(moment)
        .ok_or_else(|| RelationshipError::Expiration(moment.chars().take(40).collect()))?;
    Ok(tuple.with_expiry(at))
}

/// Reads relationships, one a line. Empty lines and those that begin with `//` are left out.
///
/// # Errors
/// Each line that is none, by its number from 1: at most [`ERROR_LIMIT`].
pub fn parse_relationships(text: &str) -> Result<Vec<Tuple>, Vec<(usize, RelationshipError)>> {
    let mut tuples = Vec::new();
    let mut errors = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        match parse_relationship(line) {
            Ok(tuple) => tuples.push(tuple),
            Err(error) if errors.len() < ERROR_LIMIT => errors.push((at.saturating_add(1), error)),
            Err(_) => break,
        }
    }
    if errors.is_empty() { Ok(tuples) } else { Err(errors) }
}

/// `name]` or `name:{…}]`, and what is behind.
fn caveat(text: &str) -> Result<(&str, Context, &str), RelationshipError> {
    let none = || RelationshipError::NotARelationship;
    let end = text.find([':', ']']).ok_or_else(none)?;
    let (name, rest) = text.split_at(end);
    if let Some(behind) = rest.strip_prefix(']') {
        return Ok((name, Context::new(), behind));
    }
    let rest = rest.strip_prefix(':').ok_or_else(none)?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Context>();
    let context = values.next().ok_or_else(none)?;
    let context = context.map_err(|error| RelationshipError::Context(error.to_string()))?;
    let behind = rest.get(values.byte_offset()..).and_then(|rest| rest.strip_prefix(']'));
    Ok((name, context, behind.ok_or_else(none)?))
}
