//! The OAuth 2.1 and OpenID Connect protocol as pure messages, checks and decisions.
//!
//! Nothing here does IO, reads a clock or draws randomness of its own: the caller brings the facts
//! (loaded at one revision), the moment and the randomness, and gets back a [`model::Batch`] of
//! guarded effects and a response.

pub mod model;
