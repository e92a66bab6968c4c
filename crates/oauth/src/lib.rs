//! The OAuth 2.1 and OpenID Connect protocol as pure messages, checks and decisions.
//!
//! Nothing here does IO, reads a clock or draws randomness of its own: the caller brings the facts
//! (loaded at one revision), the moment and the randomness, and gets back a [`model::Batch`] of
//! guarded effects and a response.

pub mod authorization;
pub mod client_auth;
pub mod error;
pub mod grants;
pub mod introspection;
pub mod keyring;
pub mod loopback;
pub mod metadata;
pub mod model;
pub mod params;
pub mod pkce;
pub mod redirect_uri;
pub mod release;
pub mod scope;
#[cfg(test)]
mod testing;
pub mod token;
