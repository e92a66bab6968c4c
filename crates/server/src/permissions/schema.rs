//! The patterns and bounds of OpenFGA's schema, checked before anything else looks at a request.
//!
//! Patterns are OpenFGA's regular expressions, in which white space is ASCII's.

use super::{
    error::{ApiError, REQUIRED},
    limits::{CONTEXTUAL_TUPLES, PAGE_DEFAULT, PAGE_MAX, TOKEN_BYTES_MAX},
    wire::{Consistency, ContextualTuples, PageSize, TupleKey},
};

/// Whether a text is a ULID: `^[ABCDEFGHJKMNPQRSTVWXYZ0-9]{26}$`.
pub(crate) fn is_ulid(text: &str) -> bool {
    let letter = |byte: u8| {
        byte.is_ascii_digit()
            || (byte.is_ascii_uppercase() && !matches!(byte, b'I' | b'L' | b'O' | b'U'))
    };
    text.len() == 26 && text.bytes().all(letter)
}

/// White space of a regular expression's `\s`.
const fn is_space(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\u{c}' | '\r' | ' ')
}

fn is_of(text: &str, min: usize, max: usize, allowed: impl Fn(char) -> bool) -> bool {
    // No letter is longer than four bytes: what is longer than this needs no counting.
    text.len() <= max.saturating_mul(4)
        && (min..=max).contains(&text.chars().count())
        && text.chars().all(allowed)
}

const fn is_name_letter(letter: char) -> bool {
    !matches!(letter, ':' | '#' | '@') && !is_space(letter)
}

/// `^[^:#@\s]{1,50}$`
pub(crate) fn is_relation(text: &str) -> bool {
    is_of(text, 1, 50, is_name_letter)
}

/// `^[^:#@\s]{1,254}$`
pub(crate) fn is_type(text: &str) -> bool {
    is_of(text, 1, 254, is_name_letter)
}

/// `^[^\s]{2,256}$`
pub(crate) fn is_object(text: &str) -> bool {
    is_of(text, 2, 256, |letter| !is_space(letter))
}

/// `^[^\s]{2,512}$`
pub(crate) fn is_user(text: &str) -> bool {
    is_of(text, 2, 512, |letter| !is_space(letter))
}

/// `^[a-zA-Z0-9\s\.\-\/^_&@]{3,64}$`
pub(crate) fn is_store_name(text: &str) -> bool {
    let allowed = |letter: char| {
        letter.is_ascii_alphanumeric()
            || is_space(letter)
            || matches!(letter, '.' | '-' | '/' | '^' | '_' | '&' | '@')
    };
    is_of(text, 3, 64, allowed)
}

/// `^[\w\d-]{1,36}$`
pub(crate) fn is_correlation_id(text: &str) -> bool {
    is_of(text, 1, 36, |letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'))
}

/// `^[^\s]{2,256}$`
fn is_condition_name(text: &str) -> bool {
    is_object(text)
}

pub(crate) const ULID: &str =
    r#"value does not match regex pattern "^[ABCDEFGHJKMNPQRSTVWXYZ0-9]{26}$""#;
pub(crate) const RELATION: &str = r#"value does not match regex pattern "^[^:#@\\s]{1,50}$""#;
pub(crate) const TYPE: &str = r#"value does not match regex pattern "^[^:#@\\s]{1,254}$""#;
pub(crate) const OBJECT: &str = r#"value does not match regex pattern "^[^\\s]{2,256}$""#;
pub(crate) const USER: &str = r#"value does not match regex pattern "^[^\\s]{2,512}$""#;
pub(crate) const USER_BYTES: &str = "value length must be at most 512 bytes";
pub(crate) const STORE_NAME: &str =
    r#"value does not match regex pattern "^[a-zA-Z0-9\\s\\.\\-\\/^_&@]{3,64}$""#;
pub(crate) const CORRELATION_ID: &str = r#"value does not match regex pattern "^[\\w\\d-]{1,36}$""#;
const FILTER_USER: &str = r#"value does not match regex pattern "^[^\\s]{1,511}:[^\\s]{1,511}$""#;

/// What a request is called in OpenFGA's schema.
pub(crate) type Message = &'static str;

/// The model that a request names, if it names one.
pub(crate) fn model_id(message: Message, id: &str) -> Result<Option<&str>, ApiError> {
    if id.is_empty() {
        return Ok(None);
    }
    if is_ulid(id) {
        return Ok(Some(id));
    }
    Err(ApiError::schema(message, "AuthorizationModelId", ULID))
}

pub(crate) fn consistency(message: Message, asked: &Consistency<'_>) -> Result<(), ApiError> {
    if *asked == Consistency::Undefined {
        let reason = "value must be one of the defined enum values";
        return Err(ApiError::schema(message, "Consistency", reason));
    }
    Ok(())
}

/// The tuple key of a question.
pub(crate) fn question<'k, 'a>(
    message: Message,
    key_message: Message,
    key: Option<&'k TupleKey<'a>>,
) -> Result<&'k TupleKey<'a>, ApiError> {
    let key = key.ok_or_else(|| ApiError::schema(message, "TupleKey", REQUIRED))?;
    if !is_user(&key.user) {
        return Err(ApiError::schema(key_message, "User", USER));
    }
    if !is_relation(&key.relation) {
        return Err(ApiError::schema(key_message, "Relation", RELATION));
    }
    if !is_object(&key.object) {
        return Err(ApiError::schema(key_message, "Object", OBJECT));
    }
    Ok(key)
}

/// A tuple of a write, or one for a single question.
pub(crate) fn tuple_key(key: &TupleKey<'_>) -> Result<(), ApiError> {
    tuple_key_of("TupleKey", key)?;
    match &key.condition {
        Some(condition) if !is_condition_name(&condition.name) => {
            Err(ApiError::schema("RelationshipCondition", "Name", OBJECT))
        }
        _ => Ok(()),
    }
}

pub(crate) fn tuple_key_of(message: Message, key: &TupleKey<'_>) -> Result<(), ApiError> {
    if key.user.len() > 512 {
        return Err(ApiError::schema(message, "User", USER_BYTES));
    }
    if !key.relation.is_empty() && !is_relation(&key.relation) {
        return Err(ApiError::schema(message, "Relation", RELATION));
    }
    if !key.object.is_empty() && !is_object(&key.object) {
        return Err(ApiError::schema(message, "Object", OBJECT));
    }
    Ok(())
}

/// A filter of tuples.
pub(crate) fn filter(key: &TupleKey<'_>) -> Result<(), ApiError> {
    const MESSAGE: Message = "ReadRequestTupleKey";
    tuple_key_of(MESSAGE, key)?;
    let (user, colons) = (key.user.as_str(), key.user.find(':'));
    let split = colons.is_some_and(|at| at > 0 && at + 1 < user.len());
    if !user.is_empty() && (!split || user.contains(is_space)) {
        return Err(ApiError::schema(MESSAGE, "User", FILTER_USER));
    }
    Ok(())
}

/// The tuples for one question.
pub(crate) fn contextual<'k, 'a>(
    tuples: Option<&'k ContextualTuples<'a>>,
) -> Result<&'k [TupleKey<'a>], ApiError> {
    let tuples = tuples.and_then(|tuples| tuples.tuple_keys.as_deref()).unwrap_or_default();
    contextual_of("ContextualTupleKeys", "TupleKeys", CONTEXTUAL_TUPLES, tuples)
}

/// The same, wherever they are listed.
pub(crate) fn contextual_of<'k, 'a>(
    message: Message,
    field: &str,
    max: usize,
    tuples: &'k [TupleKey<'a>],
) -> Result<&'k [TupleKey<'a>], ApiError> {
    if tuples.len() > max {
        let reason = format!("value must contain no more than {max} item(s)");
        return Err(ApiError::schema(message, field, &reason));
    }
    tuples.iter().try_for_each(tuple_key)?;
    Ok(tuples)
}

/// The size of a page.
pub(crate) fn page_size(message: Message, size: PageSize) -> Result<u32, ApiError> {
    match size.0.map(u32::try_from) {
        None => Ok(PAGE_DEFAULT),
        Some(Ok(size)) if (1..=PAGE_MAX).contains(&size) => Ok(size),
        Some(_) => {
            let reason = format!("value must be inside range [1, {PAGE_MAX}]");
            Err(ApiError::schema(message, "PageSize", &reason))
        }
    }
}

/// A continuation token's letters: `^$|^[A-Za-z0-9-_]+={0,2}$`. What it says is read elsewhere.
pub(crate) fn continuation_token(message: Message, token: &str) -> Result<(), ApiError> {
    if token.len() > TOKEN_BYTES_MAX {
        let reason = format!("value length must be at most {TOKEN_BYTES_MAX} bytes");
        return Err(ApiError::schema(message, "ContinuationToken", &reason));
    }
    let text = token.strip_suffix("==").or_else(|| token.strip_suffix('=')).unwrap_or(token);
    let letters =
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if token.is_empty() || (letters && !text.is_empty()) {
        return Ok(());
    }
    let reason = r#"value does not match regex pattern "^$|^[A-Za-z0-9-_]+={0,2}$""#;
    Err(ApiError::schema(message, "ContinuationToken", reason))
}
