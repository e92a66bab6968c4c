//! A whole store out, and tuples by the million in.

use std::sync::Arc;

use counterfoil_permission::{compile::CheckedModel, tuple::Tuple};
use counterfoil_store::permission::{
    Imported, Importer, MAX_TUPLE_PAGE, PermissionSnapshot, PermissionStore, StoreRevision,
    StoredTuple, TupleFilter,
};

use super::{
    Asker,
    models::with_id,
    of_store,
    tuples::is_over,
    view::{Question, of_permission, revision_token},
};
use crate::{
    permissions::{
        auth::Need,
        error::{ApiError, Code},
        live::Consistency,
        names, schema,
        wire::{self, Consistency as Asked, Text, TupleKey},
    },
    state::State,
};

/// Longest line of an import, in bytes: a tuple with the longest names and the largest context.
pub(crate) const LINE_BYTES_MAX: usize = 64 * 1024;

/// A store on its way out, all of it at one revision.
pub(crate) struct Export {
    snapshot: PermissionSnapshot,
    pub(crate) store: PermissionStore,
    pub(crate) revision: String,
    /// The latest model, as JSON text.
    pub(crate) model: Option<String>,
    after: Option<counterfoil_store::permission::Cursor>,
    ended: bool,
    now: u64,
}

/// Tuples on their way in.
pub(crate) struct Import {
    state: Arc<State>,
    store: counterfoil_store::permission::PermissionStoreId,
    model: Arc<CheckedModel>,
    importer: Importer,
    now: u64,
}

impl Asker<'_> {
    /// Begins to export a store.
    pub(crate) async fn export(&self, store: &str) -> Result<Export, ApiError> {
        const MESSAGE: schema::Message = "ExportRequest";
        let id = self.store(MESSAGE, Need::Read, store)?;
        let db = self.state.permissions.db();
        let store = db.store(id).await.map_err(of_store)?;
        let snapshot = db.snapshot(id).await.map_err(of_store)?;
        let model = match snapshot.latest_model_id().await.map_err(of_store)? {
            None => None,
            Some(model) => db.model(id, model).await.map_err(of_store)?,
        };
        Ok(Export {
            revision: revision_token(id, snapshot.revision()),
            model: model.as_ref().map(with_id),
            snapshot,
            store,
            after: None,
            ended: false,
            now: self.now(),
        })
    }

    /// Begins to import tuples that the latest model allows. One that is there already gets the
    /// new condition and expiry, so that an import can be repeated.
    pub(crate) async fn import(&self, store: &str) -> Result<Import, ApiError> {
        const MESSAGE: schema::Message = "ImportRequest";
        let store = self.store(MESSAGE, Need::Write, store)?;
        let (model, consistency) = (Text::default(), Asked::Unspecified);
        let question = Question { message: MESSAGE, model: &model, consistency: &consistency };
        let live = self.model(store, &question).await?;
        let importer = self.state.permissions.db().importer(store).await.map_err(of_store)?;
        let model = Arc::clone(&live.checked);
        let (state, now) = (Arc::clone(self.state), self.now());
        Ok(Import { state, store, model, importer, now })
    }
}

impl Export {
    /// The next tuples; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Tuple>>, ApiError> {
        if self.ended {
            return Ok(None);
        }
        let (filter, after) = (TupleFilter::default(), self.after.take());
        let page = self.snapshot.read_tuples(&filter, after.as_ref(), MAX_TUPLE_PAGE).await;
        let page = page.map_err(of_store)?;
        self.after = page.next;
        self.ended = self.after.is_none();
        let now = self.now;
        let tuples = page.tuples.into_iter().map(|StoredTuple { tuple, .. }| tuple);
        Ok(Some(tuples.filter(|tuple| !is_over(tuple, now)).collect()))
    }
}

impl Import {
    /// Takes a line: a tuple key, or what an export says beside its tuples. True when it is time to
    /// tell of progress.
    pub(crate) async fn line(&mut self, line: &[u8]) -> Result<bool, ApiError> {
        if line.len() > LINE_BYTES_MAX {
            let message = format!("a line is longer than {LINE_BYTES_MAX} bytes");
            return Err(ApiError::new(Code::ExceededEntityLimit, message));
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(false);
        }
        let read: Line<'_> = wire::read(line)?;
        if read.store.is_some() || read.end.is_some() {
            return Ok(false);
        }
        let key = read.key();
        schema::tuple_key(&key)?;
        let tuple = names::tuple(&self.model, &key).map_err(|bad| bad.in_write())?;
        if is_over(&tuple, self.now) {
            return Ok(false);
        }
        self.importer.push(tuple).await.map_err(of_store)
    }

    /// How many tuples are on disk by now.
    pub(crate) fn imported(&self) -> (u64, String) {
        self.shown(self.importer.imported())
    }

    /// Writes what is left, and waits until this node sees all of it.
    pub(crate) async fn finish(self) -> Result<(u64, String), ApiError> {
        let Self { state, store, importer, .. } = self;
        let done = importer.finish().await.map_err(of_store)?;
        let seen = Consistency::AtLeastAsFresh(done.revision);
        state.permissions.world(store, seen).await.map_err(of_permission)?;
        Ok((done.tuples, revision_token(store, done.revision)))
    }

    fn shown(&self, imported: Imported) -> (u64, String) {
        let revision: StoreRevision = imported.revision;
        (imported.tuples, revision_token(self.store, revision))
    }
}

/// A line of an import.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow)]
    user: Text<'a>,
    #[serde(borrow)]
    relation: Text<'a>,
    #[serde(borrow)]
    object: Text<'a>,
    #[serde(borrow)]
    condition: Option<wire::Condition<'a>>,
    #[serde(borrow)]
    expires_at: Text<'a>,
    store: Option<serde::de::IgnoredAny>,
    end: Option<serde::de::IgnoredAny>,
}

impl<'a> Line<'a> {
    fn key(self) -> TupleKey<'a> {
        let Self { user, relation, object, condition, expires_at, .. } = self;
        TupleKey { user, relation, object, condition, expires_at }
    }
}
