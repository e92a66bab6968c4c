//! Several server nodes over one PostgreSQL database: each is a reader of the log under a lease of
//! its own, and a receipt waits for all of them. On SQLite there is one node and nothing to do.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use counterfoil_feed::{Effective, lease_time::MAX_LEASE_MS};
use counterfoil_jose::crypto::random;
use counterfoil_oauth::model::Revision;
use counterfoil_store::{Engine, NodeRow, StoreError};

use crate::{feed, state::State};

/// How long a node answers from what it knows after it last reached the database.
const LEASE_MS: u64 = 5_000;

/// How often a node says how far it is.
const PERIOD: Duration = Duration::from_millis(1_000);

/// How often a receipt looks whether the others have caught up.
const LOOK: Duration = Duration::from_millis(25);

/// This node among the others.
pub(crate) struct Nodes {
    /// `None` on SQLite.
    own: Option<i64>,
    fresh_until_ms: AtomicU64,
}

impl Nodes {
    pub(crate) fn new(engine: Engine, boot_ms: u64) -> Self {
        let own = (engine == Engine::Postgres).then(|| i64::from_be_bytes(random()) & i64::MAX);
        Self { own, fresh_until_ms: AtomicU64::new(boot_ms.saturating_add(LEASE_MS)) }
    }

    /// Whether the node may answer from what it knows.
    pub(crate) fn is_fresh(&self, boot_ms: u64) -> bool {
        self.own.is_none() || boot_ms < self.fresh_until_ms.load(Ordering::Acquire)
    }

    /// Waits until every other node, and every guard at it, has applied the change. A node whose
    /// row stands still for longer than any lease at it can last is gone.
    pub(crate) async fn wait_for_others(&self, state: &State, seq: Revision) {
        let Some(own) = self.own else { return };
        let patience_ms = LEASE_MS + MAX_LEASE_MS + MAX_LEASE_MS / 10;
        let mut seen: HashMap<i64, (i64, u64)> = HashMap::new();
        loop {
            let now_ms = state.config.clock.boot_ms();
            match state.store.nodes(state.iss).await {
                Ok(rows) => {
                    let waiting = rows.iter().filter(|row| row.node != own && row.effective < seq);
                    let mut any = false;
                    for row in waiting {
                        let (beat, since) =
                            *seen.entry(row.node).or_insert((row.lease_until_ms, now_ms));
                        if beat != row.lease_until_ms {
                            seen.insert(row.node, (row.lease_until_ms, now_ms));
                        }
                        any |= now_ms.saturating_sub(since) < patience_ms;
                    }
                    if !any {
                        return;
                    }
                }
                Err(error) => tracing::warn!(%error, "the other nodes can't be seen"),
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Says from time to time how far this node is.
pub(crate) async fn run(state: Arc<State>) {
    let Some(own) = state.nodes.own else { return };
    let mut effective = Revision::ZERO;
    loop {
        let sent_ms = state.config.clock.boot_ms();
        match beat(&state, own, &mut effective).await {
            Ok(()) => {
                let until = sent_ms.saturating_add(LEASE_MS);
                state.nodes.fresh_until_ms.store(until, Ordering::Release);
            }
            Err(error) => tracing::warn!(%error, "this node can't renew its lease"),
        }
        let mut applied = state.applied.subscribe();
        let _moved = tokio::time::timeout(PERIOD, applied.changed()).await;
    }
}

async fn beat(state: &State, own: i64, effective: &mut Revision) -> Result<(), StoreError> {
    // Applied up to the head of the log as it is now, or the lease says more than is known.
    let head = state.store.head(state.iss).await?;
    let applied = state.revision();
    if applied < head.revision {
        return Ok(());
    }
    if let Effective::Effective { .. } = feed::ours(state, applied, state.config.clock.boot_ms()) {
        *effective = applied;
    }
    let lease_until_ms = state.now_ms();
    let row = NodeRow { node: own, applied, effective: *effective, lease_until_ms };
    state.store.put_node(state.iss, row).await
}
