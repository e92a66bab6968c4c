//! Lists, expand and explain.

mod agreement;
