#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    unreachable_pub,
    reason = "tests"
)]

//! The store's contract. Every test runs on both engines.

mod durability;
mod effects;
mod faults;
mod ground;
mod guards;
mod hostile;
mod killed;
mod log;
mod model;
mod nodes;
mod opening;
mod permission;
mod plans;
mod property;
mod races;
mod reads;
mod sweep;
mod tls;
