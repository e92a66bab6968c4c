//! Conversions from one type to another.

use super::apply::overflow;
use super::duration;
use super::error::{ConditionFailure, quote};
use super::evaluate::{Evaluated, Stop, no_overload};
use super::functions::Function;
use super::time::Timestamp;
use super::value::Value;

pub(super) fn convert<'a>(function: Function, value: Value<'a>) -> Evaluated<'a> {
    match function {
        Function::ToBool => to_bool(value),
        Function::ToBytes => match value {
            Value::Bytes(bytes) => Ok(Value::Bytes(bytes)),
            Value::String(text) => Ok(Value::Bytes(text.as_str().as_bytes().into())),
            _ => Err(no_overload()),
        },
        Function::ToDouble => to_double(value),
        Function::ToInt => to_int(value),
        Function::ToUint => to_uint(value),
        Function::ToString => to_string(value),
        Function::ToDuration => match value {
            Value::Duration(nanos) => Ok(Value::Duration(nanos)),
            Value::String(text) => {
                parsed(text.as_str(), "duration", |text| duration::parse(text).map(Value::Duration))
            }
            _ => Err(no_overload()),
        },
        Function::ToTimestamp => match value {
            Value::Timestamp(moment) => Ok(Value::Timestamp(moment)),
            Value::Int(seconds) => {
                Timestamp::from_unix(seconds).map(Value::Timestamp).ok_or_else(overflow)
            }
            Value::String(text) => parsed(text.as_str(), "timestamp", |text| {
                Timestamp::parse(text).and_then(Timestamp::in_range).map(Value::Timestamp)
            }),
            _ => Err(no_overload()),
        },
        _ => Err(no_overload()),
    }
}

fn parsed<'a>(
    text: &str,
    to: &'static str,
    parse: impl Fn(&str) -> Option<Value<'static>>,
) -> Evaluated<'a> {
    let bad = || Stop::Failed(ConditionFailure::BadConversion { value: quote(text), to });
    parse(text).ok_or_else(bad)
}

fn to_bool<'a>(value: Value<'a>) -> Evaluated<'a> {
    match value {
        Value::Bool(truth) => Ok(Value::Bool(truth)),
        Value::String(text) => parsed(text.as_str(), "bool", |text| match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(Value::Bool(false)),
            _ => None,
        }),
        _ => Err(no_overload()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "integers become their nearest double")]
fn to_double<'a>(value: Value<'a>) -> Evaluated<'a> {
    match value {
        Value::Double(number) => Ok(Value::Double(number)),
        Value::Int(number) => Ok(Value::Double(number as f64)),
        Value::Uint(number) => Ok(Value::Double(number as f64)),
        Value::String(text) => {
            parsed(text.as_str(), "double", |text| text.parse().ok().map(Value::Double))
        }
        _ => Err(no_overload()),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn to_int<'a>(value: Value<'a>) -> Evaluated<'a> {
    /// 2 to the 63rd: the first double beyond the greatest integer.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    match value {
        Value::Int(number) => Ok(Value::Int(number)),
        Value::Uint(number) => i64::try_from(number).map(Value::Int).map_err(|_| overflow()),
        Value::Double(number) if number > -BEYOND && number < BEYOND => {
            Ok(Value::Int(number as i64))
        }
        Value::Double(_) => Err(overflow()),
        Value::Duration(nanos) => Ok(Value::Int(nanos)),
        Value::Timestamp(moment) => Ok(Value::Int(moment.unix())),
        Value::String(text) => {
            parsed(text.as_str(), "int", |text| text.parse().ok().map(Value::Int))
        }
        _ => Err(no_overload()),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn to_uint<'a>(value: Value<'a>) -> Evaluated<'a> {
    /// 2 to the 64th: the first double beyond the greatest integer.
    const BEYOND: f64 = 18_446_744_073_709_551_616.0;
    match value {
        Value::Uint(number) => Ok(Value::Uint(number)),
        Value::Int(number) => u64::try_from(number).map(Value::Uint).map_err(|_| overflow()),
        Value::Double(number) if (0.0..BEYOND).contains(&number) => Ok(Value::Uint(number as u64)),
        Value::Double(_) => Err(overflow()),
        Value::String(text) => parsed(text.as_str(), "uint", |text| {
            let plain = text.bytes().all(|digit| digit.is_ascii_digit());
            text.parse().ok().filter(|_| plain).map(Value::Uint)
        }),
        _ => Err(no_overload()),
    }
}

fn to_string<'a>(value: Value<'a>) -> Evaluated<'a> {
    let text = match value {
        Value::String(text) => return Ok(Value::String(text)),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Double(number) => double_text(number),
        Value::Duration(nanos) => duration::text(nanos),
        Value::Timestamp(moment) => moment.text(),
        Value::Bytes(bytes) => match std::str::from_utf8(&bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                let value = "bytes that are no UTF-8".to_owned();
                return Err(Stop::Failed(ConditionFailure::BadConversion { value, to: "string" }));
            }
        },
        _ => return Err(no_overload()),
    };
    Ok(Value::string(text))
}

/// A double as Go writes it: with an exponent from a million on and below a ten-thousandth.
fn double_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}
