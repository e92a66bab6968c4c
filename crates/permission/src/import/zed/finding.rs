use std::fmt;

use crate::language::{NESTING_LIMIT, Position, TEXT_LIMIT};

/// What is to be said of one place of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub position: Position,
    /// What.
    pub kind: FindingKind,
}

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// The text is longer than [`TEXT_LIMIT`].
    TextTooLong,
    /// Something else should stand here.
    Unexpected {
        /// What stands here.
        found: String,
        /// What should.
        expected: &'static str,
    },
    /// A comment, a string or a caveat's expression has no end.
    Unterminated(&'static str),
    /// Operators nest deeper than [`NESTING_LIMIT`].
    TooDeep,
    /// A name is given twice.
    Duplicate(String),
    /// A name that a model can't have.
    NotAName(String),
    /// No definition has this name.
    UnknownType(String),
    /// The definition has no such relation or permission.
    UnknownRelation {
        /// The definition.
        type_name: String,
        /// The relation or permission.
        relation: String,
    },
    /// No caveat has this name.
    UnknownCaveat(String),
    /// The type of a caveat's parameter is unknown, or a model has none like it.
    ParameterType(String),
    /// `.all(…)`
    AllArrow,
    /// `a->b->c`, or an arrow from something in parentheses.
    ChainedArrow,
    /// An arrow from a permission.
    ArrowFromPermission(String),
    /// An arrow from a relation that may name usersets or wildcards.
    ArrowFromUsersets(String),
    /// `nil`
    Nil,
    /// `self`
    Itself,
    /// `import` and `partial`
    Composed(String),
    /// A note: tuples may expire here, and so they may anywhere.
    ExpiryEverywhere,
    /// A note: the types of a permission are worked out, not declared.
    TypesLeftOut,
    /// A note: nothing is marked as deprecated.
    DeprecationLeftOut,
}

impl Finding {
    /// Whether the schema is refused for it. Otherwise it is a note.
    #[must_use]
    pub fn is_error(&self) -> bool {
        !matches!(
            self.kind,
            FindingKind::ExpiryEverywhere
                | FindingKind::TypesLeftOut
                | FindingKind::DeprecationLeftOut
        )
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.kind)
    }
}

impl std::error::Error for Finding {}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TextTooLong => write!(f, "the schema is longer than {TEXT_LIMIT} bytes"),
            Self::Unexpected { found, expected } => write!(f, "found {found}, expected {expected}"),
            Self::Unterminated(what) => write!(f, "the {what} that begins here has no end"),
            Self::TooDeep => write!(
                f,
                "operators nest deeper than {NESTING_LIMIT} levels: make a part of it a \
                 permission of its own"
            ),
            Self::Duplicate(name) => write!(f, "`{name}` is defined twice"),
            Self::NotAName(name) => write!(f, "`{name}` can't be a name in a model: shorten it"),
            Self::UnknownType(name) => write!(f, "there is no definition `{name}`"),
            Self::UnknownRelation { type_name, relation } => {
                write!(f, "`{type_name}` has no relation or permission `{relation}`")
            }
            Self::UnknownCaveat(name) => write!(f, "there is no caveat `{name}`"),
            Self::ParameterType(name) => write!(
                f,
                "a model has no parameters of type `{name}`: use any, bool, string, int, uint, \
                 double, duration, timestamp, ipaddress, list<T> or map<T>"
            ),
            Self::AllArrow => f.write_str(
                "a model can't say `.all(…)`: an arrow holds as soon as it holds for one object",
            ),
            Self::ChainedArrow => f.write_str(
                "a model's arrow begins at a relation and ends at one: make the further steps \
                 permissions of the definitions they start from",
            ),
            Self::ArrowFromPermission(name) => write!(
                f,
                "`{name}` is a permission, and an arrow begins at a relation: name the relation"
            ),
            Self::ArrowFromUsersets(name) => write!(
                f,
                "`{name}` may name more than plain objects (`#` or `:*`), which a model's arrow \
                 can't follow: split the relation"
            ),
            Self::Nil => f.write_str("a model can't say `nil`: leave the permission out"),
            Self::Itself => f.write_str("a model can't say `self`: write a tuple that names it"),
            Self::Composed(word) => write!(
                f,
                "`{word}` needs other files or parts: let `zed schema compile` put them together"
            ),
            Self::ExpiryEverywhere => {
                f.write_str("tuples may expire in every relation of a model, so this is left out")
            }
            Self::TypesLeftOut => {
                f.write_str("the types of a permission follow from the model, so they are left out")
            }
            Self::DeprecationLeftOut => {
                f.write_str("a model marks nothing as deprecated, so this is left out")
            }
        }
    }
}
