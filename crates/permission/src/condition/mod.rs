//! Conditions: CEL expressions that decide whether a tuple counts.
//!
//! The language is that of OpenFGA's conditions: CEL with its standard library and macros, `ipaddress`
//! and `in_cidr`, without bindings and optional values. An expression is checked when its model is
//! compiled; evaluating it reads no text again and is bounded by [`COST_MAX`].

mod apply;
mod arithmetic;
mod budget;
mod compare;
mod convert;
mod duration;
mod error;
mod evaluate;
mod evaluator;
mod fold;
mod functions;
mod lower;
mod network;
mod parse;
mod pattern;
mod program;
mod quoted;
mod syntax;
mod time;
mod to_type;
mod token;
mod types;
mod value;

pub use error::{ConditionFailure, ExpressionError, ExpressionErrorKind};
pub use evaluator::Evaluator;
pub(crate) use program::Program;

/// What one evaluation may cost, in units of cel-go: OpenFGA's default.
pub const COST_MAX: u64 = 100;
/// The longest expression, in bytes: a model has no more.
pub const EXPRESSION_BYTES_MAX: usize = 256 * 1024;
/// The most parameters of a condition: OpenFGA has 25, and a set of them is a word here.
pub const PARAMETERS_MAX: usize = 64;
/// The deepest tree of parts of an expression, a chain of `&&` or `||` counted as one.
pub const DEPTH_MAX: usize = 96;
/// The most parentheses, brackets and arguments around one another.
const NESTING_MAX: usize = 48;
