use std::fmt;

use counterfoil_jose::UnixTime;
use counterfoil_permission::tuple::{NameError, ObjectName, RelationName, Tuple, UserName};

/// What tells a tuple from every other of its store. A condition is an attribute, not a part of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TupleKey {
    /// To what.
    pub object: ObjectName,
    /// Which relation.
    pub relation: RelationName,
    /// Who.
    pub user: UserName,
}

impl TupleKey {
    /// Parses the three names.
    ///
    /// # Errors
    /// [`NameError`] of the first name that is none.
    pub fn parse(object: &str, relation: &str, user: &str) -> Result<Self, NameError> {
        Ok(Self {
            object: ObjectName::parse(object)?,
            relation: RelationName::parse(relation)?,
            user: UserName::parse(user)?,
        })
    }

    /// The key of a tuple.
    #[must_use]
    pub fn of(tuple: &Tuple) -> Self {
        Self {
            object: tuple.object().clone(),
            relation: tuple.relation().clone(),
            user: tuple.user().clone(),
        }
    }
}

impl fmt::Display for TupleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}@{}", self.object, self.relation, self.user)
    }
}

/// A tuple as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTuple {
    /// The tuple with its condition and expiry. An expired one stays until a sweep deletes it.
    pub tuple: Tuple,
    /// When it was last written, by the committing node's clock.
    pub written_at: UnixTime,
    /// The revision of its last write.
    pub revision: super::StoreRevision,
}
