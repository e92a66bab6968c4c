//! What others write, as our models and tuples.

pub mod moment;
pub mod zed;
