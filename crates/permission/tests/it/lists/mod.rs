//! Lists, expand and explain.

mod cases;
mod expand;
mod explain;
