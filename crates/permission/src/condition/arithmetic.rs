//! Numbers, durations and timestamps, with every overflow an error.

use super::apply::overflow;
use super::error::ConditionFailure;
use super::evaluate::{Evaluated, Stop, no_overload};
use super::functions::Function;
use super::value::Value;

pub(super) fn apply<'a>(function: Function, one: &Value<'_>, two: &Value<'_>) -> Evaluated<'a> {
    match (one, two) {
        (Value::Int(one), Value::Int(two)) => int(function, *one, *two),
        (Value::Uint(one), Value::Uint(two)) => uint(function, *one, *two),
        (Value::Double(one), Value::Double(two)) => double(function, *one, *two),
        _ => time(function, one, two),
    }
}

fn int<'a>(function: Function, one: i64, two: i64) -> Evaluated<'a> {
    let result = match function {
        Function::Add => one.checked_add(two),
        Function::Subtract => one.checked_sub(two),
        Function::Multiply => one.checked_mul(two),
        Function::Divide | Function::Remainder if two == 0 => return Err(by_zero()),
        Function::Divide => one.checked_div(two),
        Function::Remainder => one.checked_rem(two),
        _ => return Err(no_overload()),
    };
    result.map(Value::Int).ok_or_else(overflow)
}

fn uint<'a>(function: Function, one: u64, two: u64) -> Evaluated<'a> {
    let result = match function {
        Function::Add => one.checked_add(two),
        Function::Subtract => one.checked_sub(two),
        Function::Multiply => one.checked_mul(two),
        Function::Divide | Function::Remainder if two == 0 => return Err(by_zero()),
        Function::Divide => one.checked_div(two),
        Function::Remainder => one.checked_rem(two),
        _ => return Err(no_overload()),
    };
    result.map(Value::Uint).ok_or_else(overflow)
}

fn double<'a>(function: Function, one: f64, two: f64) -> Evaluated<'a> {
    Ok(Value::Double(match function {
        Function::Add => one + two,
        Function::Subtract => one - two,
        Function::Multiply => one * two,
        Function::Divide => one / two,
        _ => return Err(no_overload()),
    }))
}

fn time<'a>(function: Function, one: &Value<'_>, two: &Value<'_>) -> Evaluated<'a> {
    let result = match (function, one, two) {
        (Function::Add, Value::Duration(one), Value::Duration(two)) => {
            one.checked_add(*two).map(Value::Duration)
        }
        (Function::Subtract, Value::Duration(one), Value::Duration(two)) => {
            one.checked_sub(*two).map(Value::Duration)
        }
        (Function::Add, Value::Timestamp(moment), Value::Duration(nanos))
        | (Function::Add, Value::Duration(nanos), Value::Timestamp(moment)) => {
            moment.plus(*nanos).map(Value::Timestamp)
        }
        (Function::Subtract, Value::Timestamp(moment), Value::Duration(nanos)) => {
            nanos.checked_neg().and_then(|nanos| moment.plus(nanos)).map(Value::Timestamp)
        }
        (Function::Subtract, Value::Timestamp(one), Value::Timestamp(two)) => {
            one.since(*two).map(Value::Duration)
        }
        _ => return Err(no_overload()),
    };
    result.ok_or_else(overflow)
}

fn by_zero() -> Stop {
    Stop::Failed(ConditionFailure::DivisionByZero)
}
