//! From a snapshot file, or from all rows, to a graph.

use std::{
    io::{self, Read as _},
    sync::Arc,
};

use counterfoil_permission::graph::{BytesError, Graph, GraphBuilder, GraphError};
use counterfoil_store::{
    StoreError,
    permission::{
        ModelId, PermissionDb, PermissionStoreId, SnapshotFile, SnapshotFiles, SnapshotHead,
        StoreRevision, TupleFilter,
    },
};

use super::{PermissionError, Shared, live::Live};

/// Rows that are read at once: some milliseconds of a thread that others wait for too.
const ROWS_AT_ONCE: usize = 1_000;

/// What came of loading.
pub(super) enum Loading {
    /// A graph, which the log's tail makes current.
    Loaded { graph: Arc<Graph>, revision: StoreRevision, latest: Option<ModelId>, from_file: bool },
    /// There is no room.
    NoRoom,
}

/// Loads a store.
pub(super) async fn load(shared: &Arc<Shared>, live: &Live) -> Result<Loading, PermissionError> {
    let _slot = shared.loads.acquire().await;
    let latest = shared.db.latest_model_id(live.store).await?;
    let (read, from_file) = match from_file(shared, live).await {
        Some(read) => (Some(read), true),
        None => (from_rows(shared, live).await?, false),
    };
    Ok(match read {
        Some((graph, revision)) => Loading::Loaded { graph, revision, latest, from_file },
        None => Loading::NoRoom,
    })
}

/// Reads every tuple, a page at a time, each at its own moment; the log since the first page then
/// makes them one: writing a tuple that is there and deleting one that isn't change nothing.
async fn from_rows(
    shared: &Shared,
    live: &Live,
) -> Result<Option<(Arc<Graph>, StoreRevision)>, PermissionError> {
    let db = &shared.db;
    let start = db.head(live.store).await?;
    let mut builder = GraphBuilder::default();
    let (mut after, mut count, filter) = (None, 0, TupleFilter::default());
    loop {
        let page = db.read_tuples(live.store, &filter, after.as_ref(), ROWS_AT_ONCE).await?;
        for stored in &page.tuples {
            builder.push(&stored.tuple).map_err(too_large)?;
        }
        count += page.tuples.len();
        if !shared.make_room(live, count) {
            return Ok(None);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
        // On SQLite nothing else here gives way to other tasks.
        tokio::task::yield_now().await;
    }
    let graph = laid_out(builder).await?;
    Ok(Some((graph, start)))
}

/// Lays out on a thread where it disturbs nobody.
async fn laid_out(builder: GraphBuilder) -> Result<Arc<Graph>, PermissionError> {
    let done = tokio::task::spawn_blocking(move || builder.finish()).await;
    let graph = done.map_err(|error| failed(error.to_string()))?;
    Ok(Arc::new(graph.map_err(too_large)?))
}

/// Reads the snapshot file, if there is one that is of this store's history. None of what may be
/// wrong with it is an error: all rows are there to be read.
async fn from_file(shared: &Arc<Shared>, live: &Live) -> Option<(Arc<Graph>, StoreRevision)> {
    let files = shared.files.clone()?;
    let store = live.store;
    let found = tokio::task::spawn_blocking(move || files.open(store)).await.ok()?;
    let file = match found {
        Ok(found) => found?,
        Err(error) => {
            tracing::warn!(%store, %error, "a permission store's snapshot can't be read");
            return None;
        }
    };
    let SnapshotHead { revision, mark, tuples, .. } = file.head;
    match shared.db.log_mark(store, revision).await {
        Ok(Some(found)) if found == mark => {}
        _ => {
            tracing::warn!(%store, "a permission store's snapshot is of another history");
            return None;
        }
    }
    // What it has no room for, the rows have none for either.
    if usize::try_from(tuples).map_or(true, |tuples| tuples > shared.room_for(live)) {
        return None;
    }
    let read = tokio::task::spawn_blocking(move || read_file(file)).await.ok()?;
    match read {
        Ok(graph) => shared.make_room(live, graph.tuples()).then_some((Arc::new(graph), revision)),
        Err(error) => {
            tracing::warn!(%store, %error, "a permission store's snapshot can't be read");
            None
        }
    }
}

fn read_file(mut file: SnapshotFile) -> Result<Graph, BytesError<io::Error>> {
    Graph::from_bytes(&mut |into| file.body.read(into))
}

/// Writes a graph's snapshot file.
pub(super) async fn write_file(
    db: &PermissionDb,
    files: SnapshotFiles,
    store: PermissionStoreId,
    (graph, revision): (Arc<Graph>, StoreRevision),
) -> Result<(), PermissionError> {
    // Before anything was written there is nothing to tell a history by.
    let Some(mark) = db.log_mark(store, revision).await? else { return Ok(()) };
    let tuples = u64::try_from(graph.tuples()).unwrap_or(u64::MAX);
    let head = SnapshotHead { store, revision, mark, tuples };
    let write =
        move || files.write(head, |out| Ok(graph.to_bytes(&mut |bytes| out.write_all(bytes))?));
    let done = tokio::task::spawn_blocking(write).await;
    done.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
}

pub(super) fn too_large(error: GraphError) -> PermissionError {
    tracing::error!(%error, "a permission store can't be held in memory");
    failed(error.to_string())
}

fn failed(why: String) -> PermissionError {
    PermissionError::Store(StoreError::Engine(why))
}
