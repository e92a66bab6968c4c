use std::borrow::Cow;

use counterfoil_oauth::model::Revision;

/// One parameter or column: all the types that both engines share.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
    /// A revision that only the commit knows: this many past the head that the batch finds.
    Ahead(Ahead),
    /// The moment of the commit; only the committer knows it.
    Now(i64),
}

/// A revision relative to the head at the commit, and its number once that is known.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Ahead {
    pub(crate) by: i64,
    pub(crate) settled: i64,
}

impl Value {
    pub(crate) const fn ahead(by: i64) -> Self {
        Self::Ahead(Ahead { by, settled: 0 })
    }

    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(crate) fn blob(bytes: &[u8]) -> Self {
        Self::Blob(bytes.to_vec())
    }

    pub(crate) fn revision(revision: Revision) -> Self {
        // No store can commit 2^63 changes; a larger number is foreign and matches nothing newer.
        Self::Int(i64::try_from(revision.get()).unwrap_or(i64::MAX))
    }

    pub(crate) fn int(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Int)
    }
}

/// Never prints what it holds: parameters include password hashes and sealed keys.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Int(_) | Self::Ahead(_) | Self::Now(_) => "integer",
            Self::Text(_) => "text",
            Self::Blob(_) => "bytes",
        })
    }
}

/// One row, in the order of the statement's columns.
pub(crate) type Row = Vec<Value>;

/// What one statement did: rows changed (or read), and the rows it returned.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) affected: u64,
    pub(crate) rows: Vec<Row>,
}

/// What must be seen for a statement to count as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    /// Any number of rows.
    Any,
    /// Exactly one row changed.
    One,
    /// One row whose columns are all true; the column that isn't names the guard.
    AllTrue,
}

/// One statement of a batch as data.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) sql: Cow<'static, str>,
    pub(crate) params: Vec<Value>,
    pub(crate) expect: Expect,
    /// Where in the batch it comes from; `None` for the store's own rows, which can't conflict.
    pub(crate) at: Option<crate::ConflictAt>,
}

impl Step {
    /// A statement of the store's own, which may touch any number of rows.
    pub(crate) const fn plain(sql: &'static str, params: Vec<Value>) -> Self {
        Self { sql: Cow::Borrowed(sql), params, expect: Expect::Any, at: None }
    }

    /// Fills in what only the commit knows.
    pub(crate) fn settle(&mut self, head: i64, now: i64) {
        for value in &mut self.params {
            match value {
                Value::Ahead(ahead) => ahead.settled = head.saturating_add(ahead.by),
                Value::Now(at) => *at = now,
                Value::Null | Value::Int(_) | Value::Text(_) | Value::Blob(_) => {}
            }
        }
    }
}
