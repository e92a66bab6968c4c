#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    unreachable_pub,
    reason = "tests"
)]
//! Tests of the crate through its public face.

mod corpus;
mod fuzzed;
mod known_answers;
mod properties;
mod refused_claims;
mod refused_encryption;
mod refused_keys;
mod refused_signatures;
mod replay;
mod round_trip;
