use counterfoil_oauth::model::IssuerId;

use crate::value::Value;
use crate::{StoreError, sql};

/// A sequence of revisions with a row that says how far it is. A transaction takes the rows of the
/// sequences that it moves, in this order, before it does anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Head {
    /// An issuer's.
    Issuer(IssuerId),
    /// A permission store's, by its number at its issuer.
    Permissions(IssuerId, i64),
}

impl Head {
    /// The statement that locks the row and returns the revision.
    pub(crate) const fn take(self) -> &'static str {
        match self {
            Self::Issuer(_) => sql::HEAD_TAKE,
            Self::Permissions(..) => sql::permission::HEAD_TAKE,
        }
    }

    /// The statement that moves the revision by its last parameter.
    pub(crate) const fn put(self) -> &'static str {
        match self {
            Self::Issuer(_) => sql::HEAD_PUT,
            Self::Permissions(..) => sql::permission::HEAD_PUT,
        }
    }

    /// What both statements begin with.
    pub(crate) fn params(self) -> Vec<Value> {
        match self {
            Self::Issuer(iss) => vec![Value::Int(iss.get())],
            Self::Permissions(iss, store) => vec![Value::Int(iss.get()), Value::Int(store)],
        }
    }

    /// The same, and by how much to move.
    pub(crate) fn params_to_put(self, by: i64) -> Vec<Value> {
        let mut params = self.params();
        params.push(Value::Int(by));
        params
    }

    /// The error when there is no such row.
    pub(crate) const fn unknown(self) -> StoreError {
        match self {
            Self::Issuer(iss) => StoreError::UnknownIssuer(iss),
            Self::Permissions(..) => StoreError::UnknownPermissionStore,
        }
    }
}
