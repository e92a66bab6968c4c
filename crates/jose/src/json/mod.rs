//! Strict JSON objects: UTF-8, no duplicate member at any level, bounded size and depth.
//!
//! [RFC 7515 §4](https://www.rfc-editor.org/rfc/rfc7515#section-4) lets a parser refuse duplicate
//! members or take the last; refusing is the only choice that two programs cannot disagree on.
//! Text without escapes is borrowed from the input; [`Object::into_owned`] cuts that tie.

mod read;

use std::borrow::Cow;
use std::fmt;

/// Bounds the cost of reading a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonLimits {
    /// Bytes of the document.
    pub bytes: usize,
    /// Levels of arrays and objects, the outermost counted.
    pub depth: usize,
    /// Members of any one object.
    pub members: usize,
}

impl JsonLimits {
    /// Generous for claims and keys, small enough that parsing costs well under a millisecond.
    pub const DEFAULT: Self = Self { bytes: 64 * 1024, depth: 16, members: 256 };
}

impl Default for JsonLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Reads a document that must be one object.
///
/// # Errors
/// [`JsonError`] names the first fault.
pub fn parse_object(bytes: &[u8], limits: JsonLimits) -> Result<Object<'_>, JsonError> {
    read::object(bytes, limits)
}

/// A JSON object whose member names are all different, in document order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<'a> {
    members: Vec<(Cow<'a, str>, Value<'a>)>,
}

/// A JSON value with integers kept apart from fractions.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number written without fraction and exponent that fits 64 bits.
    Integer(i64),
    /// A number written without fraction and exponent, above `i64::MAX` but within `u64`.
    BigInteger(u64),
    /// Every other number.
    Float(f64),
    /// A string.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Value<'a>>),
    /// An object.
    Object(Object<'a>),
}

impl<'a> Object<'a> {
    /// The member called `name`, compared byte by byte.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.members.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// The members, in document order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value<'a>)> {
        self.members.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Copies what is borrowed, so that the object outlives its text.
    #[must_use]
    pub fn into_owned(self) -> Object<'static> {
        let own = |(name, value): (Cow<'_, str>, Value<'_>)| {
            (Cow::Owned(name.into_owned()), value.into_owned())
        };
        Object { members: self.members.into_iter().map(own).collect() }
    }

    /// Converts for serialization.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        self.iter().map(|(name, value)| (name.to_owned(), value.to_json())).collect()
    }
}

impl Value<'_> {
    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The integer, if it is one and not negative.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Integer(number) => u64::try_from(*number).ok(),
            Self::BigInteger(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// What kind of value this is, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) | Self::BigInteger(_) => "an integer",
            Self::Float(_) => "a fraction",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// Copies what is borrowed.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(truth),
            Self::Integer(number) => Value::Integer(number),
            Self::BigInteger(number) => Value::BigInteger(number),
            Self::Float(number) => Value::Float(number),
            Self::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Self::Array(items) => Value::Array(items.into_iter().map(Value::into_owned).collect()),
            Self::Object(object) => Value::Object(object.into_owned()),
        }
    }

    /// Converts for serialization.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(truth) => (*truth).into(),
            Self::Integer(number) => (*number).into(),
            Self::BigInteger(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::String(text) => text.as_ref().into(),
            Self::Array(items) => items.iter().map(Value::to_json).collect(),
            Self::Object(object) => serde_json::Value::Object(object.to_json()),
        }
    }
}

impl<'a> Value<'a> {
    /// The items, if it is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Value<'a>]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The object, if it is one.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// Says why a document was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonError {
    /// Longer than allowed.
    TooLong {
        /// The most bytes allowed.
        limit: usize,
    },
    /// Not UTF-8, or with a byte order mark.
    NotUtf8,
    /// Nested deeper than allowed.
    TooDeep {
        /// The most levels allowed.
        limit: usize,
    },
    /// An object with more members than allowed.
    TooManyMembers {
        /// The most members allowed.
        limit: usize,
    },
    /// A member named twice in one object.
    DuplicateMember {
        /// The name, after its escapes were resolved; at most 64 bytes of it.
        name: String,
    },
    /// JSON, but not an object.
    NotAnObject,
    /// Not JSON.
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { limit } => write!(f, "the JSON is longer than {limit} bytes"),
            Self::NotUtf8 => f.write_str("the JSON is not plain UTF-8"),
            Self::TooDeep { limit } => write!(f, "the JSON is nested deeper than {limit} levels"),
            Self::TooManyMembers { limit } => {
                write!(f, "a JSON object has more than {limit} members")
            }
            Self::DuplicateMember { name } => write!(f, "the JSON has member `{name}` twice"),
            Self::NotAnObject => f.write_str("the JSON is not an object"),
            Self::Syntax { line, column } => {
                write!(f, "not well-formed JSON at line {line}, column {column}")
            }
        }
    }
}

impl std::error::Error for JsonError {}
