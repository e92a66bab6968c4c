//! What others write, as our models and tuples.

pub mod zed;
