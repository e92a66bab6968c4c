//! Behaviour of a guard against an issuer that is real as far as the wire goes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod clock;
mod configuration;
mod faults;
mod feed;
mod http;
mod issuer;
mod keys;
mod world;
