//! From the JSON of a context to values of the parameters' types, as OpenFGA converts them.

use serde_json::Value as Json;

use super::duration;
use super::network;
use super::time::Timestamp;
use super::value::{List, Map, Text, Value};
use crate::model::ParameterType;

/// The value of a parameter, with everything in it known to be of its type; else what was expected.
pub(super) fn parameter<'a>(
    json: &'a Json,
    of: &'a ParameterType,
) -> Result<Value<'a>, &'static str> {
    match (of, json) {
        (ParameterType::Any, _) => {}
        (ParameterType::List(inner), Json::Array(items)) => {
            items.iter().try_for_each(|json| parameter(json, inner).map(drop))?;
        }
        (ParameterType::Map(inner), Json::Object(map)) => {
            map.values().try_for_each(|json| parameter(json, inner).map(drop))?;
        }
        _ => {}
    }
    shallow(json, of)
}

/// A value within one that was found to be of its type.
pub(super) fn item<'a>(json: &'a Json, of: &'a ParameterType) -> Option<Value<'a>> {
    shallow(json, of).ok()
}

fn shallow<'a>(json: &'a Json, of: &'a ParameterType) -> Result<Value<'a>, &'static str> {
    match (of, json) {
        (ParameterType::Any, Json::Null) => Ok(Value::Null),
        (ParameterType::Any | ParameterType::Bool, Json::Bool(value)) => Ok(Value::Bool(*value)),
        (ParameterType::Any | ParameterType::String, Json::String(text)) => {
            Ok(Value::String(Text::Borrowed(text)))
        }
        (ParameterType::Any, Json::Array(items)) => {
            Ok(Value::List(List::Given(items, &ParameterType::Any)))
        }
        (ParameterType::Any, Json::Object(map)) => {
            Ok(Value::Map(Map::Given(map, &ParameterType::Any)))
        }
        (ParameterType::List(inner), Json::Array(items)) => {
            Ok(Value::List(List::Given(items, inner)))
        }
        (ParameterType::Map(inner), Json::Object(map)) => Ok(Value::Map(Map::Given(map, inner))),
        (ParameterType::Any | ParameterType::Double, Json::Number(_)) => {
            double(json).map(Value::Double).ok_or("a double")
        }
        (ParameterType::Double, _) => double(json).map(Value::Double).ok_or("a double"),
        (ParameterType::Int, _) => integer(json).map(Value::Int).ok_or("an int"),
        (ParameterType::Uint, _) => integer(json)
            .and_then(|number| u64::try_from(number).ok())
            .map(Value::Uint)
            .ok_or("a uint"),
        (ParameterType::Duration, Json::String(text)) => {
            duration::parse(text).map(Value::Duration).ok_or("a duration such as `1h30m`")
        }
        (ParameterType::Timestamp, Json::String(text)) => {
            Timestamp::parse(text).map(Value::Timestamp).ok_or("a timestamp as in RFC 3339")
        }
        (ParameterType::IpAddress, Json::String(text)) => {
            network::address(text).map(Value::Ip).ok_or("an IP address")
        }
        (of, _) => Err(expected(of)),
    }
}

fn expected(of: &ParameterType) -> &'static str {
    match of {
        ParameterType::Any => "anything",
        ParameterType::Bool => "a bool",
        ParameterType::String => "a string",
        ParameterType::Int => "an int",
        ParameterType::Uint => "a uint",
        ParameterType::Double => "a double",
        ParameterType::Duration => "a duration such as `1h30m`",
        ParameterType::Timestamp => "a timestamp as in RFC 3339",
        ParameterType::IpAddress => "an IP address",
        ParameterType::List(_) => "a list of its type",
        ParameterType::Map(_) => "a map of its type",
    }
}

/// A number, or a string that is one. Contexts are protobuf structs, whose numbers are doubles.
fn double(json: &Json) -> Option<f64> {
    match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text) if text.bytes().all(is_of_a_number) => text.parse().ok(),
        Json::String(text) => match text.as_str() {
            "Inf" | "+Inf" | "inf" | "+inf" => Some(f64::INFINITY),
            "-Inf" | "-inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

fn is_of_a_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E')
}

/// A whole number; one beyond the type becomes its nearest.
#[expect(clippy::cast_possible_truncation, reason = "a cast of a double saturates, as is wanted")]
fn integer(json: &Json) -> Option<i64> {
    if let Json::String(text) = json
        && let Ok(number) = text.parse()
    {
        return Some(number);
    }
    double(json).filter(|number| number.is_finite() && number.fract() == 0.0).map(|n| n as i64)
}
