//! From a decided write to statements as data.

use counterfoil_permission::tuple::Tuple;

use super::StoreRevision;
use super::filter::FilterNames;
use super::names::{KeyNames, KeyNumbers, Name};
use super::ops::{Encoder, Op, context_text};
use crate::head::Head;
use crate::plan::{Plan, storable};
use crate::value::{Expect, Step, Value};
use crate::{ConflictAt, StoreError, sql};

/// Guards that share one statement, so that its shapes stay few and stay prepared.
const GUARDS_PER_STATEMENT: usize = 8;

/// What a decision relies on.
#[derive(Clone, Debug)]
pub(super) enum Relied {
    /// The row is as it was read.
    Unchanged(KeyNumbers, StoreRevision),
    /// There is such a tuple.
    Some(FilterNames),
    /// There is none.
    None(FilterNames),
}

/// What a decided write does to one tuple.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Insert(KeyNames, Option<(KeyNumbers, i64)>, Tuple),
    Replace(KeyNumbers, StoreRevision, Tuple),
    Delete(KeyNumbers, StoreRevision, super::TupleKey),
}

/// A decided write.
#[derive(Debug, Default)]
pub(super) struct Decided {
    pub(super) relied: Vec<Relied>,
    /// Names that no row has yet.
    pub(super) new_names: Vec<Name>,
    /// Deletes before everything else.
    pub(super) acts: Vec<Act>,
}

impl Decided {
    /// The statements: guards, then names, then tuples, then the log.
    pub(super) fn plan(self, head: Head) -> Result<Plan, StoreError> {
        let mut steps = Vec::new();
        guards(&mut steps, head, &self.relied);
        for name in &self.new_names {
            steps.push(name_step(head, name));
        }
        let changes = i64::from(!self.acts.is_empty());
        let mut log = Encoder::new();
        for (index, act) in self.acts.into_iter().enumerate() {
            let (text, params, op) = act_step(head, act);
            log.push(&op);
            let at = Some(ConflictAt::Effect(index));
            steps.push(Step { sql: text.into(), params, expect: Expect::One, at });
        }
        if changes > 0 {
            steps.push(log_step(head, 1, log.finish()));
        }
        storable(&steps)?;
        Ok(Plan { head, steps, changes })
    }
}

/// Gives a name a number if it has none.
pub(super) fn name_step(head: Head, name: &Name) -> Step {
    let mut params = head.params();
    params.extend([name.hash().value(), Value::text(name.text())]);
    Step::plain(sql::permission::INSERT_NAME, params)
}

/// Logs changes at the revision so many after the head.
pub(super) fn log_step(head: Head, ahead: i64, ops: Vec<u8>) -> Step {
    let mut params = head.params();
    let size = Value::Int(i64::try_from(ops.len()).unwrap_or(i64::MAX));
    params.extend([Value::ahead(ahead), Value::Now(0), size, Value::Blob(ops)]);
    Step::plain(sql::permission::INSERT_LOG, params)
}

/// The columns of a tuple after its key: revision, time, condition, context and expiry.
pub(super) fn attributes(tuple: &Tuple, ahead: i64) -> [Value; 5] {
    let condition = tuple.condition();
    [
        Value::ahead(ahead),
        Value::Now(0),
        condition.map_or(Value::Null, |condition| Value::text(condition.name())),
        condition.map_or(Value::Null, |condition| Value::Text(context_text(condition.context()))),
        Value::int(tuple.expires_at().map(|at| i64::try_from(at).unwrap_or(i64::MAX))),
    ]
}

fn act_step(head: Head, act: Act) -> (&'static str, Vec<Value>, Op) {
    let mut params = head.params();
    let seen =
        |revision: StoreRevision| Value::Int(i64::try_from(revision.get()).unwrap_or(i64::MAX));
    match act {
        Act::Insert(_, Some((key, object_type)), tuple) => {
            params.extend(key.values());
            params.push(Value::Int(object_type));
            params.extend(attributes(&tuple, 1));
            (sql::permission::INSERT_TUPLE, params, Op::Write(tuple))
        }
        Act::Insert(names, None, tuple) => {
            params.extend(names.hashes());
            params.extend(attributes(&tuple, 1));
            (sql::permission::INSERT_TUPLE_HASHED, params, Op::Write(tuple))
        }
        Act::Replace(key, revision, tuple) => {
            params.extend(key.values());
            params.push(seen(revision));
            params.extend(attributes(&tuple, 1));
            (sql::permission::REPLACE_TUPLE, params, Op::Write(tuple))
        }
        Act::Delete(key, revision, gone) => {
            params.extend(key.values());
            params.push(seen(revision));
            (sql::permission::DELETE_TUPLE, params, Op::Delete(gone))
        }
    }
}

/// What was relied on as few statements: each a row of truths.
fn guards(steps: &mut Vec<Step>, head: Head, relied: &[Relied]) {
    for (chunk, relied) in relied.chunks(GUARDS_PER_STATEMENT).enumerate() {
        let mut text = String::new();
        let mut params = head.params();
        for relied in relied {
            text.push_str(if text.is_empty() { "SELECT " } else { ", " });
            let taken = params.len();
            match relied {
                Relied::Unchanged(key, revision) => {
                    text.push_str(&format!(
                        "EXISTS (SELECT 1 FROM permission_tuples t WHERE t.iss = $1 AND \
                         t.store = $2 AND t.object = ${} AND t.relation = ${} AND \
                         t.subject_relation = ${} AND t.subject = ${} AND t.revision = ${})",
                        taken + 1,
                        taken + 2,
                        taken + 3,
                        taken + 4,
                        taken + 5,
                    ));
                    params.extend(key.values());
                    params.push(Value::Int(i64::try_from(revision.get()).unwrap_or(i64::MAX)));
                }
                Relied::Some(names) | Relied::None(names) => {
                    let (condition, hashes) = names.hashed(taken);
                    let not = if matches!(relied, Relied::None(_)) { "NOT " } else { "" };
                    text.push_str(&format!(
                        "{not}EXISTS (SELECT 1 FROM permission_tuples t WHERE {condition})"
                    ));
                    params.extend(hashes);
                }
            }
        }
        let at = Some(ConflictAt::Guard(chunk * GUARDS_PER_STATEMENT));
        steps.push(Step { sql: text.into(), params, expect: Expect::AllTrue, at });
    }
}
