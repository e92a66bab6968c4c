//! Expired rows go in small batches, by one node at a time.

use std::{sync::Arc, time::Duration};

use counterfoil_jose::crypto::random;
use counterfoil_store::{MAX_SWEEP, StoreError};

use crate::state::State;

/// How often there is a sweep.
const PERIOD: Duration = Duration::from_secs(60);

/// Seconds that one node holds the job.
const LEASE_SECS: i64 = 120;

/// Sweeps from time to time.
pub(crate) async fn run(state: Arc<State>) {
    let holder = i64::from_be_bytes(random()) & i64::MAX;
    loop {
        tokio::time::sleep(PERIOD).await;
        if let Err(error) = sweep(&state, holder).await {
            tracing::warn!(%error, "expired rows could not be swept");
        }
    }
}

async fn sweep(state: &State, holder: i64) -> Result<(), StoreError> {
    let now = state.now();
    let until = now.plus_secs(LEASE_SECS).as_secs();
    if !state.store.try_lease(state.iss, "sweep", holder, until, now.as_secs()).await? {
        return Ok(());
    }
    let report = state.store.sweep(state.iss, now, MAX_SWEEP).await?;
    tracing::debug!(?report, "swept");
    state.permissions.sweep(now).await
}
