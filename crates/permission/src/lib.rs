//! Who may do what: models in OpenFGA's language, and relationships to answer questions from.
//!
//! Nothing here does IO, reads a clock or draws randomness: those are arguments.

pub mod language;
pub mod model;
