//! What the permission API does, whatever it is asked over: HTTP and gRPC render the same answers.

pub(crate) mod assertions;
pub(crate) mod changes;
pub(crate) mod check;
pub(crate) mod expand;
pub(crate) mod explain;
pub(crate) mod handover;
pub(crate) mod lists;
pub(crate) mod models;
pub(crate) mod permissions;
pub(crate) mod settings;
pub(crate) mod stores;
pub(crate) mod transfer;
pub(crate) mod tuples;
pub(crate) mod users;
pub(crate) mod view;
pub(crate) mod watch;

use std::sync::Arc;

use counterfoil_store::{
    StoreError,
    permission::{ModelId, PermissionStoreId},
};

use super::{
    auth::{Caller, Need},
    error::ApiError,
    schema::{self, Message},
    wire::Consistency,
};
use crate::state::State;

/// Somebody with a question.
pub(crate) struct Asker<'a> {
    pub(crate) state: &'a Arc<State>,
    pub(crate) caller: &'a Caller,
    /// How fresh the answer must be, where the request itself doesn't say it.
    pub(crate) consistency: Consistency<'a>,
}

/// What the service says.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    pub(crate) value: T,
    /// The model that it was worked out with.
    pub(crate) model: Option<ModelId>,
    /// The revision that it holds at.
    pub(crate) revision: Option<String>,
}

impl<T> Answer<T> {
    pub(crate) const fn plain(value: T) -> Self {
        Self { value, model: None, revision: None }
    }

    pub(crate) fn with_model(self, model: ModelId) -> Self {
        Self { model: Some(model), ..self }
    }

    pub(crate) fn at(self, revision: String) -> Self {
        Self { revision: Some(revision), ..self }
    }
}

impl Asker<'_> {
    /// The store that a request names, if the caller may do this to it.
    pub(crate) fn store(
        &self,
        message: Message,
        need: Need,
        id: &str,
    ) -> Result<PermissionStoreId, ApiError> {
        if !schema::is_ulid(id) {
            return Err(ApiError::schema(message, "StoreId", schema::ULID));
        }
        self.caller.may(need, Some(id))?;
        PermissionStoreId::parse(id).ok_or_else(ApiError::store_not_found)
    }

    /// The moment in seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.state.now().as_secs()).unwrap_or(0)
    }
}

/// What a failure of the database comes to. The cause is logged here, once, and not told.
pub(crate) fn of_store(error: StoreError) -> ApiError {
    match error {
        StoreError::UnknownPermissionStore => ApiError::store_not_found(),
        StoreError::Overloaded => ApiError::unavailable(),
        error => {
            tracing::error!(%error, "the database failed the permission API");
            ApiError::unavailable()
        }
    }
}
