//! What is wrong with a model, or will be.

use std::fmt;

use crate::condition::ExpressionError;
use crate::language::{Place, Positions};

/// Something about a model that its author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The type that it is about, if any.
    pub type_name: Option<String>,
    /// The relation that it is about, if any.
    pub relation: Option<String>,
    /// What it is.
    pub cause: Cause,
    /// The name that was probably meant.
    pub suggestion: Option<String>,
    /// Where the text says it, if it came with its [`Positions`].
    pub place: Option<Place>,
    /// Whether warnings are errors.
    pub(super) strict: bool,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The model has no types.
    NoTypes,
    /// More types than [`super::TYPES_MAX`].
    TooManyTypes,
    /// More relations than [`super::RELATIONS_MAX`].
    TooManyRelations,
    /// Operators nested deeper than [`super::REWRITE_DEPTH_MAX`].
    TooDeep,
    /// Two types, relations of a type, conditions or restrictions with the same name.
    Duplicate(String),
    /// `self` or `this`.
    Reserved(String),
    /// A name that no tuple could spell.
    InvalidName(String),
    /// A type that the model does not have.
    UnknownType(String),
    /// A relation that the type does not have.
    UnknownRelation {
        /// The type.
        type_name: String,
        /// The relation.
        relation: String,
    },
    /// A condition that the model does not have.
    UnknownCondition(String),
    /// The expression of a condition means nothing, or nothing boolean.
    Expression {
        /// The condition.
        condition: String,
        /// What is wrong with it, and where.
        error: ExpressionError,
    },
    /// Type restrictions, but the relation takes no tuples.
    RestrictionsWithoutThis,
    /// The relation takes tuples, but says not of whom.
    ThisWithoutRestrictions,
    /// A union or an intersection of nothing.
    EmptyOperator,
    /// `x from y` where `y` does more than name objects by its own tuples.
    TuplesetNotDirect(String),
    /// `x from y` where no type of `y` has `x`.
    ComputedNowhere {
        /// `x`
        computed: String,
        /// `y`
        tupleset: String,
    },
    /// `x from y` where some type of `y` lacks `x`. It works, but OpenFGA's coming resolver
    /// ("v2", weighted graph) refuses such a model.
    ComputedOnSomeTypes {
        /// `x`
        computed: String,
        /// `y`
        tupleset: String,
        /// The types that lack it.
        lacking: Vec<String>,
    },
    /// The relation is computed from itself, perhaps by way of others.
    ComputedCycle,
    /// The relation leads back to itself through `and` or `but not`. It works, but OpenFGA's coming
    /// resolver refuses such a model.
    GuardedRecursion,
    /// Nobody can ever have the relation.
    NoEntryPoint,
}

impl Finding {
    /// Whether the model is refused for it. Otherwise it is a warning.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.strict
            || !matches!(self.cause, Cause::ComputedOnSomeTypes { .. } | Cause::GuardedRecursion)
    }

    /// What it is, without its place.
    #[must_use]
    pub fn message(&self) -> String {
        let about = match (&self.type_name, &self.relation) {
            (Some(type_name), Some(relation)) => format!("`{type_name}#{relation}`: "),
            (Some(type_name), None) => format!("`{type_name}`: "),
            (None, _) => String::new(),
        };
        let what = match (&self.cause, &self.place) {
            // The place says it already, counted from the beginning of the text.
            (Cause::Expression { condition, error }, Some(_)) => {
                format!("condition `{condition}`: {}", error.kind)
            }
            (cause, _) => cause.to_string(),
        };
        match &self.suggestion {
            Some(name) => format!("{about}{what}; did you mean `{name}`?"),
            None => about + &what,
        }
    }

    fn found_in(&self, positions: &Positions) -> Option<Place> {
        match (&self.cause, &self.type_name, &self.relation) {
            (Cause::Expression { condition, error }, ..) => {
                positions.expression(condition, error.position)
            }
            (Cause::Duplicate(name), None, None) => positions.condition(name).cloned(),
            (_, Some(type_name), Some(relation)) => {
                positions.relation(type_name, relation).cloned()
            }
            (_, Some(type_name), None) => positions.type_name(type_name).cloned(),
            (_, None, _) => None,
        }
    }

    pub(super) fn locate(&mut self, positions: &Positions) {
        self.place = self.found_in(positions);
    }
}

/// The place, if it is known, and the message.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTypes => f.write_str("the model has no types"),
            Self::TooManyTypes => write!(f, "more than {} types", super::TYPES_MAX),
            Self::TooManyRelations => write!(f, "more than {} relations", super::RELATIONS_MAX),
            Self::TooDeep => {
                write!(f, "operators nested deeper than {}", super::REWRITE_DEPTH_MAX)
            }
            Self::Duplicate(name) => write!(f, "`{name}` is defined twice"),
            Self::Reserved(name) => write!(f, "`{name}` is a reserved word"),
            Self::InvalidName(name) => write!(
                f,
                "`{name}` is no name: it is empty, too long or holds `:`, `#`, `@` or white space"
            ),
            Self::UnknownType(name) => write!(f, "there is no type `{name}`"),
            Self::UnknownRelation { type_name, relation } => {
                write!(f, "type `{type_name}` has no relation `{relation}`")
            }
            Self::UnknownCondition(name) => write!(f, "there is no condition `{name}`"),
            Self::Expression { condition, error } => {
                write!(f, "condition `{condition}`: {error}")
            }
            Self::RestrictionsWithoutThis => {
                f.write_str("it has type restrictions but takes no tuples")
            }
            Self::ThisWithoutRestrictions => {
                f.write_str("it takes tuples but has no type restrictions")
            }
            Self::EmptyOperator => f.write_str("an operator without operands"),
            Self::TuplesetNotDirect(tupleset) => write!(
                f,
                "`from {tupleset}` needs a relation of plain objects: `{tupleset}` may be neither computed nor restricted to usersets or wildcards"
            ),
            Self::ComputedNowhere { computed, tupleset } => {
                write!(f, "no type that `{tupleset}` may name has a relation `{computed}`")
            }
            Self::ComputedOnSomeTypes { computed, tupleset, lacking } => {
                write!(f, "`{computed} from {tupleset}`: ")?;
                for (index, name) in lacking.iter().enumerate() {
                    write!(f, "{}`{name}`", if index == 0 { "" } else { ", " })?;
                }
                write!(f, " lacks `{computed}`, which OpenFGA's coming v2 resolver refuses")
            }
            Self::ComputedCycle => f.write_str("it is computed from itself"),
            Self::GuardedRecursion => f.write_str(
                "it leads back to itself through `and` or `but not`, which OpenFGA's coming v2 resolver refuses",
            ),
            Self::NoEntryPoint => f.write_str("nobody can ever have it: it only leads to itself"),
        }
    }
}
