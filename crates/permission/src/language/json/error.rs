use std::fmt;

use super::super::limits::{NESTING_LIMIT, TEXT_LIMIT};
use super::super::name::Named;

/// Why a JSON text is no model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Where, as a JSON pointer (RFC 6901); empty for the whole text.
    pub path: String,
    /// What.
    pub kind: JsonErrorKind,
}

/// What is wrong at one place of a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonErrorKind {
    /// The text is longer than [`TEXT_LIMIT`].
    TextTooLong,
    /// The text is no JSON.
    NotJson {
        /// What the reader said, with line and column.
        reason: String,
    },
    /// Another kind of value should stand here.
    Unexpected {
        /// What stands here.
        found: &'static str,
        /// What should.
        expected: &'static str,
    },
    /// A field is missing.
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A field or a name is given twice.
    Duplicate {
        /// The name.
        name: String,
    },
    /// A name has forbidden letters, or too many.
    Name {
        /// What it names.
        named: Named,
    },
    /// An object is none of the shapes of a rewrite.
    UnknownRewrite,
    /// An operator has no operands.
    NoOperands,
    /// A tuple-to-userset or a computed userset names an object.
    ForeignObject,
    /// Operators or parameter types nest deeper than [`NESTING_LIMIT`].
    TooDeep,
    /// The schema version is unknown.
    UnknownSchema {
        /// The version.
        found: String,
    },
    /// The type of a parameter is unknown.
    UnknownParameterType {
        /// The type.
        found: String,
    },
    /// A list or map does not say what it holds, or something else does.
    GenericTypes,
    /// Types are given for the tuples of a relation that has none of its own, or that is unknown.
    StrayRestrictions,
    /// A restriction is both a userset and a wildcard.
    UsersetAndWildcard,
    /// A condition is called otherwise than its entry.
    ConditionName,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        self.kind.fmt(f)
    }
}

impl std::error::Error for JsonError {}

impl fmt::Display for JsonErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TextTooLong => {
                write!(f, "the text is longer than {TEXT_LIMIT} bytes: shorten the model")
            }
            Self::NotJson { reason } => write!(f, "this is no JSON: {reason}"),
            Self::Unexpected { found, expected } => write!(f, "found {found}, expected {expected}"),
            Self::Missing { field } => write!(f, "the field `{field}` is missing: add it"),
            Self::Duplicate { name } => {
                write!(f, "`{name}` is given twice: remove or rename one")
            }
            Self::Name { named } => {
                write!(f, "this is no {named} name: use 1 to {} letters, ", named.limit())?;
                match named {
                    Named::Type | Named::Relation => f.write_str("no blanks, `:`, `#` or `@`"),
                    _ => f.write_str("no blanks"),
                }
            }
            Self::UnknownRewrite => f.write_str(
                "this is no rewrite, expected exactly one of this, computedUserset, \
                 tupleToUserset, union, intersection and difference",
            ),
            Self::NoOperands => f.write_str("the list of children is empty: name at least one"),
            Self::ForeignObject => {
                f.write_str("a rewrite names no object: leave `object` empty or out")
            }
            Self::TooDeep => write!(
                f,
                "this nests deeper than {NESTING_LIMIT} levels: \
                 name a part of it as a relation of its own"
            ),
            Self::UnknownSchema { found } => {
                write!(f, "the schema version `{found}` is unknown, expected 1.1 or 1.2")
            }
            Self::UnknownParameterType { found } => write!(
                f,
                "the parameter type `{found}` is unknown, expected TYPE_NAME_ and one of ANY, \
                 BOOL, STRING, INT, UINT, DOUBLE, DURATION, TIMESTAMP, IPADDRESS, LIST and MAP"
            ),
            Self::GenericTypes => f.write_str(
                "a list or map has exactly one entry in `generic_types`, another type has none",
            ),
            Self::StrayRestrictions => f.write_str(
                "types are given for tuples that the relation has not: \
                 add `this` to it, or remove them",
            ),
            Self::UsersetAndWildcard => {
                f.write_str("found both `relation` and `wildcard`, expected one of them")
            }
            Self::ConditionName => {
                f.write_str("the name differs from the name of the entry: make them equal")
            }
        }
    }
}
