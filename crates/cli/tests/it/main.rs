//! The binary, run as people run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests"
)]

mod client;
mod config;
mod crash;
mod dev;
mod perm;
mod run;
mod serve;
mod shop;
mod token;
