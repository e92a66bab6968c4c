//! Permission stores, on both engines.

mod deletes;
mod ground;
mod log;
mod snapshots;
mod stores;
mod writes;
