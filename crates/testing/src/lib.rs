//! Test ground: fixed clock, seeded randomness and world files, scratch directories, and a real
//! PostgreSQL.

pub mod postgres;
pub mod scratch;
