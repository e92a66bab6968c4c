//! Equality and order of values that hold no others.

use std::cmp::Ordering;

use super::error::ConditionFailure;
use super::evaluate::{Stop, no_overload};
use super::value::Value;

/// Whether two values are equal. Numbers are equal by what they count, whatever their types.
pub(super) fn equal(one: &Value<'_>, two: &Value<'_>) -> bool {
    match (one, two) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(one), Value::Bool(two)) => one == two,
        (Value::Bytes(one), Value::Bytes(two)) => one == two,
        (Value::Duration(one), Value::Duration(two)) => one == two,
        (Value::Timestamp(one), Value::Timestamp(two)) => one.moment() == two.moment(),
        (Value::Ip(one), Value::Ip(two)) => one == two,
        (Value::Type(one), Value::Type(two)) => same_type(one, two),
        (Value::String(one), Value::String(two)) => one.as_str() == two.as_str(),
        _ => numbers(one, two) == Some(Ordering::Equal),
    }
}

/// The order of two values of one kind.
pub(super) fn order(one: &Value<'_>, two: &Value<'_>) -> Result<Ordering, Stop> {
    match (one, two) {
        (Value::Bool(one), Value::Bool(two)) => Ok(one.cmp(two)),
        (Value::Int(one), Value::Int(two)) => Ok(one.cmp(two)),
        (Value::String(one), Value::String(two)) => Ok(one.as_str().cmp(two.as_str())),
        (Value::Bytes(one), Value::Bytes(two)) => Ok(one.cmp(two)),
        (Value::Duration(one), Value::Duration(two)) => Ok(one.cmp(two)),
        (Value::Timestamp(one), Value::Timestamp(two)) => Ok(one.moment().cmp(&two.moment())),
        _ if is_nan(one) || is_nan(two) => Err(Stop::Failed(ConditionFailure::NotANumber)),
        _ => numbers(one, two).ok_or_else(no_overload),
    }
}

fn is_nan(value: &Value<'_>) -> bool {
    matches!(value, Value::Double(number) if number.is_nan())
}

/// `duration` and `timestamp` name types whose own names are longer.
fn same_type(one: &str, two: &str) -> bool {
    let long = |name: &str| match name {
        "duration" => "google.protobuf.Duration".to_owned(),
        "timestamp" => "google.protobuf.Timestamp".to_owned(),
        other => other.to_owned(),
    };
    one == two || long(one) == long(two)
}

fn numbers(one: &Value<'_>, two: &Value<'_>) -> Option<Ordering> {
    match (one, two) {
        (Value::Double(one), Value::Double(two)) => one.partial_cmp(two),
        (Value::Double(one), _) => Some(with_double(integer(two)?, *one)?.reverse()),
        (_, Value::Double(two)) => with_double(integer(one)?, *two),
        _ => Some(integer(one)?.cmp(&integer(two)?)),
    }
}

fn integer(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::Int(number) => Some((*number).into()),
        Value::Uint(number) => Some((*number).into()),
        _ => None,
    }
}

/// An integer against a double, without rounding it.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates far beyond any integer")]
fn with_double(integer: i128, double: f64) -> Option<Ordering> {
    if double.is_nan() {
        return None;
    }
    let whole = double.floor();
    Some(match integer.cmp(&(whole as i128)) {
        Ordering::Equal if double > whole => Ordering::Less,
        order => order,
    })
}
