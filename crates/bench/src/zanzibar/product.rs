//! The product's server with the bench's worlds: release binary, durable SQLite, a pre-shared key.

use std::path::PathBuf;

use super::api::Api;
use crate::{
    failure::Failure,
    servers::{self, Places, Server},
};

/// What the bench shows to be let in.
const KEY: &str = "bench-only-key-of-the-permission-api-0000";

/// The folder of its snapshots, beside the database.
const SNAPSHOTS: &str = "snapshots";

/// A server that is not running: its configuration and its database, under a name.
pub(super) struct Ground<'a> {
    places: &'a Places,
    name: &'static str,
    port: u16,
}

impl<'a> Ground<'a> {
    pub(super) fn new(places: &'a Places, name: &'static str) -> Result<Self, Failure> {
        let port = servers::free_port()?;
        let more =
            format!("[permissions]\npreshared_key = \"{KEY}\"\nsnapshots = \"{SNAPSHOTS}\"\n");
        servers::configure(places, name, port, &more)?;
        Ok(Self { places, name, port })
    }

    pub(super) fn database(&self) -> PathBuf {
        servers::database(self.places, self.name)
    }

    /// Where it keeps the snapshot of a permission store.
    pub(super) fn snapshot(&self, store: &str) -> PathBuf {
        self.places.scratch.join(self.name).join(SNAPSHOTS).join(format!("{store}.snapshot"))
    }

    pub(super) fn issuer(&self) -> String {
        servers::issuer(self.port)
    }

    /// Starts the server.
    pub(super) async fn start(&self) -> Result<Server, Failure> {
        servers::start_product(self.places, self.name, self.port).await
    }

    /// A client of one of its permission stores, by the ids of the store and its model.
    pub(super) async fn open(&self, ids: (&str, &str)) -> Result<Api, Failure> {
        Api::open(self.port, Some(format!("Bearer {KEY}")), ids).await
    }
}
