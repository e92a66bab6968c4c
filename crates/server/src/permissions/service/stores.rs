//! Stores: made, listed, renamed, deleted.

use counterfoil_store::permission::{NewStore, PermissionStore, PermissionStoreId};

use super::{Answer, Asker, of_store};
use crate::permissions::{
    auth::Need,
    continuation::Listed,
    error::ApiError,
    moment, schema,
    wire::{CreateStore, PageSize, StoreAnswer, StoreSettings, StoresAnswer},
};

impl Asker<'_> {
    pub(crate) async fn create_store(
        &self,
        request: &CreateStore<'_>,
    ) -> Result<Answer<StoreAnswer>, ApiError> {
        self.caller.may(Need::Admin, None)?;
        check_name("CreateStoreRequest", &request.name)?;
        let settings = request.settings.unwrap_or_default().check()?;
        let now_ms = u64::try_from(self.state.now_ms()).unwrap_or(0);
        let new = NewStore {
            id: PermissionStoreId::new(now_ms, self.state.random()),
            name: request.name.as_str().to_owned(),
            settings: settings.to_json(),
            created_at: self.state.now(),
        };
        let made = self.state.permissions.create_store(new).await.map_err(of_store)?;
        Ok(Answer::plain(shown(&made)))
    }

    pub(crate) async fn get_store(&self, id: &str) -> Result<Answer<StoreAnswer>, ApiError> {
        let id = self.store("GetStoreRequest", Need::Read, id)?;
        let found = self.state.permissions.db().store(id).await.map_err(of_store)?;
        Ok(Answer::plain(shown(&found)))
    }

    pub(crate) async fn update_store(
        &self,
        id: &str,
        request: &CreateStore<'_>,
    ) -> Result<Answer<StoreAnswer>, ApiError> {
        let id = self.store("UpdateStoreRequest", Need::Admin, id)?;
        check_name("UpdateStoreRequest", &request.name)?;
        let (db, now) = (self.state.permissions.db(), self.state.now());
        let before = db.store(id).await.map_err(of_store)?;
        let settings = match request.settings {
            None => StoreSettings::of_json(&before.settings),
            Some(given) => given.check()?,
        };
        let after = db.update_store(id, &request.name, &settings.to_json(), now).await;
        let after = after.map_err(of_store)?;
        self.state.permission_api.settings.learn(self.state, id, settings);
        Ok(Answer::plain(shown(&after)))
    }

    pub(crate) async fn delete_store(&self, id: &str) -> Result<Answer<()>, ApiError> {
        let id = self.store("DeleteStoreRequest", Need::Admin, id)?;
        self.state.permissions.delete_store(id, self.state.now()).await.map_err(of_store)?;
        Ok(Answer::plain(()))
    }

    /// Lists the stores that the caller may know of. A page may be shorter than was asked for, and
    /// only a token that is empty ends the list.
    pub(crate) async fn list_stores(
        &self,
        size: PageSize,
        token: &str,
        name: &str,
    ) -> Result<Answer<StoresAnswer>, ApiError> {
        const MESSAGE: schema::Message = "ListStoresRequest";
        let size = schema::page_size(MESSAGE, size)?;
        schema::continuation_token(MESSAGE, token)?;
        if !name.is_empty() {
            check_name(MESSAGE, name)?;
        }
        let tokens = &self.state.permission_api.tokens;
        let after = tokens.read(Listed::Stores, &[name], token)?;
        let after = match after.as_deref().map(<[u8; 8]>::try_from) {
            None => 0,
            Some(Ok(place)) => i64::from_be_bytes(place),
            Some(Err(_)) => return Err(ApiError::continuation_token()),
        };
        let name_filter = Some(name).filter(|name| !name.is_empty());
        let rows = usize::try_from(size).unwrap_or(usize::MAX).saturating_add(1);
        let found = self.state.permissions.db().list_stores(name_filter, after, rows).await;
        let mut found = found.map_err(of_store)?;
        let more = found.len() == rows;
        found.truncate(rows - 1);
        let next = found
            .last()
            .filter(|_| more)
            .map(|last| tokens.make(Listed::Stores, &[name], &last.place.to_be_bytes()));
        let seen = found.iter().filter(|store| self.caller.may_see(store.id.as_str()));
        Ok(Answer::plain(StoresAnswer {
            stores: seen
                .map(|store| StoreAnswer { deleted_at: Some(None), ..shown(store) })
                .collect(),
            continuation_token: next.unwrap_or_default(),
        }))
    }
}

fn check_name(message: schema::Message, name: &str) -> Result<(), ApiError> {
    if schema::is_store_name(name) {
        return Ok(());
    }
    Err(ApiError::schema(message, "Name", schema::STORE_NAME))
}

fn shown(store: &PermissionStore) -> StoreAnswer {
    let settings = StoreSettings::of_json(&store.settings);
    StoreAnswer {
        id: store.id.to_string(),
        name: store.name.clone(),
        created_at: moment::format(store.created_at.as_secs() * 1_000),
        updated_at: moment::format(store.updated_at.as_secs() * 1_000),
        settings: Some(settings).filter(|settings| *settings != StoreSettings::default()),
        deleted_at: None,
    }
}
