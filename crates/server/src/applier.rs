//! The node reads its issuer's log and applies it: facts are forgotten, tokens die, guards are
//! told. A commit of this very node takes the same way, so there is one.

use std::{sync::Arc, time::Duration};

use counterfoil_oauth::model::{ChangeKind, Revision};
use counterfoil_store::{LogEntry, MAX_LOG_PAGE, StoreError};

use crate::{keys, state::State};

/// How often the log is read even without a wake-up, and old things are dropped.
const IDLE: Duration = Duration::from_millis(1_000);

/// How long to wait after the database failed.
const RETRY: Duration = Duration::from_millis(200);

/// Follows the log until the state is dropped by everybody else.
pub(crate) async fn run(state: Arc<State>) {
    let mut wake = state.store.subscribe(state.iss);
    loop {
        match catch_up(&state).await {
            Ok(()) => {
                let woken = tokio::time::timeout(IDLE, wake.changed()).await;
                if matches!(woken, Ok(Err(_))) {
                    return;
                }
                if woken.is_err() {
                    tidy(&state);
                }
            }
            Err(error) => {
                tracing::error!(%error, "the change log can't be read; trying again");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Applies everything that is committed.
async fn catch_up(state: &Arc<State>) -> Result<(), StoreError> {
    loop {
        let applied = state.revision();
        let entries = state.store.log_after(state.iss, applied, MAX_LOG_PAGE).await?;
        let Some(last) = entries.last().map(|entry| entry.revision) else {
            return skip_stride(state, applied).await;
        };
        let _order = state.hub.order.lock().await;
        apply(state, &entries).await?;
        let _previous = state.applied.send_replace(last);
    }
}

/// After an epoch was raised the next revision lies far ahead, with nothing in between.
async fn skip_stride(state: &Arc<State>, applied: Revision) -> Result<(), StoreError> {
    let head = state.store.head(state.iss).await?;
    if head.epoch != state.epoch() {
        tracing::warn!(epoch = head.epoch, "the epoch of the log was raised; guards resync");
        state.set_epoch(head.epoch);
        state.facts.clear(head.revision);
        state.hub.raise_epoch(state.config.clock.boot_ms());
        if head.revision > applied {
            let _previous = state.applied.send_replace(head.revision);
        }
    }
    Ok(())
}

async fn apply(state: &Arc<State>, entries: &[LogEntry]) -> Result<(), StoreError> {
    let mut keys_changed = false;
    for LogEntry { revision, change, .. } in entries {
        state.facts.changed(&change.target, *revision);
        state.alive.apply(change, *revision);
        keys_changed |= change.target.kind() == ChangeKind::Key;
    }
    if keys_changed {
        match keys::load(state).await {
            Ok(keyring) => state.set_keyring(keyring),
            Err(error) => tracing::error!(%error, "the changed keys can't be loaded"),
        }
    }
    state.hub.apply(state, entries);
    Ok(())
}

fn tidy(state: &State) {
    let now = state.now();
    state.alive.prune(now);
    state.facts.bound(state.revision());
    state.hub.tidy(now, state.config.clock.boot_ms());
}
