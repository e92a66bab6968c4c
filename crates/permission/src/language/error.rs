use std::fmt;

use super::limits::{ERROR_LIMIT, NESTING_LIMIT, QUOTE_LIMIT, TEXT_LIMIT};
use super::name::Named;

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

/// What is wrong at one place of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub position: Position,
    /// What.
    pub kind: SyntaxErrorKind,
}

/// All that is wrong with a text, in its order: at least one and at most [`ERROR_LIMIT`] errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxErrors(Vec<SyntaxError>);

/// Why a text is no model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// The text is longer than [`TEXT_LIMIT`].
    TextTooLong,
    /// Something else should stand here.
    Unexpected {
        /// What stands here.
        found: String,
        /// What should.
        expected: &'static str,
        /// How to repair it.
        fix: &'static str,
    },
    /// A word of the language stands where a name should.
    Reserved {
        /// The word.
        word: String,
        /// What it should name.
        named: Named,
    },
    /// The letters of a name are not those of the language.
    NotAName {
        /// The word.
        word: String,
        /// What it should name.
        named: Named,
    },
    /// A name is too long.
    NameTooLong {
        /// What it names.
        named: Named,
    },
    /// A name is given twice.
    Duplicate {
        /// What it names.
        named: Named,
        /// The name.
        name: String,
    },
    /// Two kinds of operators stand side by side.
    MixedOperators {
        /// The first.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// `but not` has two operands, and a third was found.
    ChainedExclusion,
    /// Types in brackets stand behind an operator.
    DirectNotFirst,
    /// Parentheses nest deeper than [`NESTING_LIMIT`].
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
    /// A type follows a condition.
    TypeAfterCondition,
    /// A model that is no module extends a type.
    ExtendOutsideModule,
    /// A string of an expression has no end.
    UnterminatedString,
    /// The expression of a condition has no `}`.
    UnterminatedExpression,
}

impl SyntaxErrors {
    pub(super) fn new(mut errors: Vec<SyntaxError>) -> Self {
        errors.truncate(ERROR_LIMIT);
        Self(errors)
    }

    /// The errors, in the order of the text.
    #[must_use]
    pub fn as_slice(&self) -> &[SyntaxError] {
        &self.0
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.kind)
    }
}

/// One error a line.
impl fmt::Display for SyntaxErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for SyntaxError {}
impl std::error::Error for SyntaxErrors {}

impl fmt::Display for SyntaxErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TextTooLong => {
                write!(f, "the text is longer than {TEXT_LIMIT} bytes: shorten the model")
            }
            Self::Unexpected { found, expected, fix } => {
                write!(f, "found {found}, expected {expected}: {fix}")
            }
            Self::Reserved { word, named } => {
                write!(f, "`{word}` is a word of the language: choose another {named} name")
            }
            Self::NotAName { word, named } => not_a_name(f, word, *named),
            Self::NameTooLong { named } => write!(
                f,
                "the {named} name is longer than {} characters: shorten it",
                named.limit()
            ),
            Self::Duplicate { named, name } => {
                write!(f, "the {named} `{name}` is defined twice: remove or rename one")
            }
            Self::MixedOperators { first, second } => write!(
                f,
                "found `{second}` beside `{first}`, expected one kind of operator: \
                 put parentheses around what belongs together"
            ),
            Self::ChainedExclusion => f.write_str(
                "found a second `but not`, expected one: put parentheses around the first",
            ),
            Self::DirectNotFirst => f.write_str(
                "found `[`, expected a relation: types in brackets stand first in a relation, \
                 before any operator, and once",
            ),
            Self::TooDeep => write!(
                f,
                "parentheses nest deeper than {NESTING_LIMIT} levels: \
                 name a part of it as a relation of its own"
            ),
            Self::UnknownSchema { found } => {
                write!(f, "the schema version {found} is unknown, expected 1.1 or 1.2")
            }
            Self::UnknownParameterType { found } => write!(
                f,
                "the parameter type {found} is unknown, expected any, bool, string, int, uint, \
                 double, duration, timestamp, ipaddress, list<T> or map<T>"
            ),
            Self::TypeAfterCondition => f.write_str(
                "found a type after a condition, expected a condition or the end of the text: \
                 move all conditions behind the types",
            ),
            Self::ExtendOutsideModule => f.write_str(
                "found `extend` in a model, expected `type`: \
                 only a file that begins with `module` extends types",
            ),
            Self::UnterminatedString => {
                f.write_str("the string that begins here has no end: close its quotes")
            }
            Self::UnterminatedExpression => f.write_str(
                "the expression that begins here has no end: close it with a `}` of its own",
            ),
        }
    }
}

fn not_a_name(f: &mut fmt::Formatter<'_>, word: &str, named: Named) -> fmt::Result {
    write!(f, "`{word}` is no {named} name: begin with a letter or `_`, go on with ")?;
    match named {
        Named::Condition | Named::Parameter => f.write_str("letters, digits, `_` or `-`"),
        Named::Type | Named::Relation | Named::Module => {
            f.write_str("letters, digits, `_`, and `-`, `.` or `/` between them")
        }
    }
}

/// The beginning of a foreign word, safe to print.
pub(super) fn quote(word: &str) -> String {
    let mut quoted: String = word.chars().take(QUOTE_LIMIT).flat_map(char::escape_debug).collect();
    if word.chars().nth(QUOTE_LIMIT).is_some() {
        quoted.push('…');
    }
    quoted
}
