//! SpiceDB's schema language (`.zed`) and relationship strings, both ways.
//!
//! A schema's relations become relations of tuples and its permissions become computed ones; caveats
//! become conditions. What one side can't say is a [`Finding`] with its place, never a silent loss.

mod caveat;
mod definition;
mod expression;
mod finding;
mod lexer;
mod names;
mod parser;
mod print;
mod relationship;
mod resolve;

pub use finding::{Finding, FindingKind};
pub use print::{Schema, Unsayable, print};
pub use relationship::{RelationshipError, parse_relationship, parse_relationships};

use crate::model::Model;

/// A schema that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The model that says the same.
    pub model: Model,
    /// What it says a little differently: none of them is an error.
    pub notes: Vec<Finding>,
}

/// Reads a schema.
///
/// ```
/// use counterfoil_permission::import::zed;
/// use counterfoil_permission::language::print;
///
/// let imported = zed::parse(
///     "definition user {}
///      definition document {
///         relation owner: user
///         relation viewer: user | user:*
///         permission view = viewer + owner
///      }",
/// )
/// .unwrap();
/// let text = print(&imported.model)?;
/// assert!(text.contains("define view: viewer or owner"));
/// # Ok::<(), counterfoil_permission::language::PrintError>(())
/// ```
///
/// # Errors
/// What is wrong with the text, or can't be said in a model: at most
/// [`ERROR_LIMIT`](crate::language::ERROR_LIMIT), with positions.
pub fn parse(text: &str) -> Result<Imported, Vec<Finding>> {
    let schema = parser::schema(text)?;
    resolve::resolve(schema)
}
