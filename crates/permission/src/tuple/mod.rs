//! Relationship tuples: who has which relation to what.

mod name;

use std::fmt;

pub use name::{
    NameError, OBJECT_BYTES_MAX, ObjectName, RELATION_CHARS_MAX, RelationName, TYPE_CHARS_MAX,
    TypeName, USER_BYTES_MAX, UserName,
};

/// The largest context of a tuple's condition, in bytes of JSON.
pub const CONTEXT_BYTES_MAX: usize = 32 * 1024;
/// The longest name of a condition, in characters.
pub const CONDITION_CHARS_MAX: usize = 256;

/// Values for the parameters of a condition.
pub type Context = serde_json::Map<String, serde_json::Value>;

/// A tuple: `user` has `relation` to `object`, always, under a condition or for a time.
///
/// Object, relation and user make a tuple what it is: a store has one of each at most. Condition and
/// expiry are what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tuple {
    object: ObjectName,
    relation: RelationName,
    user: UserName,
    condition: Option<TupleCondition>,
    expires_at: Option<u64>,
}

/// The condition under which a tuple counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TupleCondition {
    name: Box<str>,
    context: Context,
}

/// Why a condition cannot be attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConditionError {
    /// The name is empty, too long or holds white space.
    NotACondition(String),
    /// The context is larger than [`CONTEXT_BYTES_MAX`].
    ContextTooLarge,
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotACondition(name) => write!(
                f,
                "`{name}` is no condition: expected 2 to {CONDITION_CHARS_MAX} characters without white space"
            ),
            Self::ContextTooLarge => {
                write!(f, "the condition's context is too large: at most {CONTEXT_BYTES_MAX} bytes")
            }
        }
    }
}

impl std::error::Error for ConditionError {}

impl Tuple {
    /// Parses a tuple from its three names.
    ///
    /// # Errors
    /// [`NameError`] of the first name that is none.
    ///
    /// ```
    /// use counterfoil_permission::tuple::Tuple;
    ///
    /// let tuple = Tuple::parse("document:budget", "viewer", "group:eng#member")?;
    /// assert_eq!(tuple.to_string(), "document:budget#viewer@group:eng#member");
    /// # Ok::<(), counterfoil_permission::tuple::NameError>(())
    /// ```
    pub fn parse(object: &str, relation: &str, user: &str) -> Result<Self, NameError> {
        Ok(Self {
            object: ObjectName::parse(object)?,
            relation: RelationName::parse(relation)?,
            user: UserName::parse(user)?,
            condition: None,
            expires_at: None,
        })
    }

    /// The same tuple, counting only where a condition is true.
    ///
    /// # Errors
    /// [`ConditionError`] if the name is none or the context too large.
    pub fn with_condition(mut self, name: &str, context: Context) -> Result<Self, ConditionError> {
        let chars = name.chars().take(CONDITION_CHARS_MAX + 1).count();
        if !(2..=CONDITION_CHARS_MAX).contains(&chars) || name.contains(char::is_whitespace) {
            return Err(ConditionError::NotACondition(name.to_owned()));
        }
        let size = serde_json::to_string(&context).map_or(usize::MAX, |text| text.len());
        if size > CONTEXT_BYTES_MAX {
            return Err(ConditionError::ContextTooLarge);
        }
        self.condition = Some(TupleCondition { name: name.into(), context });
        Ok(self)
    }

    /// The same tuple, counting until a moment in seconds since 1970 and not from then on.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: u64) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// When it stops to count, in seconds since 1970.
    #[must_use]
    pub fn expires_at(&self) -> Option<u64> {
        self.expires_at
    }

    /// To what.
    #[must_use]
    pub fn object(&self) -> &ObjectName {
        &self.object
    }

    /// Which relation.
    #[must_use]
    pub fn relation(&self) -> &RelationName {
        &self.relation
    }

    /// Who.
    #[must_use]
    pub fn user(&self) -> &UserName {
        &self.user
    }

    /// Under which condition, if any.
    #[must_use]
    pub fn condition(&self) -> Option<&TupleCondition> {
        self.condition.as_ref()
    }
}

impl TupleCondition {
    /// Its name in the model.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The values that the tuple fixes: they win over a question's.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }
}

impl fmt::Display for Tuple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}@{}", self.object, self.relation, self.user)
    }
}
