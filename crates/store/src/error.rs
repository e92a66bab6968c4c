use std::fmt;

use counterfoil_oauth::model::{IssuerId, Revision};

/// Why the store could not do what was asked.
#[derive(Clone, Debug)]
pub enum StoreError {
    /// The engine can't be reached or broke the connection before the commit: nothing was written.
    Unavailable(String),
    /// The connection broke in the middle of a commit and the outcome could not be found out. The
    /// batch is either wholly in or wholly out; load again before deciding anew.
    Unknown(String),
    /// Too much is queued. Nothing was written; try later.
    Overloaded,
    /// No issuer has this id.
    UnknownIssuer(IssuerId),
    /// No permission store has this id, or it was deleted.
    UnknownPermissionStore,
    /// A stored row fits no state.
    Inconsistent(Inconsistency),
    /// A text, list or number that the schema can't hold; upstream checks should have refused it.
    Unstorable(String),
    /// The log no longer reaches back that far: load the live watermarks and go on from there.
    LogGap {
        /// The revision asked to continue from.
        after: Revision,
        /// The oldest revision still in the log, if any is.
        oldest: Option<Revision>,
    },
    /// The schema is older than this program and migrating was not asked for.
    MigrationsPending(Vec<String>),
    /// The schema's record of applied steps disagrees with this program.
    MigrationMismatch(String),
    /// The engine is too old.
    EngineTooOld {
        /// What runs.
        found: String,
        /// What is needed at least.
        wanted: &'static str,
    },
    /// A setting would lose acknowledged writes.
    UnsafeSetting {
        /// The setting's name.
        setting: &'static str,
        /// What it was read back as.
        found: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// The options don't make sense together.
    Options(String),
    /// The engine refused a statement, or input and output failed. Nothing was written.
    Engine(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "the database can't be reached: {why}"),
            Self::Unknown(why) => {
                write!(f, "the connection broke during a commit of unknown outcome: {why}")
            }
            Self::Overloaded => f.write_str("too many writes are waiting"),
            Self::UnknownIssuer(iss) => write!(f, "no issuer has the id {}", iss.get()),
            Self::UnknownPermissionStore => f.write_str("no permission store has this id"),
            Self::Inconsistent(found) => found.fmt(f),
            Self::Unstorable(what) => write!(f, "can't be stored: {what}"),
            Self::LogGap { after, oldest: Some(oldest) } => write!(
                f,
                "the log starts at revision {}, so it can't be continued after {}",
                oldest.get(),
                after.get()
            ),
            Self::LogGap { after, oldest: None } => {
                write!(f, "the log can't be continued after revision {}", after.get())
            }
            Self::MigrationsPending(names) => {
                write!(f, "the schema is behind by {}; run the migrations", names.join(", "))
            }
            Self::MigrationMismatch(why) => write!(f, "the schema's history doesn't fit: {why}"),
            Self::EngineTooOld { found, wanted } => {
                write!(f, "the database engine is {found}, but at least {wanted} is needed")
            }
            Self::UnsafeSetting { setting, found, wanted } => write!(
                f,
                "`{setting}` is `{found}`, but must be `{wanted}` to keep acknowledged writes"
            ),
            Self::Options(why) => write!(f, "the database options don't fit: {why}"),
            Self::Engine(why) => write!(f, "the database failed: {why}"),
        }
    }
}

impl std::error::Error for StoreError {}

/// A stored row that fits no state, named so that an operator can find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inconsistency {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row, by its key.
    pub row: String,
    /// What is wrong with it, without the value.
    pub why: &'static str,
}

impl fmt::Display for Inconsistency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, column, row, why } = self;
        write!(f, "inconsistent row {row} in `{table}`: `{column}` {why}")
    }
}

/// Why a batch was not committed.
#[derive(Clone, Debug)]
pub enum CommitError {
    /// A guard didn't hold or an effect found another state: load and decide once more.
    Conflict(ConflictAt),
    /// Too much is queued. Nothing was written.
    Overloaded,
    /// The store failed.
    Store(StoreError),
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict(at) => at.fmt(f),
            Self::Overloaded => StoreError::Overloaded.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CommitError {}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => Self::Overloaded,
            other => Self::Store(other),
        }
    }
}

/// What in a batch conflicted, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictAt {
    /// This guard didn't hold.
    Guard(usize),
    /// This effect found another state.
    Effect(usize),
}

impl fmt::Display for ConflictAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guard(index) => write!(f, "guard {index} doesn't hold"),
            Self::Effect(index) => write!(f, "effect {index} found another state"),
        }
    }
}
