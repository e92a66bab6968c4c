//! What each operator and function does to values.

use super::budget::{self, tenth};
use super::error::{ConditionFailure, quote};
use super::evaluate::{Evaluated, Evaluation, Stop, no_key, no_overload};
use super::functions::{DatePart, Function};
use super::value::{List, Map, Text, Value};
use super::{arithmetic, compare, network, pattern, time, to_type};

impl<'a> Evaluation<'a, '_> {
    /// Applies a function to operands of any number.
    pub(super) fn apply(&mut self, function: Function, operands: Vec<Value<'a>>) -> Evaluated<'a> {
        let mut operands = operands.into_iter();
        match (operands.next(), operands.next(), operands.next()) {
            (Some(one), None, None) => self.apply_one(function, one),
            (Some(one), Some(two), None) => self.apply_two(function, one, two),
            _ => Err(no_overload()),
        }
    }

    fn apply_one(&mut self, function: Function, operand: Value<'a>) -> Evaluated<'a> {
        self.budget.spend(budget::CALL)?;
        match (function, operand) {
            (Function::Not, Value::Bool(truth)) => Ok(Value::Bool(!truth)),
            (Function::Negate, Value::Int(number)) => {
                number.checked_neg().map(Value::Int).ok_or_else(overflow)
            }
            (Function::Negate, Value::Double(number)) => Ok(Value::Double(-number)),
            (Function::Size, value) => {
                if let Value::String(text) = &value {
                    self.budget.read(text.as_str())?;
                }
                match value {
                    Value::String(_) | Value::Bytes(_) | Value::List(_) | Value::Map(_) => {
                        Ok(Value::Int(i64::try_from(budget::size(&value)).unwrap_or(i64::MAX)))
                    }
                    _ => Err(no_overload()),
                }
            }
            (Function::ToDyn, value) => Ok(value),
            (Function::ToType, value) => Ok(Value::Type(value.type_name())),
            (Function::ToIp, Value::String(text)) => {
                let text = text.as_str();
                let bad = ConditionFailure::BadConversion { value: quote(text), to: "IP address" };
                network::address(text).map(Value::Ip).ok_or(Stop::Failed(bad))
            }
            (Function::Date(part), Value::Timestamp(moment)) => {
                Ok(Value::Int(moment.part(part, 0)))
            }
            (Function::Date(part), Value::Duration(nanos)) => duration_part(part, nanos),
            (function, value) => {
                if let Value::String(text) = &value {
                    self.budget.read(text.as_str())?;
                }
                to_type::convert(function, value)
            }
        }
    }

    /// Applies a function or an operator to two operands.
    pub(super) fn apply_two(
        &mut self,
        function: Function,
        one: Value<'a>,
        two: Value<'a>,
    ) -> Evaluated<'a> {
        match function {
            Function::Equal | Function::NotEqual => {
                let smaller = budget::size(&one).min(budget::size(&two));
                self.budget.spend(tenth(smaller))?;
                let equal = self.equal(&one, &two)?;
                Ok(Value::Bool(equal == (function == Function::Equal)))
            }
            Function::Less
            | Function::LessOrEqual
            | Function::Greater
            | Function::GreaterOrEqual => {
                let smaller = budget::size(&one).min(budget::size(&two));
                self.budget.spend(tenth(smaller))?;
                let order = compare::order(&one, &two)?;
                Ok(Value::Bool(match function {
                    Function::Less => order.is_lt(),
                    Function::LessOrEqual => order.is_le(),
                    Function::Greater => order.is_gt(),
                    _ => order.is_ge(),
                }))
            }
            Function::Add => self.add(one, two),
            Function::Subtract | Function::Multiply | Function::Divide | Function::Remainder => {
                self.budget.spend(budget::CALL)?;
                arithmetic::apply(function, &one, &two)
            }
            Function::In => {
                if let Value::List(list) = &two {
                    self.budget.spend(list.len() as u64)?;
                }
                self.is_in(&one, &two)
            }
            Function::Index => self.index(&one, &two),
            _ => self.apply_to_text(function, one, two),
        }
    }

    fn apply_to_text(
        &mut self,
        function: Function,
        one: Value<'a>,
        two: Value<'a>,
    ) -> Evaluated<'a> {
        let Value::String(argument) = &two else { return Err(no_overload()) };
        let argument = argument.as_str();
        match (function, &one) {
            (Function::InCidr, Value::Ip(address)) => {
                self.budget.spend(budget::CALL)?;
                let bad = || Stop::Failed(ConditionFailure::BadCidr(quote(argument)));
                network::holds(argument, *address).map(Value::Bool).ok_or_else(bad)
            }
            (Function::Date(part), Value::Timestamp(moment)) => {
                self.budget.spend(budget::CALL)?;
                let bad = || Stop::Failed(ConditionFailure::UnknownTimeZone(quote(argument)));
                let offset_secs = time::zone(argument).ok_or_else(bad)?;
                Ok(Value::Int(moment.part(part, offset_secs)))
            }
            (_, Value::String(text)) => self.search(function, text, argument),
            _ => Err(no_overload()),
        }
    }

    fn search(&mut self, function: Function, text: &Text<'_>, wanted: &str) -> Evaluated<'a> {
        let text = text.as_str();
        self.budget.read(text)?;
        self.budget.read(wanted)?;
        let sizes = || (text.chars().count() as u64, wanted.chars().count() as u64);
        Ok(Value::Bool(match function {
            Function::StartsWith | Function::EndsWith => {
                self.budget.spend(tenth(wanted.chars().count() as u64))?;
                if function == Function::StartsWith {
                    text.starts_with(wanted)
                } else {
                    text.ends_with(wanted)
                }
            }
            Function::Contains => {
                let (size, wanted_size) = sizes();
                self.budget.spend(tenth(size).saturating_mul(tenth(wanted_size)))?;
                text.contains(wanted)
            }
            Function::Matches => {
                let (size, pattern_size) = sizes();
                let length = usize::try_from(pattern_size).unwrap_or(usize::MAX);
                self.budget.spend(budget::matching(size, length))?;
                let regex = pattern::compile(wanted)
                    .map_err(|why| Stop::Failed(ConditionFailure::BadRegex(why)))?;
                regex.is_match(text)
            }
            _ => return Err(no_overload()),
        }))
    }

    fn add(&mut self, one: Value<'a>, two: Value<'a>) -> Evaluated<'a> {
        match (one, two) {
            (Value::String(one), Value::String(two)) => {
                let (one, two) = (one.as_str(), two.as_str());
                self.budget.read(one)?;
                self.budget.read(two)?;
                let size = one.chars().count() + two.chars().count();
                self.budget.spend(tenth(size as u64))?;
                Ok(Value::string([one, two].concat()))
            }
            (Value::Bytes(one), Value::Bytes(two)) => {
                self.budget.spend(tenth((one.len() + two.len()) as u64))?;
                Ok(Value::Bytes([one, two].concat().into()))
            }
            (Value::List(one), Value::List(two)) => {
                self.budget.spend(budget::CALL)?;
                Ok(Value::List(one.joined(two)))
            }
            (one, two) => {
                self.budget.spend(budget::CALL)?;
                arithmetic::apply(Function::Add, &one, &two)
            }
        }
    }

    /// Whether a list holds an item or a map a key; what the length of a list costs is not counted.
    pub(super) fn is_in(&mut self, item: &Value<'a>, within: &Value<'a>) -> Evaluated<'a> {
        match within {
            Value::List(list) => {
                for other in list.iter() {
                    if self.equal(item, &other)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            Value::Map(map) => {
                self.budget.spend(budget::CALL)?;
                Ok(Value::Bool(self.entry(map, item)?.is_some()))
            }
            _ => Err(no_overload()),
        }
    }

    fn index(&mut self, within: &Value<'a>, place: &Value<'a>) -> Evaluated<'a> {
        self.budget.spend(budget::FIELD)?;
        match within {
            Value::List(list) => {
                let none = |place: &str| Stop::Failed(ConditionFailure::NoSuchItem(place.into()));
                let (at, text) = match place {
                    Value::Int(number) => (usize::try_from(*number).ok(), number.to_string()),
                    Value::Uint(number) => (usize::try_from(*number).ok(), number.to_string()),
                    Value::Double(number) => (whole(*number), number.to_string()),
                    _ => return Err(no_overload()),
                };
                at.and_then(|at| List::get(list, at)).ok_or_else(|| none(&text))
            }
            Value::Map(map) => {
                let found = self.entry(map, place)?;
                found.ok_or_else(|| match place {
                    Value::String(text) => no_key(text.as_str()),
                    other => no_key(other.type_name()),
                })
            }
            _ => Err(no_overload()),
        }
    }

    /// The value of a key of a map.
    fn entry(&mut self, map: &Map<'a>, key: &Value<'a>) -> Result<Option<Value<'a>>, Stop> {
        match (map, key) {
            (_, Value::String(name)) => {
                if let Map::Made(entries) = map {
                    self.budget.work(entries.len())?;
                }
                Ok(map.field(name.as_str()))
            }
            (Map::Made(entries), _) => {
                for (known, value) in entries.iter() {
                    if self.equal(known, key)? {
                        return Ok(Some(value.clone()));
                    }
                }
                Ok(None)
            }
            (Map::Given(..), _) => Ok(None),
        }
    }

    /// Whether two values are equal; those of different kinds are not.
    pub(super) fn equal(&mut self, one: &Value<'a>, two: &Value<'a>) -> Result<bool, Stop> {
        self.budget.work(1)?;
        match (one, two) {
            (Value::List(one), Value::List(two)) => {
                if one.len() != two.len() {
                    return Ok(false);
                }
                for (one, two) in one.iter().zip(two.iter()) {
                    if !self.equal(&one, &two)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::Map(one), Value::Map(two)) => {
                if one.len() != two.len() {
                    return Ok(false);
                }
                for key in one.keys() {
                    let (Some(one), Some(two)) = (self.entry(one, &key)?, self.entry(two, &key)?)
                    else {
                        return Ok(false);
                    };
                    if !self.equal(&one, &two)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::String(one), Value::String(two)) => {
                self.budget.read(one.as_str())?;
                Ok(one.as_str() == two.as_str())
            }
            (one, two) => Ok(compare::equal(one, two)),
        }
    }
}

fn whole(number: f64) -> Option<usize> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "only whole numbers that fit are cast"
    )]
    (number.fract() == 0.0 && (0.0..4_294_967_296.0).contains(&number)).then_some(number as usize)
}

fn duration_part<'a>(part: DatePart, nanos: i64) -> Evaluated<'a> {
    let unit = match part {
        DatePart::Hours => 3_600_000_000_000,
        DatePart::Minutes => 60_000_000_000,
        DatePart::Seconds => 1_000_000_000,
        DatePart::Milliseconds => 1_000_000,
        _ => return Err(no_overload()),
    };
    Ok(Value::Int(nanos / unit))
}

pub(super) fn overflow() -> Stop {
    Stop::Failed(ConditionFailure::Overflow)
}
