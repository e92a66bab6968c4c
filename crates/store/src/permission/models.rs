use counterfoil_jose::UnixTime;

use super::ops::{Encoder, Op};
use super::plan::log_step;
use super::{ModelId, PermissionDb, PermissionStoreId, StoreRevision};
use crate::head::Head;
use crate::list::limited;
use crate::plan::{Plan, storable};
use crate::row::Fields;
use crate::value::{Expect, Step, Value};
use crate::{CommitError, ConflictAt, StoreError, sql};

/// The most models in one page; a larger limit is cut down to it. Bodies are up to 256 KiB each.
const MAX_MODEL_PAGE: usize = 100;

/// One version of a store's model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredModel {
    /// Its id.
    pub id: ModelId,
    /// Its JSON, as the permission crate writes it.
    pub body: String,
    /// When it was made.
    pub created_at: UnixTime,
    /// The revision that it took: the order of models, and the cursor of a list.
    pub revision: StoreRevision,
}

impl PermissionDb {
    /// Adds a model, which is the latest from then on.
    ///
    /// # Errors
    /// [`StoreError::UnknownPermissionStore`], or [`StoreError::Unstorable`] for an id that is
    /// taken; see [`StoreError`].
    pub async fn write_model(
        &self,
        store: PermissionStoreId,
        id: ModelId,
        body: &str,
        now: UnixTime,
    ) -> Result<StoreRevision, StoreError> {
        let head = Head::Permissions(self.iss, self.number(store).await?);
        let mut params = head.params();
        params.extend([
            Value::ahead(1),
            Value::text(id.as_str()),
            Value::text(body),
            Value::Int(now.as_secs()),
        ]);
        let at = Some(ConflictAt::Effect(0));
        let text = sql::permission::INSERT_MODEL.into();
        let mut log = Encoder::new();
        log.push(&Op::Model(id));
        let steps = vec![
            Step { sql: text, params, expect: Expect::One, at },
            log_step(head, 1, log.finish()),
        ];
        storable(&steps)?;
        match self.store.commit_plan(Plan { head, steps, changes: 1 }).await {
            Ok(done) => Ok(StoreRevision::new(done.revision.get())),
            Err(CommitError::Conflict(_)) => {
                Err(StoreError::Unstorable("a model with an id that is taken".to_owned()))
            }
            Err(CommitError::Overloaded) => Err(StoreError::Overloaded),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// A model by its id.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn model(
        &self,
        store: PermissionStoreId,
        id: ModelId,
    ) -> Result<Option<StoredModel>, StoreError> {
        let params = vec![Value::text(id.as_str())];
        let found = self.found(store, sql::permission::MODEL, params, decode).await?;
        Ok(found.into_iter().next())
    }

    /// The latest model.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn latest_model(
        &self,
        store: PermissionStoreId,
    ) -> Result<Option<StoredModel>, StoreError> {
        let found = self.models(store, None, 1).await?;
        Ok(found.into_iter().next())
    }

    /// The id of the latest model.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn latest_model_id(
        &self,
        store: PermissionStoreId,
    ) -> Result<Option<ModelId>, StoreError> {
        let id = |mut row: Fields| {
            let id = row.text("id")?;
            ModelId::parse(&id).ok_or_else(|| row.bad("id", "is not a model's id"))
        };
        let params = Vec::new();
        let found = self.found(store, sql::permission::LATEST_MODEL_ID, params, id).await?;
        Ok(found.into_iter().next())
    }

    /// Models from the latest to the first, those before a revision if one is given.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn models(
        &self,
        store: PermissionStoreId,
        before: Option<StoreRevision>,
        limit: usize,
    ) -> Result<Vec<StoredModel>, StoreError> {
        let before = before.map_or(i64::MAX, |at| i64::try_from(at.get()).unwrap_or(i64::MAX));
        let params = vec![Value::Int(before), limited(limit, MAX_MODEL_PAGE)];
        self.found(store, sql::permission::MODELS, params, decode).await
    }

    /// Replaces the assertions of a model, a JSON text of the API's.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn put_assertions(
        &self,
        store: PermissionStoreId,
        model: ModelId,
        body: &str,
    ) -> Result<(), StoreError> {
        let mut params = Head::Permissions(self.iss, self.number(store).await?).params();
        params.extend([Value::text(model.as_str()), Value::text(body)]);
        let steps = vec![Step::plain(sql::permission::PUT_ASSERTIONS, params)];
        storable(&steps)?;
        self.store.write(steps).await.map(drop)
    }

    /// The assertions of a model, if any were put.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn assertions(
        &self,
        store: PermissionStoreId,
        model: ModelId,
    ) -> Result<Option<String>, StoreError> {
        let params = vec![Value::text(model.as_str())];
        let body = |mut row: Fields| {
            row.text("model")?;
            row.text("body")
        };
        let found = self.found(store, sql::permission::ASSERTIONS, params, body).await?;
        Ok(found.into_iter().next())
    }

    /// Runs a read whose first column is the store's head.
    async fn found<T>(
        &self,
        store: PermissionStoreId,
        text: &str,
        params: Vec<Value>,
        decode: fn(Fields) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = Head::Permissions(self.iss, self.number(store).await?).params();
        all.extend(params);
        let rows = self.store.query(text, &all).await?;
        if rows.is_empty() {
            return Err(StoreError::UnknownPermissionStore);
        }
        let fields = |row| Fields::after_head("permission_models", row).map(|(_, fields)| fields);
        let found = rows.into_iter().filter_map(|row| fields(row).transpose());
        found.map(|row| decode(row?)).collect()
    }
}

fn decode(mut row: Fields) -> Result<StoredModel, StoreError> {
    let revision = StoreRevision::new(row.revision("revision")?.get());
    let id = row.text("id")?;
    Ok(StoredModel {
        id: ModelId::parse(&id).ok_or_else(|| row.bad("id", "is not a model's id"))?,
        body: row.text("body")?,
        created_at: row.time("created_at")?,
        revision,
    })
}
