//! JWT claims with exact types ([RFC 7519 §4](https://www.rfc-editor.org/rfc/rfc7519#section-4)).
//!
//! A claim of the wrong JSON type is refused, never treated as absent: a dropped `exp` would be a
//! token without end.

use crate::UnixTime;
use crate::json::{self, JsonError, JsonLimits, Object, Value};
use std::fmt;

/// The most values that `aud` may list. Each costs a comparison per API, and no issuer needs more.
pub const MAX_AUDIENCES: usize = 16;

/// The most items that a list claim read by [`Claims::strings`] may have.
pub const MAX_LIST_ITEMS: usize = 256;

/// The latest moment a claim may name, the end of the year 9999. Arithmetic on it cannot overflow.
pub const MAX_NUMERIC_DATE: i64 = 253_402_300_799;

/// The claims of a token, or any other JSON object to be read with the same strictness.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims<'a>(Object<'a>);

impl<'a> Claims<'a> {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`JsonError`] if it is not one strict JSON object within `limits`.
    pub fn parse(payload: &'a [u8], limits: JsonLimits) -> Result<Self, JsonError> {
        json::parse_object(payload, limits).map(Self)
    }

    /// Copies what is borrowed, so that the claims outlive the payload.
    #[must_use]
    pub fn into_owned(self) -> Claims<'static> {
        Claims(self.0.into_owned())
    }

    /// The claim as it stands.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.0.get(name)
    }

    /// All claims, in document order.
    #[must_use]
    pub fn object(&self) -> &Object<'a> {
        &self.0
    }

    /// A string claim.
    ///
    /// # Errors
    /// [`ClaimError::WrongType`] if it is there but not a string.
    pub fn string(&self, name: &str) -> Result<Option<&str>, ClaimError> {
        self.typed(name, "a string", Value::as_str)
    }

    /// A string claim that must be there and not empty.
    ///
    /// # Errors
    /// [`ClaimError::Missing`], [`ClaimError::Empty`] or [`ClaimError::WrongType`].
    pub fn require_string(&self, name: &str) -> Result<&str, ClaimError> {
        match self.string(name)? {
            Some("") => Err(ClaimError::Empty { name: name.to_owned() }),
            found => found.ok_or_else(|| missing(name)),
        }
    }

    /// A `NumericDate`: whole seconds, not negative, not after the year 9999.
    ///
    /// RFC 7519 §2 allows fractions; no issuer of access tokens writes them, and a parser that
    /// rounds gives attackers a choice of moments, so they are refused.
    ///
    /// # Errors
    /// [`ClaimError::WrongType`] or [`ClaimError::OutOfRange`].
    pub fn numeric_date(&self, name: &str) -> Result<Option<UnixTime>, ClaimError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Integer(secs @ 0..=MAX_NUMERIC_DATE)) => {
                Ok(Some(UnixTime::from_secs(*secs)))
            }
            Some(Value::Integer(_) | Value::BigInteger(_)) => {
                Err(ClaimError::OutOfRange { name: name.to_owned() })
            }
            Some(other) => Err(wrong(name, "an integer", other)),
        }
    }

    /// A `NumericDate` that must be there.
    ///
    /// # Errors
    /// As [`Claims::numeric_date`], and [`ClaimError::Missing`].
    pub fn require_numeric_date(&self, name: &str) -> Result<UnixTime, ClaimError> {
        self.numeric_date(name)?.ok_or_else(|| missing(name))
    }

    /// An integer claim.
    ///
    /// # Errors
    /// [`ClaimError::WrongType`], also for integers beyond 64 bits with sign.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, ClaimError> {
        self.typed(name, "an integer", Value::as_i64)
    }

    /// An integer claim that must be there.
    ///
    /// # Errors
    /// As [`Claims::integer`], and [`ClaimError::Missing`].
    pub fn require_integer(&self, name: &str) -> Result<i64, ClaimError> {
        self.integer(name)?.ok_or_else(|| missing(name))
    }

    /// An integer claim that is not negative.
    ///
    /// # Errors
    /// [`ClaimError::WrongType`], also for negative integers.
    pub fn unsigned(&self, name: &str) -> Result<Option<u64>, ClaimError> {
        self.typed(name, "an integer from 0", Value::as_u64)
    }

    /// An integer claim that is not negative and must be there.
    ///
    /// # Errors
    /// As [`Claims::unsigned`], and [`ClaimError::Missing`].
    pub fn require_unsigned(&self, name: &str) -> Result<u64, ClaimError> {
        self.unsigned(name)?.ok_or_else(|| missing(name))
    }

    /// A claim that is `true` or `false`.
    ///
    /// # Errors
    /// [`ClaimError::WrongType`]; the string `"true"` is one.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, ClaimError> {
        self.typed(name, "a boolean", Value::as_bool)
    }

    /// An object claim.
    ///
    /// # Errors
    /// [`ClaimError::WrongType`].
    pub fn member(&self, name: &str) -> Result<Option<&Object<'a>>, ClaimError> {
        self.typed(name, "an object", Value::as_object)
    }

    /// An array claim of anything.
    ///
    /// # Errors
    /// [`ClaimError::WrongType`].
    pub fn array(&self, name: &str) -> Result<Option<&[Value<'a>]>, ClaimError> {
        self.typed(name, "an array", Value::as_array)
    }

    /// An array claim of strings, at most [`MAX_LIST_ITEMS`].
    ///
    /// # Errors
    /// [`ClaimError::WrongType`], also for one item that is no string; [`ClaimError::TooMany`].
    pub fn strings(&self, name: &str) -> Result<Option<Vec<&str>>, ClaimError> {
        let Some(items) = self.array(name)? else { return Ok(None) };
        list(name, items, MAX_LIST_ITEMS).map(Some)
    }

    /// The `aud` claim: one string or an array of up to [`MAX_AUDIENCES`], none empty
    /// ([RFC 7519 §4.1.3](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3)).
    ///
    /// # Errors
    /// [`ClaimError::WrongType`], [`ClaimError::Empty`] or [`ClaimError::TooMany`].
    pub fn audience(&self) -> Result<Option<Audience<'_>>, ClaimError> {
        let values = match self.get("aud") {
            None => return Ok(None),
            Some(Value::String(one)) => vec![one.as_ref()],
            Some(Value::Array(items)) => list("aud", items, MAX_AUDIENCES)?,
            Some(other) => return Err(wrong("aud", "a string or an array of strings", other)),
        };
        if values.is_empty() || values.contains(&"") {
            return Err(ClaimError::Empty { name: "aud".to_owned() });
        }
        Ok(Some(Audience(values)))
    }

    /// The `aud` claim, which must be there.
    ///
    /// # Errors
    /// As [`Claims::audience`], and [`ClaimError::Missing`].
    pub fn require_audience(&self) -> Result<Audience<'_>, ClaimError> {
        self.audience()?.ok_or_else(|| missing("aud"))
    }

    fn typed<'s, T>(
        &'s self,
        name: &str,
        expected: &'static str,
        read: impl Fn(&'s Value<'a>) -> Option<T>,
    ) -> Result<Option<T>, ClaimError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| wrong(name, expected, value))
    }
}

impl<'a> From<Object<'a>> for Claims<'a> {
    fn from(object: Object<'a>) -> Self {
        Self(object)
    }
}

/// Whom a token is for: at least one value, none empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience<'a>(Vec<&'a str>);

impl<'a> Audience<'a> {
    /// Whether `value` is one of them, compared byte by byte: no prefix, no case folding.
    #[must_use]
    pub fn contains(&self, value: &str) -> bool {
        self.0.contains(&value)
    }

    /// The one value, if there is exactly one.
    #[must_use]
    pub fn single(&self) -> Option<&'a str> {
        match self.0.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// All values, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a str> {
        self.0.iter().copied()
    }
}

fn list<'v>(name: &str, items: &'v [Value<'_>], limit: usize) -> Result<Vec<&'v str>, ClaimError> {
    if items.len() > limit {
        return Err(ClaimError::TooMany { name: name.to_owned(), limit });
    }
    items
        .iter()
        .map(|item| item.as_str().ok_or_else(|| wrong(name, "an array of strings", item)))
        .collect()
}

fn missing(name: &str) -> ClaimError {
    ClaimError::Missing { name: name.to_owned() }
}

fn wrong(name: &str, expected: &'static str, found: &Value<'_>) -> ClaimError {
    ClaimError::WrongType { name: name.to_owned(), expected, found: found.kind() }
}

/// Says why a claim was refused. `name` is always a name that the caller asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimError {
    /// Not there.
    Missing {
        /// The claim.
        name: String,
    },
    /// There, but empty.
    Empty {
        /// The claim.
        name: String,
    },
    /// Of another JSON type.
    WrongType {
        /// The claim.
        name: String,
        /// What it must be.
        expected: &'static str,
        /// What was found in its place.
        found: &'static str,
    },
    /// A moment before 1970 or after 9999.
    OutOfRange {
        /// The claim.
        name: String,
    },
    /// A list with too many items.
    TooMany {
        /// The claim.
        name: String,
        /// The most items allowed.
        limit: usize,
    },
}

impl ClaimError {
    /// The claim that it is about.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Missing { name }
            | Self::Empty { name }
            | Self::WrongType { name, .. }
            | Self::OutOfRange { name }
            | Self::TooMany { name, .. } => name,
        }
    }
}

impl fmt::Display for ClaimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name } => write!(f, "claim `{name}` is missing"),
            Self::Empty { name } => write!(f, "claim `{name}` is empty"),
            Self::WrongType { name, expected, found } => {
                write!(f, "claim `{name}` must be {expected}, not {found}")
            }
            Self::OutOfRange { name } => {
                write!(f, "claim `{name}` must be seconds from 1970 to 9999")
            }
            Self::TooMany { name, limit } => {
                write!(f, "claim `{name}` lists more than {limit} values")
            }
        }
    }
}

impl std::error::Error for ClaimError {}
