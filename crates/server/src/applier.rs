//! The node reads its issuer's log and applies it: facts are forgotten, tokens die, guards are
//! told. A commit of this very node takes the same way, so there is one.

use std::{sync::Arc, time::Duration};

use counterfoil_oauth::model::ChangeKind;
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
        let entries = match state.store.log_after(state.iss, applied, MAX_LOG_PAGE).await {
            Ok(entries) => entries,
            Err(StoreError::LogGap { .. }) => return start_over(state).await,
            Err(error) => return Err(error),
        };
        let Some(last) = entries.last().map(|entry| entry.revision) else { return Ok(()) };
        let _order = state.hub.order.lock().await;
        apply(state, &entries).await?;
        let _previous = state.applied.send_replace(last);
    }
}

/// The log can't be continued from here: its epoch was raised, or this node was away for longer
/// than the log reaches back. Nothing that was learned before counts any more.
async fn start_over(state: &Arc<State>) -> Result<(), StoreError> {
    let _order = state.hub.order.lock().await;
    let head = state.store.head(state.iss).await?;
    tracing::warn!(epoch = head.epoch, "the log was not continued; guards and this node resync");
    state.set_epoch(head.epoch);
    state.facts.clear(head.revision);
    state.alive.start_over(head.revision);
    state.hub.start_over(state.config.clock.boot_ms());
    match keys::load(state).await {
        Ok(keyring) => state.set_keyring(keyring),
        Err(error) => tracing::error!(%error, "the keys can't be loaded"),
    }
    let _previous = state.applied.send_replace(head.revision);
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
