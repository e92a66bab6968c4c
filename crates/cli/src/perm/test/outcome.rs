//! What became of an assertion.

use serde::Serialize;
use serde_json::Value;

/// A test, as it went.
pub(super) struct TestOutcome {
    pub(super) name: String,
    pub(super) assertions: Vec<Outcome>,
}

/// An assertion, as it went.
pub(super) struct Outcome {
    pub(super) asked: Asked,
    pub(super) expected: Answer,
    /// The answer, or why there was none.
    pub(super) got: Result<Answer, String>,
    /// Why the answer is what it is, a line each.
    pub(super) explanation: Vec<String>,
}

/// What was asked, in the words of the file.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Asked {
    Check {
        user: String,
        relation: String,
        object: String,
    },
    ListObjects {
        user: String,
        relation: String,
        #[serde(rename = "type")]
        type_name: String,
    },
    ListUsers {
        object: String,
        relation: String,
        user_filter: String,
    },
}

/// An answer. Lists are sorted: their order says nothing.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Allowed(bool),
    List(Vec<String>),
}

impl TestOutcome {
    pub(super) fn passed(&self) -> bool {
        self.assertions.iter().all(Outcome::passed)
    }
}

impl Outcome {
    pub(super) fn passed(&self) -> bool {
        self.got.as_ref() == Ok(&self.expected)
    }
}

impl Answer {
    pub(super) fn list(names: impl IntoIterator<Item = String>) -> Self {
        let mut names: Vec<String> = names.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        Self::List(names)
    }

    pub(super) fn json(&self) -> Value {
        match self {
            Self::Allowed(allowed) => Value::Bool(*allowed),
            Self::List(names) => Value::from(names.clone()),
        }
    }
}
