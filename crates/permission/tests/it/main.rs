//! The permission engine through its public face.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "tests"
)]

mod agreement;
mod allows;
mod build;
mod cases;
mod conditions;
mod depth;
mod findings;
mod fuzzed;
mod handles;
mod hostile;
mod language;
mod lists;
mod naive;
mod names;
mod oracle;
mod replay;
mod strict;
mod ways;
mod worlds;
mod zed;
