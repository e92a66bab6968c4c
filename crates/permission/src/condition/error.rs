//! Why an expression is refused, and why one that was accepted has no answer.

use std::fmt;

use super::{DEPTH_MAX, EXPRESSION_BYTES_MAX, PARAMETERS_MAX};
use crate::language::Position;

/// What is wrong with the expression of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// Where, counted from the beginning of the expression.
    pub position: Position,
    /// What.
    pub kind: ExpressionErrorKind,
}

/// Why an expression is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpressionErrorKind {
    /// More than [`EXPRESSION_BYTES_MAX`] bytes.
    TooLong,
    /// Parts nested deeper than [`DEPTH_MAX`].
    TooDeep,
    /// More than [`PARAMETERS_MAX`] parameters.
    TooManyParameters,
    /// Something else should stand here.
    Unexpected {
        /// What stands here.
        found: String,
        /// What should.
        expected: &'static str,
    },
    /// A character that means nothing.
    UnknownCharacter(char),
    /// A number that is none or beyond its type.
    BadNumber(String),
    /// A string without an end, or with an escape that is none.
    BadString(&'static str),
    /// A word that CEL keeps for itself.
    Reserved(String),
    /// Part of CEL that conditions cannot use.
    Unsupported(&'static str),
    /// Arguments of a macro that do not fit it.
    BadMacro(String),
    /// Neither a parameter nor a variable of a macro.
    UnknownName(String),
    /// A function that is none.
    UnknownFunction(String),
    /// Operands that do not fit.
    NoOverload {
        /// The operator or function.
        function: String,
        /// The types of its operands.
        types: String,
    },
    /// A field of something that has none.
    NoFields {
        /// Its type.
        found: String,
    },
    /// The expression is of this type, and not boolean.
    NotBoolean(String),
    /// A macro over this type, which has no items.
    NoItems(String),
    /// A regular expression that is none.
    BadRegex(String),
    /// A constant that cannot be converted.
    BadConstant(ConditionFailure),
}

/// Why a condition has no answer although every parameter that matters was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConditionFailure {
    /// The model has no such condition.
    UnknownCondition,
    /// It would have cost more than [`super::COST_MAX`].
    CostExceeded,
    /// A tuple gives a value to what is no parameter.
    UnknownParameter(String),
    /// The value given for a parameter is not of its type.
    WrongType {
        /// The parameter.
        parameter: String,
        /// Its type, or what of it.
        expected: String,
    },
    /// A map lacks this key.
    NoSuchKey(String),
    /// A list has no item at this place.
    NoSuchItem(String),
    /// Operands of types that an operator or function has no meaning for.
    NoOverload,
    /// A number, duration or timestamp beyond what its type holds.
    Overflow,
    /// A division by zero.
    DivisionByZero,
    /// A number that is none, which cannot be ordered.
    NotANumber,
    /// Something that cannot be converted to a type.
    BadConversion {
        /// The value.
        value: String,
        /// The type.
        to: &'static str,
    },
    /// A regular expression that is none, or too large.
    BadRegex(String),
    /// A network that is not written as `address/bits`.
    BadCidr(String),
    /// A time zone that is neither an offset nor UTC.
    UnknownTimeZone(String),
    /// A map literal that names a key twice.
    DuplicateKey,
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.kind)
    }
}

impl std::error::Error for ExpressionError {}

impl fmt::Display for ExpressionErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the expression has more than {EXPRESSION_BYTES_MAX} bytes"),
            Self::TooDeep => write!(f, "the expression nests deeper than {DEPTH_MAX} levels"),
            Self::TooManyParameters => write!(f, "more than {PARAMETERS_MAX} parameters"),
            Self::Unexpected { found, expected } => write!(f, "found {found}, expected {expected}"),
            Self::UnknownCharacter(letter) => {
                write!(f, "found `{}`, which means nothing here", letter.escape_debug())
            }
            Self::BadNumber(text) => {
                write!(f, "`{text}` is no number, or beyond what its type holds")
            }
            Self::BadString(why) => f.write_str(why),
            Self::Reserved(word) => write!(f, "`{word}` is a word that CEL keeps for itself"),
            Self::Unsupported(what) => write!(f, "{what} cannot be used in conditions"),
            Self::BadMacro(name) => write!(f, "the arguments of `{name}` do not fit it"),
            Self::UnknownName(name) => write!(f, "`{name}` is no parameter of the condition"),
            Self::UnknownFunction(name) => write!(f, "there is no function `{name}`"),
            Self::NoOverload { function, types } => {
                write!(f, "`{function}` does not take ({types})")
            }
            Self::NoFields { found } => write!(f, "{found} has no fields: expected a map"),
            Self::NotBoolean(found) => write!(f, "the expression is {found}, expected bool"),
            Self::NoItems(found) => write!(f, "{found} has no items: expected a list or a map"),
            Self::BadRegex(why) => write!(f, "the regular expression is refused: {why}"),
            Self::BadConstant(why) => why.fmt(f),
        }
    }
}

impl fmt::Display for ConditionFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCondition => f.write_str("the model has no such condition"),
            Self::UnknownParameter(name) => write!(f, "it has no parameter `{}`", quote(name)),
            Self::CostExceeded => write!(f, "it costs more than {}", super::COST_MAX),
            Self::WrongType { parameter, expected } => {
                write!(f, "the value of parameter `{parameter}` is not {expected}")
            }
            Self::NoSuchKey(key) => write!(f, "no such key: `{key}`"),
            Self::NoSuchItem(index) => write!(f, "no item at `{index}`"),
            Self::NoOverload => f.write_str("an operator or function got a type it does not take"),
            Self::Overflow => f.write_str("a number, duration or timestamp overflows"),
            Self::DivisionByZero => f.write_str("division by zero"),
            Self::NotANumber => f.write_str("a number that is none cannot be ordered"),
            Self::BadConversion { value, to } => write!(f, "`{value}` is no {to}"),
            Self::BadRegex(why) => write!(f, "the regular expression is refused: {why}"),
            Self::BadCidr(text) => write!(f, "`{text}` is no network: expected `address/bits`"),
            Self::UnknownTimeZone(name) => {
                write!(f, "`{name}` is no time zone: expected `UTC` or an offset as `+02:00`")
            }
            Self::DuplicateKey => f.write_str("a map names a key twice"),
        }
    }
}

impl std::error::Error for ConditionFailure {}

/// The beginning of a foreign text, safe to print.
pub(super) fn quote(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    let mut quoted: String = text.chars().take(CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(CHARS_MAX).is_some() {
        quoted.push('…');
    }
    quoted
}
