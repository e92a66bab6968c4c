use std::{ops::Deref, sync::Arc};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use counterfoil_verifier::InsufficientScope;

use crate::respond;

/// The verified identity behind a request; see [`counterfoil_verifier::Caller`] for what it knows.
///
/// An extractor: a handler that takes one runs for verified callers alone. `Option<Caller>` is for
/// routes under [`crate::GuardLayer::optional`].
#[derive(Clone, Debug)]
pub struct Caller {
    caller: counterfoil_verifier::Caller,
    resource: Arc<str>,
}

/// A scope is missing: turns into 403 `insufficient_scope` with every scope that is needed.
#[derive(Clone, Debug)]
pub struct ScopeDenied {
    missing: InsufficientScope,
    resource: Arc<str>,
}

impl Caller {
    pub(crate) const fn new(caller: counterfoil_verifier::Caller, resource: Arc<str>) -> Self {
        Self { caller, resource }
    }

    /// Demands scopes; the answer names all of them at once.
    ///
    /// # Errors
    /// [`ScopeDenied`], which a handler may return as it is.
    pub fn demand(&self, scopes: &[&str]) -> Result<(), ScopeDenied> {
        self.caller
            .require_scopes(scopes)
            .map_err(|missing| ScopeDenied { missing, resource: Arc::clone(&self.resource) })
    }
}

impl Deref for Caller {
    type Target = counterfoil_verifier::Caller;

    fn deref(&self) -> &Self::Target {
        &self.caller
    }
}

impl IntoResponse for ScopeDenied {
    fn into_response(self) -> Response {
        respond::insufficient_scope(&self.resource, self.missing.required())
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // Without the layer nobody was verified: a mistake in the application, never an open door.
        parts.extensions.get::<Self>().cloned().ok_or_else(respond::not_guarded)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
