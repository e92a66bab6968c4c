//! The protocol through its public face.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "tests"
)]

mod common;
#[path = "../../../jose/tests/it/corpus.rs"]
mod corpus;
mod follow;
mod fuzzed;
mod golden;
mod guard_side;
mod refusals;
mod replay;
mod server;
mod sim;
mod sse;
mod table;
mod wire;
