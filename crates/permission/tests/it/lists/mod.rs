//! Lists, expand and explain.

mod agreement;
mod case;
mod cases;
mod expand;
mod explain;
