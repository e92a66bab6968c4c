use std::{fmt, sync::Arc};

use counterfoil_jose::UnixTime;
use counterfoil_permission::{
    check::Snapshot,
    compile::{CheckedModel, Finding, compile, compile_strict},
    graph::Graph,
    language::{self, Positions},
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

/// Whose answers questions get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Resolver {
    /// OpenFGA's released one.
    Released,
    /// OpenFGA's coming one, which takes fewer models and answers some questions otherwise.
    Coming,
}

impl Resolver {
    fn compile(self, model: &Model) -> Result<CheckedModel, Vec<Finding>> {
        match self {
            Self::Released => compile(model),
            Self::Coming => compile_strict(model, &Positions::default()),
        }
    }
}

/// A model that is ready to be asked with.
pub(crate) struct LiveModel {
    pub(crate) id: ModelId,
    resolver: Resolver,
    pub(crate) source: Model,
    pub(crate) checked: Arc<CheckedModel>,
    /// Joined to no tuples: joining it to a graph from there costs less than from the start.
    bare: Snapshot,
}

impl LiveModel {
    fn new((id, resolver): Key, source: Model, checked: CheckedModel) -> Self {
        let checked = Arc::new(checked);
        let bare = Snapshot::new(Arc::clone(&checked), Arc::default());
        Self { id, resolver, source, checked, bare }
    }

    pub(super) const fn key(&self) -> Key {
        (self.id, self.resolver)
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

/// What tells the models of a store apart.
pub(super) type Key = (ModelId, Resolver);

/// A model as questions find it, or why its resolver does not take it.
type Ready = Result<Arc<LiveModel>, Arc<str>>;

/// Models by store, id and resolver. They never change, so they are never stale.
#[derive(Default)]
pub(super) struct Models {
    ready: HashMap<(PermissionStoreId, Key), Ready>,
}

impl Models {
    pub(super) async fn get(
        &self,
        db: &PermissionDb,
        store: PermissionStoreId,
        (id, resolver): (Option<ModelId>, Resolver),
    ) -> Result<Option<Arc<LiveModel>>, PermissionError> {
        let id = match id {
            Some(id) => Some(id),
            None => db.latest_model_id(store).await?,
        };
        let Some(id) = id else { return Ok(None) };
        let known = self.ready.pin().get(&(store, (id, resolver))).cloned();
        let ready = match known {
            Some(ready) => ready,
            None => {
                let Some(stored) = db.model(store, id).await? else { return Ok(None) };
                let ready = read(&stored, resolver)?;
                self.keep((store, (id, resolver)), ready.clone());
                ready
            }
        };
        ready.map(Some).map_err(|why| PermissionError::NotTaken { model: id, why })
    }

    pub(super) async fn write(
        &self,
        db: &PermissionDb,
        (store, id, resolver): (PermissionStoreId, ModelId, Resolver),
        model: &Model,
        now: UnixTime,
    ) -> Result<StoreRevision, WriteModelError> {
        let checked = resolver.compile(model).map_err(WriteModelError::Invalid)?;
        let revision = db.write_model(store, id, &language::to_json(model), now).await?;
        let key = (id, resolver);
        self.keep((store, key), Ok(Arc::new(LiveModel::new(key, model.clone(), checked))));
        Ok(revision)
    }

    fn keep(&self, key: (PermissionStoreId, Key), model: Ready) {
        let ready = self.ready.pin();
        if ready.len() >= MODELS_MAX {
            ready.clear();
        }
        ready.insert(key, model);
    }
}

fn read(stored: &StoredModel, resolver: Resolver) -> Result<Ready, PermissionError> {
    let unreadable = |why: String| {
        tracing::error!(model = %stored.id, why, "a stored model can't be read");
        PermissionError::UnreadableModel(why)
    };
    let source =
        language::from_json(&stored.body).map_err(|error| unreadable(error.to_string()))?;
    match resolver.compile(&source) {
        Ok(checked) => Ok(Ok(Arc::new(LiveModel::new((stored.id, resolver), source, checked)))),
        // It was written while its store wasn't strict.
        Err(findings) if compile(&source).is_ok() => Ok(Err(lines(&findings).into())),
        Err(findings) => Err(unreadable(lines(&findings))),
    }
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
