//! Values at run time, borrowed from the context where possible.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value as Json;

use super::convert;
use super::time::Timestamp;
use crate::model::ParameterType;
use crate::tuple::Context;

#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Text<'a>),
    Bytes(Arc<[u8]>),
    /// In nanoseconds.
    Duration(i64),
    Timestamp(Timestamp),
    Ip(IpAddr),
    List(List<'a>),
    Map(Map<'a>),
    /// A type, by its name.
    Type(&'static str),
}

#[derive(Clone, Debug)]
pub(super) enum Text<'a> {
    Borrowed(&'a str),
    Shared(Arc<str>),
}

#[derive(Clone, Debug)]
pub(super) enum List<'a> {
    /// Of the context, its items of this type.
    Given(&'a [Json], &'a ParameterType),
    Made(Arc<[Value<'a>]>),
    /// Two lists one after the other, and how many items they have.
    Joined(Arc<(List<'a>, List<'a>)>, usize),
}

#[derive(Clone, Debug)]
pub(super) enum Map<'a> {
    /// Of the context, its values of this type.
    Given(&'a Context, &'a ParameterType),
    Made(Arc<[(Value<'a>, Value<'a>)]>),
}

impl<'a> Value<'a> {
    pub(super) fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(Text::Shared(text.into()))
    }

    /// The same, borrowed from this one where that spares a copy.
    pub(super) fn borrowed(&'a self) -> Self {
        match self {
            Self::String(text) => Self::String(Text::Borrowed(text.as_str())),
            other => other.clone(),
        }
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Ip(_) => "IPAddress",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Type(_) => "type",
        }
    }
}

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl<'a> List<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Given(items, _) => items.len(),
            Self::Made(items) => items.len(),
            Self::Joined(_, length) => *length,
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Given(items, of) => convert::item(items.get(index)?, of),
            Self::Made(items) => items.get(index).cloned(),
            Self::Joined(both, _) => {
                let first = both.0.len();
                if index < first { both.0.get(index) } else { both.1.get(index - first) }
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Value<'a>> {
        (0..self.len()).map_while(|index| self.get(index))
    }

    /// One list behind another, without touching their items.
    pub(super) fn joined(self, other: Self) -> Self {
        match (self.len(), other.len()) {
            (0, _) => other,
            (_, 0) => self,
            (one, two) => Self::Joined(Arc::new((self, other)), one.saturating_add(two)),
        }
    }
}

impl<'a> Map<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Given(map, _) => map.len(),
            Self::Made(entries) => entries.len(),
        }
    }

    /// The value of a key that is a string.
    pub(super) fn field(&self, name: &str) -> Option<Value<'a>> {
        match self {
            Self::Given(map, of) => convert::item(map.get(name)?, of),
            Self::Made(entries) => entries
                .iter()
                .find(|(key, _)| matches!(key, Value::String(text) if text.as_str() == name))
                .map(|(_, value)| value.clone()),
        }
    }

    pub(super) fn keys(&self) -> Vec<Value<'a>> {
        match self {
            Self::Given(map, _) => {
                map.keys().map(|key| Value::String(Text::Borrowed(key))).collect()
            }
            Self::Made(entries) => entries.iter().map(|(key, _)| key.clone()).collect(),
        }
    }
}
