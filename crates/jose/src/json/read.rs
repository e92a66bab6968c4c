use super::{JsonError, JsonLimits, Object, Value};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

/// Up to this many members, comparing each name with all others beats sorting them.
const PAIRWISE_MEMBERS: usize = 16;

/// How much of a duplicate name a message repeats.
const SHOWN_NAME_BYTES: usize = 64;

pub(super) fn object(bytes: &[u8], limits: JsonLimits) -> Result<Object<'_>, JsonError> {
    if bytes.len() > limits.bytes {
        return Err(JsonError::TooLong { limit: limits.bytes });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| JsonError::NotUtf8)?;
    if text.starts_with('\u{feff}') {
        return Err(JsonError::NotUtf8);
    }
    let cause = RefCell::new(None);
    let seed = ValueSeed { limits, depth: 0, cause: &cause };
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    match read {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(JsonError::NotAnObject),
        Err(error) => Err(cause
            .take()
            .unwrap_or(JsonError::Syntax { line: error.line(), column: error.column() })),
    }
}

/// Reads one value at a known depth, leaving the cause of a refusal beside serde's text error.
#[derive(Clone, Copy)]
struct ValueSeed<'c> {
    limits: JsonLimits,
    depth: usize,
    cause: &'c RefCell<Option<JsonError>>,
}

impl ValueSeed<'_> {
    fn refuse<E: serde::de::Error>(&self, error: JsonError) -> E {
        *self.cause.borrow_mut() = Some(error);
        E::custom("refused")
    }

    fn deeper<E: serde::de::Error>(mut self) -> Result<Self, E> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(self.refuse(JsonError::TooDeep { limit: self.limits.depth }));
        }
        Ok(self)
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value<'de>, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value<'de>, E> {
        Ok(Value::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(number).map_or(Value::BigInteger(number), Value::Integer))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value<'de>, E> {
        if number.is_finite() {
            Ok(Value::Float(number))
        } else {
            Err(E::custom("number out of range"))
        }
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut members = Vec::with_capacity(PAIRWISE_MEMBERS);
        while let Some(name) = access.next_key_seed(NameSeed)? {
            if members.len() == self.limits.members {
                let limit = self.limits.members;
                return Err(self.refuse(JsonError::TooManyMembers { limit }));
            }
            members.push((name, access.next_value_seed(inner)?));
        }
        if let Some(name) = duplicate(&members) {
            return Err(self.refuse(JsonError::DuplicateMember { name: shown(name) }));
        }
        Ok(Value::Object(Object { members }))
    }
}

fn duplicate<'m>(members: &'m [(Cow<'_, str>, Value<'_>)]) -> Option<&'m str> {
    if members.len() <= PAIRWISE_MEMBERS {
        let mut seen = 0u64;
        let mut before = members.iter().enumerate();
        return before.find_map(|(at, (name, _))| {
            let place = 1 << place(name);
            let may_be_seen = seen & place != 0;
            seen |= place;
            let twice = may_be_seen && members.iter().take(at).any(|(other, _)| other == name);
            twice.then_some(name.as_ref())
        });
    }
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    names.windows(2).find_map(|pair| match pair {
        [left, right] if left == right => Some(*left),
        _ => None,
    })
}

/// Equal names have equal places of 64; most different ones don't, and need no comparison.
fn place(name: &str) -> u32 {
    let bytes = name.as_bytes();
    let edge = |byte: Option<&u8>| byte.copied().map_or(0, u32::from);
    let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    (edge(bytes.first()).wrapping_mul(5) ^ edge(bytes.last()).wrapping_mul(13) ^ len) % u64::BITS
}

fn shown(name: &str) -> String {
    let mut end = name.len().min(SHOWN_NAME_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default().to_owned()
}

struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Cow<'de, str>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for NameSeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
