use std::sync::PoisonError;

use counterfoil_jose::UnixTime;

use super::{PermissionDb, PermissionStoreId, StoreRevision};
use crate::head::Head;
use crate::list::limited;
use crate::plan::{MAX_KEY_TEXT, Plan, storable};
use crate::row::Fields;
use crate::value::{Expect, Step, Value};
use crate::{CommitError, ConflictAt, StoreError, sql};

/// The most stores in one page; a larger limit is cut down to it.
pub const MAX_STORE_PAGE: usize = 200;

/// A permission store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionStore {
    /// Its id.
    pub id: PermissionStoreId,
    /// Its name, for people.
    pub name: String,
    /// Its settings as JSON: the API's, not this crate's.
    pub settings: String,
    /// When it was made.
    pub created_at: UnixTime,
    /// When its name or settings changed last.
    pub updated_at: UnixTime,
    /// Its newest committed revision.
    pub revision: StoreRevision,
    /// Its place among the issuer's stores: the cursor of a list.
    pub place: i64,
}

/// A store to be made.
#[derive(Clone, Debug)]
pub struct NewStore {
    /// Its id.
    pub id: PermissionStoreId,
    /// Its name, for people.
    pub name: String,
    /// Its settings as JSON.
    pub settings: String,
    /// When it is made.
    pub created_at: UnixTime,
}

impl NewStore {
    /// A store without settings, made at the beginning of time.
    #[must_use]
    pub fn named(id: PermissionStoreId, name: &str) -> Self {
        let created_at = UnixTime::from_secs(0);
        Self { id, name: name.to_owned(), settings: "{}".to_owned(), created_at }
    }
}

impl PermissionDb {
    /// Makes a store.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] for a name that is empty, too long or holds NUL, or an id that is
    /// taken; see [`StoreError`].
    pub async fn create_store(&self, new: NewStore) -> Result<PermissionStore, StoreError> {
        let params = vec![
            Value::Int(self.iss.get()),
            Value::text(new.id.as_str()),
            name(&new.name)?,
            Value::Text(new.settings),
            Value::Int(new.created_at.as_secs()),
        ];
        self.change(Head::Issuer(self.iss), sql::permission::INSERT_STORE, params)
            .await?
            .ok_or_else(|| StoreError::Unstorable("a store with an id that is taken".to_owned()))?;
        self.store(new.id).await
    }

    /// A store by its id.
    ///
    /// # Errors
    /// [`StoreError::UnknownPermissionStore`]; see [`StoreError`].
    pub async fn store(&self, id: PermissionStoreId) -> Result<PermissionStore, StoreError> {
        let params = [Value::Int(self.iss.get()), Value::text(id.as_str())];
        let rows = self.store.query(sql::permission::STORE, &params).await?;
        let row = rows.into_iter().next().ok_or(StoreError::UnknownPermissionStore)?;
        let found = decode(Fields::plain("permission_stores", row))?;
        self.store.publish_head(Head::Permissions(self.iss, found.place), found.revision.get());
        Ok(found)
    }

    /// Stores in the order of their making, after a place, with this name if one is given.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn list_stores(
        &self,
        named: Option<&str>,
        after: i64,
        limit: usize,
    ) -> Result<Vec<PermissionStore>, StoreError> {
        let iss = Value::Int(self.iss.get());
        let mut params = vec![iss, Value::Int(after), limited(limit, MAX_STORE_PAGE)];
        let text = match named {
            None => sql::permission::STORES,
            Some(wanted) => {
                params.push(crate::read::searched(wanted));
                sql::permission::STORES_NAMED
            }
        };
        let rows = self.store.query(text, &params).await?;
        rows.into_iter().map(|row| decode(Fields::plain("permission_stores", row))).collect()
    }

    /// Changes a store's name and settings.
    ///
    /// # Errors
    /// [`StoreError::UnknownPermissionStore`], or [`StoreError::Unstorable`] for such a name.
    pub async fn update_store(
        &self,
        id: PermissionStoreId,
        new_name: &str,
        settings: &str,
        now: UnixTime,
    ) -> Result<PermissionStore, StoreError> {
        let store = self.number(id).await?;
        let head = Head::Permissions(self.iss, store);
        let mut params = head.params();
        params.extend([name(new_name)?, Value::text(settings), Value::Int(now.as_secs())]);
        self.change(head, sql::permission::UPDATE_STORE, params)
            .await?
            .ok_or(StoreError::UnknownPermissionStore)?;
        self.store(id).await
    }

    /// Deletes a store: it is gone at once, and its rows go with later sweeps.
    ///
    /// # Errors
    /// [`StoreError::UnknownPermissionStore`]; see [`StoreError`].
    pub async fn delete_store(
        &self,
        id: PermissionStoreId,
        now: UnixTime,
    ) -> Result<(), StoreError> {
        let store = self.number(id).await?;
        let head = Head::Permissions(self.iss, store);
        let mut params = head.params();
        params.push(Value::Int(now.as_secs()));
        self.change(head, sql::permission::DELETE_STORE, params)
            .await?
            .ok_or(StoreError::UnknownPermissionStore)
    }

    /// A store's number, which never changes; whether it still exists is seen by what uses it.
    pub(super) async fn number(&self, id: PermissionStoreId) -> Result<i64, StoreError> {
        let known = self.store.permission_stores();
        let key = (self.iss, id);
        let found = known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if let Some(number) = found {
            return Ok(number);
        }
        let number = self.store(id).await?.place;
        known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, number);
        Ok(number)
    }

    /// Runs one statement under a head without moving it. `None` if it didn't change one row.
    async fn change(
        &self,
        head: Head,
        text: &'static str,
        params: Vec<Value>,
    ) -> Result<Option<()>, StoreError> {
        let at = Some(ConflictAt::Effect(0));
        let steps = vec![Step { sql: text.into(), params, expect: Expect::One, at }];
        storable(&steps)?;
        match self.store.commit_plan(Plan { head, steps, changes: 0 }).await {
            Ok(_) => Ok(Some(())),
            Err(CommitError::Conflict(_)) => Ok(None),
            Err(CommitError::Overloaded) => Err(StoreError::Overloaded),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}

fn name(text: &str) -> Result<Value, StoreError> {
    if text.is_empty() || text.len() > MAX_KEY_TEXT {
        return Err(StoreError::Unstorable(format!(
            "a store's name of {} bytes, must have 1 to {MAX_KEY_TEXT}",
            text.len()
        )));
    }
    Ok(Value::text(text))
}

fn decode(mut row: Fields) -> Result<PermissionStore, StoreError> {
    let place = row.id("store")?;
    let id = row.text("id")?;
    Ok(PermissionStore {
        id: PermissionStoreId::parse(&id).ok_or_else(|| row.bad("id", "is not a store's id"))?,
        name: row.text("name")?,
        settings: row.text("settings")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        revision: StoreRevision::new(row.revision("revision")?.get()),
        place,
    })
}
