//! From rows to tuples.

use counterfoil_permission::tuple::Tuple;

use super::names::KeyNumbers;
use super::{StoreRevision, StoredTuple};
use crate::StoreError;
use crate::row::Fields;

/// A tuple and the numbers of its key.
#[derive(Clone, Debug)]
pub(super) struct NumberedTuple {
    pub(super) key: KeyNumbers,
    pub(super) object_type: i64,
    pub(super) stored: StoredTuple,
}

/// A row of the columns of `NAMED_HEAD` after the head.
pub(super) fn named_tuple(mut row: Fields) -> Result<NumberedTuple, StoreError> {
    let key = KeyNumbers {
        object: row.id("object")?,
        relation: row.id("relation")?,
        subject_relation: row.int("subject_relation")?,
        subject: row.id("subject")?,
    };
    let object_type = row.id("object_type")?;
    let (object, relation) = (row.text("object")?, row.text("relation")?);
    let (mut user, through) = (row.text("subject")?, row.maybe_text("subject_relation")?);
    if let Some(through) = through {
        user.push_str(&through);
    }
    let relation = relation.strip_prefix('#').unwrap_or(&relation);
    let parsed = Tuple::parse(&object, relation, &user);
    let mut tuple = parsed.map_err(|_| row.bad("object", "is not a tuple's name"))?;
    let condition = row.maybe_text("condition")?;
    let context = row.maybe_json("context")?;
    if let Some(name) = condition {
        tuple = tuple
            .with_condition(&name, context.unwrap_or_default())
            .map_err(|_| row.bad("condition", "is not a condition"))?;
    }
    if let Some(at) = row.maybe_int("expires_at")? {
        let at = u64::try_from(at).map_err(|_| row.bad("expires_at", "is negative"))?;
        tuple = tuple.with_expiry(at);
    }
    let written_at = row.time("written_at")?;
    let revision = StoreRevision::new(row.revision("revision")?.get());
    Ok(NumberedTuple { key, object_type, stored: StoredTuple { tuple, written_at, revision } })
}
