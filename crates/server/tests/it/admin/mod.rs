//! The admin API.

mod apis;
mod clients;
mod contract;
mod effective;
mod grants;
pub mod ground;
mod hostile;
mod keys;
mod routes;
mod users;
mod watermarks;
