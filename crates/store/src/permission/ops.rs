//! What a log row holds: the changes of one revision, with their names in full, so that a reader
//! needs nothing else.
//!
//! The form is: a version byte, then each change as a kind byte and its fields, each field a length
//! (LEB128) and its bytes.

use counterfoil_permission::tuple::Tuple;

use super::{ModelId, TupleKey};
use crate::{Inconsistency, StoreError};

/// The only form there is.
const VERSION: u8 = 1;

const WRITE: u8 = 1;
const WRITE_CONDITIONAL: u8 = 2;
const DELETE: u8 = 3;
const MODEL: u8 = 4;
/// Added to a write's kind if the tuple expires.
const EXPIRES: u8 = 16;

/// One committed change of a permission store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// The tuple is as said from here on: it was inserted or replaced.
    Write(Tuple),
    /// The tuple is gone.
    Delete(TupleKey),
    /// A model was added, the latest from here on.
    Model(ModelId),
}

/// Writes changes into a log row.
#[derive(Debug)]
pub(super) struct Encoder(Vec<u8>);

impl Encoder {
    pub(super) fn new() -> Self {
        Self(vec![VERSION])
    }

    pub(super) fn push(&mut self, op: &Op) {
        match op {
            Op::Write(tuple) => self.write(tuple),
            Op::Delete(key) => {
                self.0.push(DELETE);
                self.field(key.object.to_string().as_bytes());
                self.field(key.relation.as_str().as_bytes());
                self.field(key.user.to_string().as_bytes());
            }
            Op::Model(id) => {
                self.0.push(MODEL);
                self.field(id.as_str().as_bytes());
            }
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    fn write(&mut self, tuple: &Tuple) {
        let condition = tuple.condition();
        let kind = if condition.is_some() { WRITE_CONDITIONAL } else { WRITE };
        self.0.push(if tuple.expires_at().is_some() { kind | EXPIRES } else { kind });
        self.field(tuple.object().to_string().as_bytes());
        self.field(tuple.relation().as_str().as_bytes());
        self.field(tuple.user().to_string().as_bytes());
        if let Some(condition) = condition {
            self.field(condition.name().as_bytes());
            self.field(context_text(condition.context()).as_bytes());
        }
        if let Some(at) = tuple.expires_at() {
            self.0.extend_from_slice(&at.to_be_bytes());
        }
    }

    fn field(&mut self, bytes: &[u8]) {
        let mut length = bytes.len();
        while length >= 0x80 {
            self.0.push(u8::try_from(length & 0x7f).unwrap_or(0) | 0x80);
            length >>= 7;
        }
        self.0.push(u8::try_from(length).unwrap_or(0));
        self.0.extend_from_slice(bytes);
    }
}

/// A condition's context as JSON. A map of strings to values always has such a form.
pub(super) fn context_text(context: &counterfoil_permission::tuple::Context) -> String {
    serde_json::to_string(context).unwrap_or_else(|_| "{}".to_owned())
}

/// Reads a log row's changes.
///
/// # Errors
/// [`StoreError::Inconsistent`] for bytes that no encoder wrote.
pub(super) fn decode(revision: i64, bytes: &[u8]) -> Result<Vec<Op>, StoreError> {
    Decoder(bytes).ops().ok_or_else(|| {
        StoreError::Inconsistent(Inconsistency {
            table: "permission_log",
            column: "ops",
            row: format!("`{revision}`"),
            why: "is not a list of changes",
        })
    })
}

struct Decoder<'a>(&'a [u8]);

impl<'a> Decoder<'a> {
    fn ops(mut self) -> Option<Vec<Op>> {
        if self.byte()? != VERSION {
            return None;
        }
        let mut ops = Vec::new();
        while !self.0.is_empty() {
            ops.push(self.op()?);
        }
        Some(ops)
    }

    fn op(&mut self) -> Option<Op> {
        let kind = self.byte()?;
        match kind & !EXPIRES {
            WRITE | WRITE_CONDITIONAL => {
                let (object, relation, user) = (self.text()?, self.text()?, self.text()?);
                let mut tuple = Tuple::parse(object, relation, user).ok()?;
                if kind & !EXPIRES == WRITE_CONDITIONAL {
                    let (name, context) = (self.text()?, self.text()?);
                    tuple = tuple.with_condition(name, serde_json::from_str(context).ok()?).ok()?;
                }
                if kind & EXPIRES != 0 {
                    tuple = tuple.with_expiry(self.time()?);
                }
                Some(Op::Write(tuple))
            }
            DELETE => {
                let (object, relation, user) = (self.text()?, self.text()?, self.text()?);
                TupleKey::parse(object, relation, user).ok().map(Op::Delete)
            }
            MODEL => ModelId::parse(self.text()?).map(Op::Model),
            _ => None,
        }
    }

    fn time(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*bytes))
    }

    fn text(&mut self) -> Option<&'a str> {
        let mut length = 0usize;
        for place in 0..4 {
            let byte = self.byte()?;
            length |= usize::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                let (text, rest) = self.0.split_at_checked(length)?;
                self.0 = rest;
                return std::str::from_utf8(text).ok();
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded_and_no_cut_is() {
        let plain = Tuple::parse("document:budget", "viewer", "group:eng#member").unwrap();
        let context = serde_json::from_str(r#"{"until": "2027-01-01", "n": [1, null]}"#).unwrap();
        let conditional = plain.clone().with_condition("in_time", context).unwrap();
        let at = 1_800_000_000;
        let ops = vec![
            Op::Write(plain.clone()),
            Op::Write(conditional.with_expiry(at)),
            Op::Write(plain.clone().with_expiry(at)),
            Op::Delete(TupleKey::of(&plain)),
            Op::Model(ModelId::new(1, [2; 10])),
        ];
        let mut encoder = Encoder::new();
        ops.iter().for_each(|op| encoder.push(op));
        let bytes = encoder.finish();
        assert_eq!(decode(1, &bytes).unwrap(), ops);
        let whole = (0..bytes.len()).filter_map(|cut| Decoder(&bytes[..cut]).ops());
        // A cut between two changes is a shorter list; never does one come out differently.
        assert!(whole.into_iter().all(|found| ops.starts_with(&found)));
        for place in 0..bytes.len() {
            let mut bent = bytes.clone();
            bent[place] ^= 0x55;
            drop(decode(1, &bent));
        }
    }
}
