use std::{fmt, sync::Arc};

use counterfoil_store::{
    StoreError,
    permission::{ModelId, StoreRevision},
};

/// Why a question has nothing to be answered from.
#[derive(Clone, Debug)]
pub(crate) enum PermissionError {
    /// No store has this id.
    UnknownStore,
    /// The revision asked for was not reached in time: it is ahead of this node, or of the store.
    NotFresh {
        /// What was asked for.
        asked: StoreRevision,
        /// What there is.
        found: StoreRevision,
    },
    /// The exact revision asked for is not kept any more.
    NotKept {
        /// What was asked for.
        asked: StoreRevision,
        /// The oldest that is kept.
        oldest: StoreRevision,
    },
    /// A stored model can't be read by this version: it was written by a newer one, or is damaged.
    UnreadableModel(String),
    /// The store is strict, and has warnings of the model, which was written before it was so.
    NotTaken {
        /// The model.
        model: ModelId,
        /// The warnings.
        why: Arc<str>,
    },
    /// A question to a store that isn't in memory leads to more tuples than may be read for one.
    TooLarge,
    /// The database failed.
    Store(StoreError),
}

impl fmt::Display for PermissionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownStore => f.write_str("no permission store has this id"),
            Self::NotFresh { asked, found } => {
                write!(f, "revision {asked} was not reached in time: there is {found}")
            }
            Self::NotKept { asked, oldest } => {
                write!(f, "revision {asked} is not kept: the oldest is {oldest}")
            }
            Self::UnreadableModel(why) => write!(f, "a stored model can't be read: {why}"),
            Self::NotTaken { model, why } => write!(
                f,
                "the store is strict and does not take its model {model}; write another, or set `strict` to false: {why}"
            ),
            Self::TooLarge => f.write_str("the question leads to too many relationships"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PermissionError {}

impl From<StoreError> for PermissionError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::UnknownPermissionStore => Self::UnknownStore,
            error => Self::Store(error),
        }
    }
}
