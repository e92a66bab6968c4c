//! Behaviour of the verifier through its public face.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod draft;
mod rows_cache;
mod rows_claims;
mod rows_jwe;
mod rows_jws;
mod world;
