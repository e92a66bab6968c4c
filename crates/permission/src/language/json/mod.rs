//! The JSON form of a model, as OpenFGA's API has it.

mod error;
mod node;
mod read;
mod rewrite;
mod tree;
mod write;

pub use error::{JsonError, JsonErrorKind};
pub use read::from_json;
pub use write::to_json;
