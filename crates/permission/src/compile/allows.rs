//! Whether a tuple may be written.

use std::fmt;

use super::{CheckedModel, Subject};
use crate::condition::ConditionFailure;
use crate::tuple::{Tuple, TupleCondition, UserName};

/// Why a model does not allow a tuple.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAllowed {
    /// The model has no such type.
    UnknownType(String),
    /// The type has no such relation.
    UnknownRelation {
        /// The type.
        type_name: String,
        /// The relation.
        relation: String,
    },
    /// The model has no such condition.
    UnknownCondition(String),
    /// A value that the tuple gives its condition is of no parameter, or not of its type.
    Context {
        /// The condition.
        condition: String,
        /// What is wrong with the value.
        why: ConditionFailure,
    },
    /// The relation takes no tuples: it is computed.
    Computed {
        /// The type.
        type_name: String,
        /// The relation.
        relation: String,
    },
    /// The relation's type restrictions do not name this kind of user with this condition.
    Restricted {
        /// The user, as its type restriction would be spelled.
        user: String,
        /// The type.
        type_name: String,
        /// The relation.
        relation: String,
    },
}

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownType(name) => write!(f, "the model has no type `{name}`"),
            Self::UnknownRelation { type_name, relation } => {
                write!(f, "type `{type_name}` has no relation `{relation}`")
            }
            Self::UnknownCondition(name) => write!(f, "the model has no condition `{name}`"),
            Self::Context { condition, why } => write!(f, "condition `{condition}`: {why}"),
            Self::Computed { type_name, relation } => {
                write!(f, "`{type_name}#{relation}` takes no tuples: it follows from others")
            }
            Self::Restricted { user, type_name, relation } => {
                write!(f, "`{type_name}#{relation}` does not take `{user}`")
            }
        }
    }
}

impl std::error::Error for NotAllowed {}

impl CheckedModel {
    /// Says whether the model allows a tuple: its types and relations exist, and the relation's
    /// type restrictions name its kind of user, with its condition, whose parameters can take the
    /// values that the tuple fixes.
    ///
    /// # Errors
    /// [`NotAllowed`] says what of it does not fit.
    ///
    /// ```
    /// use counterfoil_permission::{compile::compile, language::parse, tuple::Tuple};
    ///
    /// let text = "model\n  schema 1.1\ntype user\ntype group\n  relations\n    define member: [user]\n";
    /// let model = compile(&parse(text)?).unwrap();
    /// assert!(model.allows(&Tuple::parse("group:eng", "member", "user:anne")?).is_ok());
    /// let refused = model.allows(&Tuple::parse("group:eng", "member", "user:*")?).unwrap_err();
    /// assert_eq!(refused.to_string(), "`group#member` does not take `user:*`");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn allows(&self, tuple: &Tuple) -> Result<(), NotAllowed> {
        let (type_name, relation) = (tuple.object().type_name(), tuple.relation().as_str());
        let id = self.known(type_name, relation)?;
        let of = self
            .type_id(tuple.user().type_name())
            .ok_or_else(|| NotAllowed::UnknownType(tuple.user().type_name().to_owned()))?;
        let subject = match tuple.user() {
            UserName::Object(_) => Subject::Object,
            UserName::Userset(object, relation) => {
                Subject::Userset(self.known(object.type_name(), relation.as_str())?)
            }
            UserName::Wildcard(_) => Subject::Wildcard,
        };
        let condition = tuple.condition().map(TupleCondition::name);
        if let Some(condition) = tuple.condition() {
            let name = condition.name();
            let known = self.programs().get(name);
            known
                .ok_or_else(|| NotAllowed::UnknownCondition(name.to_owned()))?
                .accepts(condition.context())
                .map_err(|why| NotAllowed::Context { condition: name.to_owned(), why })?;
        }
        let mut restrictions = self.restrictions(id).map(|(_, restriction)| restriction).peekable();
        if restrictions.peek().is_none() {
            let (type_name, relation) = (type_name.to_owned(), relation.to_owned());
            return Err(NotAllowed::Computed { type_name, relation });
        }
        let fits = restrictions.any(|known| {
            known.of == of && known.subject == subject && known.condition.as_deref() == condition
        });
        if fits { Ok(()) } else { Err(restricted(tuple)) }
    }

    fn known(&self, type_name: &str, relation: &str) -> Result<super::RelationId, NotAllowed> {
        if !self.has_type(type_name) {
            return Err(NotAllowed::UnknownType(type_name.to_owned()));
        }
        self.relation(type_name, relation).ok_or_else(|| NotAllowed::UnknownRelation {
            type_name: type_name.to_owned(),
            relation: relation.to_owned(),
        })
    }
}

fn restricted(tuple: &Tuple) -> NotAllowed {
    let mut user = match tuple.user() {
        UserName::Object(object) => object.type_name().to_owned(),
        UserName::Userset(object, relation) => format!("{}#{relation}", object.type_name()),
        UserName::Wildcard(type_name) => format!("{}:*", type_name.as_str()),
    };
    if let Some(condition) = tuple.condition() {
        user = format!("{user} with {}", condition.name());
    }
    NotAllowed::Restricted {
        user,
        type_name: tuple.object().type_name().to_owned(),
        relation: tuple.relation().to_string(),
    }
}
