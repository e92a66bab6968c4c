//! Stores in memory, through what the APIs use of them.

mod agreement;
mod follow;
mod ground;
mod restart;
