//! The resource-server side: a tower layer and an axum extractor around the verifier.
//!
//! ```no_run
//! use axum::{Json, Router, extract::Path, routing::get};
//! use counterfoil_guard::{ApiCredential, Caller, Guard};
//! use serde_json::{Value, json};
//!
//! async fn order(caller: Caller, Path(id): Path<u64>) -> Json<Value> {
//!     Json(json!({"order": id, "for": caller.subject()}))
//! }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = "https://id.example";
//! let guard =
//!     Guard::connect(issuer, "https://orders.example", ApiCredential::from_env()?).await?;
//! let app: Router = Router::new().route("/orders/{id}", get(order)).layer(guard.layer());
//! # Ok(()) }
//! ```
//!
//! The guard follows its issuer's feed: it answers from memory while it holds a lease, sees a
//! revocation in milliseconds, and says 503 when it can't know. How old an answer can be is in
//! [`Caller::freshness`](counterfoil_verifier::Caller::freshness) and in [`Guard::status`].

mod ask;
mod builder;
mod clock;
mod credential;
mod discover;
mod extract;
mod flights;
mod follow;
mod http;
mod layer;
mod metadata;
mod respond;
mod status;

pub use ask::Denied;
pub use builder::{ConnectError, GuardBuilder};
pub use clock::{Clock, Sleep, SystemClock};
pub use counterfoil_verifier::{
    ClaimsFrom, Freshness, InsufficientScope, Issuer, Level, Principal, Reason, Source,
};
pub use credential::{ApiCredential, CredentialError};
pub use extract::{Caller, ScopeDenied};
pub use layer::{GuardLayer, GuardService};
pub use status::Status;

use std::{sync::Arc, time::Duration};

use counterfoil_feed::Route;

/// Guards one API. Cheap to clone; the last clone's end ends the background work.
#[derive(Clone, Debug)]
pub struct Guard {
    inner: Arc<ask::Inner>,
}

impl Guard {
    /// Connects to a Counterfoil issuer and follows its feed. Waits until the guard may answer, at
    /// most ten seconds.
    ///
    /// # Errors
    /// [`ConnectError`]: what is wrong with the configuration, that the issuer is another one, or
    /// that it didn't let this guard become fresh in time.
    pub async fn connect(
        issuer: &str,
        resource: &str,
        credential: ApiCredential,
    ) -> Result<Self, ConnectError> {
        let guard = Self::connect_lazy(issuer, resource, credential)?;
        let confirmed = guard.inner.confirm_issuers();
        tokio::try_join!(confirmed, guard.ready(builder::CONNECT_TIMEOUT))?;
        Ok(guard)
    }

    /// The same without waiting: an API may start while its issuer is down, and answers 503 until
    /// it knows.
    ///
    /// # Errors
    /// [`ConnectError`]: what is wrong with the configuration.
    pub fn connect_lazy(
        issuer: &str,
        resource: &str,
        credential: ApiCredential,
    ) -> Result<Self, ConnectError> {
        Self::builder(resource).counterfoil(issuer, credential).build()
    }

    /// Guards an API by the keys that any issuer publishes, without a feed: a change is seen when
    /// the token ends.
    ///
    /// # Errors
    /// [`ConnectError`]: what is wrong with the configuration.
    pub fn level0(issuer: &str, resource: &str) -> Result<Self, ConnectError> {
        Self::builder(resource).trust(Issuer::foreign(issuer)).build()
    }

    /// Starts a configuration for the API with this `resource`, the audience of its tokens.
    #[must_use]
    pub fn builder(resource: &str) -> GuardBuilder {
        GuardBuilder::new(resource)
    }

    /// The layer: requests go on with their caller, or are answered here.
    #[must_use]
    pub fn layer(&self) -> GuardLayer {
        GuardLayer::new(self.clone())
    }

    /// Checks one token, without HTTP.
    ///
    /// # Errors
    /// [`Denied`]: bad, or not to be known now.
    pub async fn check(&self, token: &str) -> Result<Caller, Denied> {
        self.inner.check(token, Route::Strict).await
    }

    /// Waits until the guard may answer from memory.
    ///
    /// # Errors
    /// [`ConnectError::NotFresh`] when the time is over.
    pub async fn ready(&self, timeout: Duration) -> Result<(), ConnectError> {
        self.inner.ready(timeout).await
    }

    /// Protected resource metadata (RFC 9728) at its well-known path, inserted before the
    /// resource's own.
    pub fn metadata_routes(&self) -> axum::Router {
        metadata::routes(&self.inner)
    }

    /// How the guard stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.inner.status()
    }
}
