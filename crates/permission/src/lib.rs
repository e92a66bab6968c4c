//! Who may do what: models in OpenFGA's language, and relationships to answer questions from.
//!
//! Nothing here does IO, reads a clock or draws randomness: those are arguments.

pub mod check;
pub mod compile;
pub mod condition;
pub mod expand;
pub mod explain;
pub mod graph;
pub mod import;
pub mod language;
pub mod list_objects;
pub mod list_permissions;
pub mod list_users;
pub mod model;
pub mod tuple;

mod question;

pub use question::{ListLimits, ListStop, PAGE_MAX};
