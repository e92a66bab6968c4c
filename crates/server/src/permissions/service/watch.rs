//! Watching a store: every revision once, in order, from a place that the watcher names.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use counterfoil_store::permission::{LogRow, Op, PermissionStoreId, StoreRevision};
use tokio::sync::watch;

use super::{
    Asker,
    changes::change,
    of_store,
    view::{of_permission, read_revision, revision_token},
};
use crate::{
    permissions::{
        auth::Need,
        error::ApiError,
        schema,
        wire::{TupleChange, WatchedRevision},
    },
    state::State,
};

/// How long a stream may be silent: proxies cut silent connections after a minute or so.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Revisions read at once.
const ROWS_AHEAD: usize = 100;

/// A watch that is under way.
pub(crate) struct Watching {
    state: Arc<State>,
    store: PermissionStoreId,
    revisions: watch::Receiver<StoreRevision>,
    stopping: watch::Receiver<bool>,
    after: StoreRevision,
    ahead: VecDeque<LogRow>,
    /// Whether the watcher was told where it stands.
    greeted: bool,
}

/// What a watcher is told.
pub(crate) enum Watched {
    /// What one revision changed.
    Revision(WatchedRevision),
    /// Nothing, but the stream lives; the newest revision that was told.
    Heartbeat(String),
}

impl Asker<'_> {
    /// Watches a store from now on, or after a revision.
    pub(crate) async fn watch(&self, store: &str, after: &str) -> Result<Watching, ApiError> {
        const MESSAGE: schema::Message = "WatchRequest";
        let store = self.store(MESSAGE, Need::Read, store)?;
        let permissions = &self.state.permissions;
        let head = permissions.db().head(store).await.map_err(of_store)?;
        let after = match after {
            "" => head,
            token => read_revision(store, token)?,
        };
        if after > head {
            return Err(ApiError::validation("`after` is a revision that this store has not had"));
        }
        Ok(Watching {
            state: Arc::clone(self.state),
            store,
            revisions: permissions.watch(store).await.map_err(of_permission)?,
            stopping: self.state.stopping.subscribe(),
            after,
            ahead: VecDeque::new(),
            greeted: false,
        })
    }
}

impl Watching {
    /// What comes next; `None` once the server stops or the store is gone.
    pub(crate) async fn next(&mut self) -> Option<Result<Watched, ApiError>> {
        if !self.greeted {
            self.greeted = true;
            return Some(Ok(self.heartbeat()));
        }
        loop {
            if let Some(row) = self.ahead.pop_front() {
                self.after = row.revision;
                return Some(Ok(Watched::Revision(self.shown(row))));
            }
            // Seen before the log is read, so that nothing that comes between is slept over.
            let _newest = *self.revisions.borrow_and_update();
            match self.state.permissions.db().log_after(self.store, self.after, ROWS_AHEAD).await {
                Ok(rows) => self.ahead.extend(rows),
                Err(error) => return Some(Err(of_store(error))),
            }
            if !self.ahead.is_empty() {
                continue;
            }
            let moved = tokio::select! {
                moved = tokio::time::timeout(HEARTBEAT, self.revisions.changed()) => moved,
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            };
            match moved {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
                Err(_) => return Some(Ok(self.heartbeat())),
            }
        }
    }

    fn heartbeat(&self) -> Watched {
        Watched::Heartbeat(revision_token(self.store, self.after))
    }

    fn shown(&self, row: LogRow) -> WatchedRevision {
        let model = row.ops.iter().rev().find_map(|op| match op {
            Op::Model(id) => Some(id.to_string()),
            Op::Write(_) | Op::Delete(_) => None,
        });
        let changes: Vec<TupleChange> =
            row.ops.iter().filter_map(|op| change(row.at, op)).collect();
        WatchedRevision {
            revision: revision_token(self.store, row.revision),
            changes,
            authorization_model_id: model,
        }
    }
}
