//! Permissions: what the engine answers from, and the APIs that ask it.

mod auth;
mod authzen;
mod begin;
mod continuation;
#[cfg(test)]
mod continuation_fuzzed;
mod error;
mod grpc;
mod http;
mod limits;
pub(crate) mod live;
mod moment;
mod names;
mod schema;
mod service;
mod wire;

use std::sync::Arc;

use axum::Router;
use counterfoil_jose::crypto::SealKey;
use counterfoil_oauth::keyring::Keyring;
use tokio::sync::Semaphore;

pub use auth::{PermissionAccess, PresharedKey};
pub(crate) use begin::begin;
pub(crate) use http::undefined;

use crate::state::State;

/// What the permission API keeps between requests.
pub(crate) struct PermissionApi {
    tokens: continuation::Continuations,
    verified: auth::VerifiedTokens,
    /// The API's `resource`.
    resource: String,
    settings: service::settings::KnownSettings,
    /// Exports that may be under way at once: each keeps a connection to the database.
    exports: Arc<Semaphore>,
}

/// One export at a time: there are few connections that read.
const EXPORTS_MAX: usize = 1;

impl PermissionApi {
    pub(crate) fn new(keyring: &Keyring) -> Self {
        let key = SealKey::new(&keyring.derived(b"permission continuation tokens"));
        Self {
            tokens: continuation::Continuations::new(key),
            verified: auth::VerifiedTokens::new(),
            resource: format!("{}{}", keyring.issuer(), auth::PATH),
            settings: service::settings::KnownSettings::new(),
            exports: Arc::new(Semaphore::new(EXPORTS_MAX)),
        }
    }
}

/// Every route of the permission API.
pub(crate) fn routes() -> Router<Arc<State>> {
    http::routes().merge(authzen::routes()).merge(grpc::routes())
}
