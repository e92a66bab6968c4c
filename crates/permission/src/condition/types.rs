//! The types of expressions.

use std::fmt;
use std::sync::Arc;

use crate::model::ParameterType;

/// What is known about a value before it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// Anything: whether it fits shows at run time.
    Dyn,
    /// The item of an empty list, which fits everywhere.
    Free,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Duration,
    Timestamp,
    Ip,
    /// What `type` gives.
    Kind,
    List(Arc<Type>),
    Map(Arc<Type>, Arc<Type>),
}

/// The types that expressions can name, as values.
pub(super) const NAMED: [&str; 11] = [
    "bool",
    "bytes",
    "double",
    "duration",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
];

impl Type {
    pub(super) fn of(parameter: &ParameterType) -> Self {
        match parameter {
            ParameterType::Any => Self::Dyn,
            ParameterType::Bool => Self::Bool,
            ParameterType::String => Self::String,
            ParameterType::Int => Self::Int,
            ParameterType::Uint => Self::Uint,
            ParameterType::Double => Self::Double,
            ParameterType::Duration => Self::Duration,
            ParameterType::Timestamp => Self::Timestamp,
            ParameterType::IpAddress => Self::Ip,
            ParameterType::List(item) => Self::List(Arc::new(Self::of(item))),
            ParameterType::Map(item) => Self::Map(Arc::new(Self::String), Arc::new(Self::of(item))),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Dyn | Self::Free)
    }

    /// The type that holds values of both, if there is one without giving up on types.
    pub(super) fn join(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Free, known) | (known, Self::Free) => Some(known.clone()),
            (Self::Dyn, _) | (_, Self::Dyn) => Some(Self::Dyn),
            (Self::List(one), Self::List(two)) => Some(Self::List(Arc::new(one.join(two)?))),
            (Self::Map(key, value), Self::Map(other_key, other_value)) => {
                let (key, value) = (key.join(other_key)?, value.join(other_value)?);
                Some(Self::Map(Arc::new(key), Arc::new(value)))
            }
            (Self::Null, known) | (known, Self::Null) if known.has_null() => Some(known.clone()),
            _ => (self == other).then(|| self.clone()),
        }
    }

    fn has_null(&self) -> bool {
        matches!(self, Self::Null | Self::Duration | Self::Timestamp | Self::Ip)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dyn | Self::Free => "any",
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Duration => "duration",
            Self::Timestamp => "timestamp",
            Self::Ip => "ipaddress",
            Self::Kind => "type",
            Self::List(item) => return write!(f, "list<{item}>"),
            Self::Map(key, value) if **key == Self::String => return write!(f, "map<{value}>"),
            Self::Map(key, value) => return write!(f, "map<{key}, {value}>"),
        })
    }
}
