//! The HTTP server: routes, extractors, rendering, pages and jobs. A library, so that tests run it
//! in process.

mod admin;
mod alive;
mod applier;
mod browser;
mod clock;
mod config;
mod door;
mod facts;
mod feed;
mod give_way;
mod keys;
mod metrics;
mod nodes;
mod observe;
pub mod pages;
pub mod password;
mod permissions;
mod routes;
mod serve;
mod state;
mod sweep;
mod throttle;
mod tokens;
mod world;

pub use clock::{Clock, SystemClock};
pub use config::{Config, DevMode, Network, check_issuer};
pub use keys::{FirstKeys, KeyError, OpenError};
pub use permissions::{PermissionAccess, PresharedKey, live::PermissionOptions};
pub use serve::{Listening, ServeError, Server};
pub use world::{World, WorldError, WorldStore};
