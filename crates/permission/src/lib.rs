//! Who may do what: models in OpenFGA's language, and relationships to answer questions from.
//!
//! Nothing here does IO, reads a clock or draws randomness: those are arguments.

pub mod check;
pub mod compile;
pub mod graph;
pub mod language;
pub mod model;
pub mod tuple;
