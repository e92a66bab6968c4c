//! A world imported into a database, before a server opens it.

use std::path::Path;

use counterfoil_jose::UnixTime;
use counterfoil_store::{
    SqliteOptions, Store,
    permission::{ModelId, NewStore, PermissionDb, PermissionStoreId},
};

use super::{
    api::model_json,
    emit::{Ids, Variant},
    random::mix,
    world::World,
};
use crate::{clock::Since, failure::Failure, say};

/// When everything of the bench was made, in milliseconds.
const MADE_MS: u64 = 1_795_000_000_000;

/// A permission store in a database, and how many tuples per second it took.
pub(super) struct Imported {
    pub(super) store: PermissionStoreId,
    pub(super) model: ModelId,
    pub(super) rate: f64,
}

/// Imports a world into a store of its own, durably.
pub(super) async fn import(
    file: &Path,
    issuer: &str,
    (world, ids): (&World, Ids),
) -> Result<Imported, Failure> {
    let database = Store::open_sqlite(file, SqliteOptions::default()).await?;
    let tuples = u64::try_from(world.edges.len()).unwrap_or(u64::MAX);
    let (permissions, store, model) = lay((&database, issuer), tuples).await?;
    let mut importer = permissions.importer(store).await?;
    let since = Since::now();
    for edge in &world.edges {
        importer.push(ids.tuple(edge, Variant::Plain)?).await?;
    }
    let imported = importer.finish().await?;
    let rate = f64::from(u32::try_from(imported.tuples).unwrap_or(u32::MAX)) / since.secs();
    say::note(&format!("{} tuples imported at {rate:.0}/s", imported.tuples));
    Ok(Imported { store, model, rate })
}

/// A permission store with the world's model and no tuples; `number` makes its ids.
pub(super) async fn lay(
    (database, issuer): (&Store, &str),
    number: u64,
) -> Result<(PermissionDb, PermissionStoreId, ModelId), Failure> {
    let issuer = database.ensure_issuer(issuer).await?;
    let permissions = database.permissions(issuer.id);
    let random = |salt: u64| {
        let [a, b, c, d, e, f, g, h] = mix(number ^ salt).to_be_bytes();
        [a, b, c, d, e, f, g, h, 0, 1]
    };
    let (store, model) =
        (PermissionStoreId::new(MADE_MS, random(1)), ModelId::new(MADE_MS, random(2)));
    permissions.create_store(NewStore::named(store, "zb1")).await?;
    let text = model_json(Variant::Plain)?.to_string();
    let now = UnixTime::from_secs(i64::try_from(MADE_MS / 1_000).unwrap_or(0));
    permissions.write_model(store, model, &text, now).await?;
    Ok((permissions, store, model))
}
