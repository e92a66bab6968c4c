//! Test ground: a browser and a client that speak to a running server, fixed clock, seeded
//! randomness and world files, scratch directories, and a real PostgreSQL.

pub mod app;
pub mod browser;
pub mod http;
pub mod postgres;
pub mod scratch;
