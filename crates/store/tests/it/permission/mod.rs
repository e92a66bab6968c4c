//! Permission stores, on both engines.

mod deletes;
mod ground;
mod log;
mod stores;
mod writes;
