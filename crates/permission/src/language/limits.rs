/// How long a model may be, in bytes, as text and as JSON: what OpenFGA stores.
pub const TEXT_LIMIT: usize = 256 * 1024;

/// How deep operators may nest in one relation, the outermost counted as 1.
///
/// People write three or four. The JSON form spends three levels on an operator, and its reader
/// stops at 128: 32 operators and what is around them stay below that.
pub const NESTING_LIMIT: usize = 32;

/// How many errors one parse reports: more than a person repairs in one go.
pub const ERROR_LIMIT: usize = 20;

/// How much of a word an error repeats, in characters: enough to find it again.
pub(super) const QUOTE_LIMIT: usize = 60;
