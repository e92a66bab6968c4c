//! From a batch to statements as data.

mod changes;
mod effects;
mod guards;

use counterfoil_oauth::model::{Batch, IssuerId};

use crate::StoreError;
use crate::head::Head;
use crate::value::{Step, Value};

/// The most guards that a batch may have: a decision relies on a handful of facts.
pub(crate) const MAX_GUARDS: usize = 32;
/// The most effects: the largest decider (a user's deletion) has a handful; a bulk is many batches.
pub(crate) const MAX_EFFECTS: usize = 256;
/// The most changes, so that one batch can't fill a reader's page many times over.
pub(crate) const MAX_CHANGES: usize = 256;
/// The longest text that an index holds, in bytes: PostgreSQL's index rows end at 2,704.
pub(crate) const MAX_KEY_TEXT: usize = 1024;

/// A batch made ready on the caller's task, so that the one committer does no more than it must.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) head: Head,
    pub(crate) steps: Vec<Step>,
    /// How many revisions of its head it takes.
    pub(crate) changes: i64,
}

impl Plan {
    /// Turns a batch into steps: guards, then effects, then the log and the watermarks.
    pub(crate) fn new(iss: IssuerId, batch: &Batch) -> Result<Self, StoreError> {
        bounded("guards", batch.guards.len(), MAX_GUARDS)?;
        bounded("effects", batch.effects.len(), MAX_EFFECTS)?;
        bounded("changes", batch.changes.len(), MAX_CHANGES)?;
        let changes = i64::try_from(batch.changes.len()).unwrap_or(i64::MAX);
        let mut steps = Vec::with_capacity(2 + batch.effects.len() + 2 * batch.changes.len());
        guards::push(&mut steps, iss, &batch.guards);
        for (index, effect) in batch.effects.iter().enumerate() {
            effects::push(&mut steps, iss, index, effect, Value::ahead(changes))?;
        }
        changes::push(&mut steps, iss, &batch.changes);
        storable(&steps)?;
        Ok(Self { head: Head::Issuer(iss), steps, changes })
    }

    /// Fills in what only the commit knows.
    pub(crate) fn settle(&mut self, head: i64, now: i64) {
        for step in &mut self.steps {
            step.settle(head, now);
        }
    }
}

fn bounded(what: &str, found: usize, most: usize) -> Result<(), StoreError> {
    if found > most {
        return Err(StoreError::Unstorable(format!("{found} {what} in one batch, at most {most}")));
    }
    Ok(())
}

/// PostgreSQL's texts can't hold NUL; refusing it here keeps the engines alike.
pub(crate) fn storable(steps: &[Step]) -> Result<(), StoreError> {
    let holds_nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
    if steps.iter().flat_map(|step| &step.params).any(holds_nul) {
        return Err(StoreError::Unstorable("a text with a NUL character".to_owned()));
    }
    Ok(())
}

/// A text that an index holds.
fn key_text(column: &str, text: &str) -> Result<Value, StoreError> {
    if text.is_empty() || text.len() > MAX_KEY_TEXT {
        return Err(StoreError::Unstorable(format!(
            "`{column}` of {} bytes, must have 1 to {MAX_KEY_TEXT}",
            text.len()
        )));
    }
    Ok(Value::text(text))
}

/// A document or list as JSON.
fn json<T: serde::Serialize>(column: &str, value: &T) -> Result<Value, StoreError> {
    serde_json::to_string(value)
        .map(Value::Text)
        .map_err(|error| StoreError::Unstorable(format!("`{column}`: {error}")))
}

/// The form in which usernames are compared.
pub(crate) fn username_key(username: &str) -> String {
    username.to_lowercase()
}
