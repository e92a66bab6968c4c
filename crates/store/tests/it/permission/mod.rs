//! Permission stores, on both engines.

mod deletes;
mod durability;
mod ground;
mod log;
mod property;
mod snapshots;
mod stores;
mod writes;
