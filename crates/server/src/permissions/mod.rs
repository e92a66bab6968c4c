//! Permissions: what the engine answers from, and the APIs that ask it.

pub(crate) mod live;
