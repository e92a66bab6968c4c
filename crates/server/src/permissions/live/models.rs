use std::{fmt, sync::Arc};

use counterfoil_jose::UnixTime;
use counterfoil_permission::{
    check::Snapshot,
    compile::{CheckedModel, Finding, compile},
    graph::Graph,
    language,
    model::Model,
};
use counterfoil_store::{
    StoreError,
    permission::{ModelId, PermissionDb, PermissionStoreId, StoreRevision, StoredModel},
};
use papaya::HashMap;

use super::PermissionError;

/// The most models that are kept ready. Each is up to a megabyte; beyond it all are forgotten and
/// read again as they are asked for.
const MODELS_MAX: usize = 512;

/// A model that is ready to be asked with.
pub(crate) struct LiveModel {
    pub(crate) id: ModelId,
    pub(crate) source: Model,
    pub(crate) checked: Arc<CheckedModel>,
    /// Joined to no tuples: joining it to a graph from there costs less than from the start.
    bare: Snapshot,
}

impl LiveModel {
    fn new(id: ModelId, source: Model, checked: CheckedModel) -> Self {
        let checked = Arc::new(checked);
        let bare = Snapshot::new(Arc::clone(&checked), Arc::default());
        Self { id, source, checked, bare }
    }

    /// What questions about a graph are put to.
    pub(super) fn snapshot(&self, graph: Arc<Graph>) -> Snapshot {
        self.bare.with_graph(graph)
    }
}

/// Why a model is not written.
#[derive(Debug)]
pub(crate) enum WriteModelError {
    /// It is not valid.
    Invalid(Vec<Finding>),
    /// The database failed.
    Store(StoreError),
}

impl fmt::Display for WriteModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(findings) => write!(f, "the model has {} findings", findings.len()),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WriteModelError {}

impl From<StoreError> for WriteModelError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Models by store and id. They never change, so they are never stale.
#[derive(Default)]
pub(super) struct Models {
    ready: HashMap<(PermissionStoreId, ModelId), Arc<LiveModel>>,
}

impl Models {
    pub(super) async fn get(
        &self,
        db: &PermissionDb,
        store: PermissionStoreId,
        id: Option<ModelId>,
    ) -> Result<Option<Arc<LiveModel>>, PermissionError> {
        let id = match id {
            Some(id) => Some(id),
            None => db.latest_model_id(store).await?,
        };
        let Some(id) = id else { return Ok(None) };
        if let Some(ready) = self.ready.pin().get(&(store, id)) {
            return Ok(Some(Arc::clone(ready)));
        }
        let Some(stored) = db.model(store, id).await? else { return Ok(None) };
        let model = Arc::new(read(stored)?);
        self.keep(store, Arc::clone(&model));
        Ok(Some(model))
    }

    pub(super) async fn write(
        &self,
        db: &PermissionDb,
        (store, id): (PermissionStoreId, ModelId),
        model: &Model,
        now: UnixTime,
    ) -> Result<StoreRevision, WriteModelError> {
        let checked = compile(model).map_err(WriteModelError::Invalid)?;
        let revision = db.write_model(store, id, &language::to_json(model), now).await?;
        self.keep(store, Arc::new(LiveModel::new(id, model.clone(), checked)));
        Ok(revision)
    }

    fn keep(&self, store: PermissionStoreId, model: Arc<LiveModel>) {
        let ready = self.ready.pin();
        if ready.len() >= MODELS_MAX {
            ready.clear();
        }
        ready.insert((store, model.id), model);
    }
}

fn read(stored: StoredModel) -> Result<LiveModel, PermissionError> {
    let unreadable = |why: String| {
        tracing::error!(model = %stored.id, why, "a stored model can't be read");
        PermissionError::UnreadableModel(why)
    };
    let source =
        language::from_json(&stored.body).map_err(|error| unreadable(error.to_string()))?;
    let checked = compile(&source).map_err(|findings| {
        unreadable(findings.first().map(ToString::to_string).unwrap_or_default())
    })?;
    Ok(LiveModel::new(stored.id, source, checked))
}
