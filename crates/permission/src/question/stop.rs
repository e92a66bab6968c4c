//! Why a list is not, or not yet, complete.

use std::fmt;

use crate::check::{Decision, Limits, MissingParameter};

/// The most results of a page: what a caller can hold and a proxy lets through.
pub const PAGE_MAX: usize = 10_000;

/// How far a list may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListLimits {
    /// The limits of each single question that has to be asked on the way, and how many objects
    /// long a path may be.
    pub check: Limits,
    /// How many tuples and relations of objects may be looked at before the list pauses with
    /// [`ListStop::Steps`].
    pub steps: u64,
}

impl Default for ListLimits {
    /// The default limits of a check, and 100 million steps: some seconds of work.
    fn default() -> Self {
        Self { check: Limits::default(), steps: 100_000_000 }
    }
}

/// Something that keeps a list from being complete. It is no result, and no end: whoever asks on
/// gets what else there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListStop {
    /// Whether this one belongs to the list is not known.
    Undecided {
        /// Its id.
        id: String,
        /// Never an allow or a denial: missing parameters, a failed condition, or too complex.
        why: Decision,
    },
    /// The budget of steps is used up. With more of it the list goes on where it stopped.
    Steps,
}

impl ListStop {
    /// The parameters that would have been needed.
    #[must_use]
    pub fn missing(&self) -> &[MissingParameter] {
        match self {
            Self::Undecided { why: Decision::Missing(missing), .. } => missing,
            _ => &[],
        }
    }
}

impl fmt::Display for ListStop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecided { id, why: Decision::Missing(missing) } => {
                write!(f, "`{id}` cannot be decided without ")?;
                for (place, parameter) in missing.iter().enumerate() {
                    let comma = if place == 0 { "" } else { ", " };
                    write!(f, "{comma}{parameter}")?;
                }
                Ok(())
            }
            Self::Undecided { id, why: Decision::Failed { condition, why } } => {
                write!(f, "`{id}` cannot be decided: condition `{condition}` failed: {why}")
            }
            Self::Undecided { id, .. } => {
                write!(f, "`{id}` cannot be decided within the limits of depth and steps")
            }
            Self::Steps => write!(f, "the budget of steps is used up before the end of the list"),
        }
    }
}

impl std::error::Error for ListStop {}
