//! Permission stores to begin with.

use counterfoil_permission::{language, tuple::Tuple};
use counterfoil_store::{
    StoreError,
    permission::{ModelId, NewStore, PermissionStoreId, WriteTuples},
};

use crate::{permissions::live::Resolver, state::State, world::WorldStore};

/// Makes a store with its model and tuples, unless it is there.
pub(crate) async fn begin(state: &State, wanted: &WorldStore) -> Result<(), String> {
    let no_id = || format!("`{}` or `{}` is no ULID", wanted.id, wanted.model_id);
    let id = PermissionStoreId::parse(&wanted.id).ok_or_else(no_id)?;
    let model_id = ModelId::parse(&wanted.model_id).ok_or_else(no_id)?;
    let model = language::parse(&wanted.model).map_err(|error| error.to_string())?;
    let tuples = wanted.tuples.iter().map(|text| tuple(text)).collect::<Result<_, _>>()?;
    match state.permissions.db().store(id).await {
        Ok(_) => return Ok(()),
        Err(StoreError::UnknownPermissionStore) => {}
        Err(error) => return Err(error.to_string()),
    }
    let new = NewStore { created_at: state.now(), ..NewStore::named(id, &wanted.name) };
    state.permissions.create_store(new).await.map_err(|error| error.to_string())?;
    let key = (id, model_id, Resolver::Released);
    let written = state.permissions.write_model(key, &model, state.now()).await;
    written.map_err(|error| error.to_string())?;
    let write = WriteTuples { writes: tuples, ..WriteTuples::default() };
    state.permissions.write(id, write).await.map_err(|error| error.to_string())?;
    Ok(())
}

fn tuple(text: &str) -> Result<Tuple, String> {
    let parts = text.split_once('#').and_then(|(object, rest)| {
        let (relation, user) = rest.split_once('@')?;
        Some((object, relation, user))
    });
    let (object, relation, user) =
        parts.ok_or_else(|| format!("`{text}` is not `object#relation@user`"))?;
    Tuple::parse(object, relation, user).map_err(|error| error.to_string())
}
