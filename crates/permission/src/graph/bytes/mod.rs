//! A graph as bytes, in blocks, so that neither end need hold it twice.
//!
//! After [`MAGIC`] and the version come blocks: the length as 4 bytes (little-endian, as all
//! numbers), that many bytes, and a checksum of 8. A block of no bytes ends the whole. What the
//! blocks hold, one after the other, is a stream of: the names of types, relations and conditions;
//! the kinds of tuples; contexts and terms; and for each type its objects' ids and rows. The rows of
//! users and the groups are worked out again.

mod frame;
mod read;
mod write;

use std::fmt;

use super::GraphError;

/// What a graph's bytes start with.
const MAGIC: &[u8; 8] = b"cfgraph\n";
/// The version of the layout that is written, and the only one that is read.
const VERSION: u32 = 1;

/// Why bytes are not made a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BytesError<E> {
    /// The source failed.
    Source(E),
    /// They do not start as a graph's bytes do.
    NotAGraph,
    /// They were written by another version.
    Version(u32),
    /// They end too early.
    Truncated,
    /// A checksum does not fit: they were damaged.
    Damaged,
    /// They say what no graph says.
    Invalid(&'static str),
    /// See [`GraphError::TooLarge`].
    TooLarge,
}

impl<E: fmt::Display> fmt::Display for BytesError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => error.fmt(f),
            Self::NotAGraph => f.write_str("these are no bytes of a graph"),
            Self::Version(found) => write!(
                f,
                "the graph was written in version {found} of its layout: expected version {VERSION}"
            ),
            Self::Truncated => f.write_str("the graph's bytes end too early"),
            Self::Damaged => f.write_str("the graph's bytes are damaged: a checksum does not fit"),
            Self::Invalid(what) => write!(f, "the graph's bytes are not sound: {what}"),
            Self::TooLarge => GraphError::TooLarge.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for BytesError<E> {}

impl<E> From<GraphError> for BytesError<E> {
    fn from(GraphError::TooLarge: GraphError) -> Self {
        Self::TooLarge
    }
}
