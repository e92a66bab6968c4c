//! The admin API.

mod ground;
mod users;
