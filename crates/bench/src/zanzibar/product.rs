//! The product's server with the bench's worlds: release binary, durable SQLite, a pre-shared key.

use super::{api::Api, emit::Variant, world::World};
use crate::{
    clock::Since,
    failure::Failure,
    say,
    servers::{self, Places, Server},
};

/// What the bench shows to be let in.
const KEY: &str = "bench-only-key-of-the-permission-api-0000";

/// Starts the server.
pub(super) async fn start(places: &Places) -> Result<Server, Failure> {
    let port = servers::free_port()?;
    let more = format!("[permissions]\npreshared_keys = [\"{KEY}\"]\n");
    servers::configure(places, "permissions", port, &more)?;
    servers::start_product(places, "permissions", port).await
}

/// Makes a store and writes a world into it.
pub(super) async fn lay(port: u16, world: &World) -> Result<Api, Failure> {
    let since = Since::now();
    let mut api = Api::new(port, Some(format!("Bearer {KEY}")), Variant::Plain).await?;
    api.write(&world.edges).await?;
    say::note(&format!("the product has {} tuples: {:.1} s", world.edges.len(), since.secs()));
    Ok(api)
}
