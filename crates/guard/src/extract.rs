use std::{ops::Deref, sync::Arc};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use counterfoil_verifier::InsufficientScope;

use crate::respond::{self, Responder};

/// The verified identity behind a request; see [`counterfoil_verifier::Caller`] for what it knows.
///
/// An extractor: a handler that takes one runs for verified callers alone. `Option<Caller>` is for
/// routes under [`crate::GuardLayer::optional`].
#[derive(Clone, Debug)]
pub struct Caller {
    caller: counterfoil_verifier::Caller,
    responder: Arc<Responder>,
}

/// Marks a request that came without credentials where that is allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anonymous;

/// A scope is missing: turns into 403 `insufficient_scope` with every scope that is needed.
#[derive(Clone, Debug)]
pub struct ScopeDenied {
    missing: InsufficientScope,
    responder: Arc<Responder>,
}

impl Caller {
    pub(crate) const fn new(
        caller: counterfoil_verifier::Caller,
        responder: Arc<Responder>,
    ) -> Self {
        Self { caller, responder }
    }

    /// Demands scopes; the answer names all of them at once.
    ///
    /// # Errors
    /// [`ScopeDenied`], which a handler may return as it is.
    pub fn demand(&self, scopes: &[&str]) -> Result<(), ScopeDenied> {
        self.caller
            .require_scopes(scopes)
            .map_err(|missing| ScopeDenied { missing, responder: Arc::clone(&self.responder) })
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
        self.responder.insufficient_scope(self.missing.required())
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
        match parts.extensions.get::<Self>() {
            Some(caller) => Ok(Some(caller.clone())),
            // A forgotten layer must not look like an anonymous caller.
            None if parts.extensions.get::<Anonymous>().is_some() => Ok(None),
            None => Err(respond::not_guarded()),
        }
    }
}
