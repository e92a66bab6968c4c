//! Permission stores, on both engines.

mod ground;
mod log;
mod stores;
mod writes;
