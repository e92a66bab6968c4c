use std::{sync::Arc, time::Duration};

use counterfoil_feed::{Effective, Epoch, Position, Receipt, Revision as FeedRevision};
use counterfoil_oauth::model::Revision;
use serde::Serialize;

use super::hub::lock;
use crate::state::State;

/// What a changing call waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Until it is durable.
    #[default]
    Committed,
    /// Until no leased guard accepts what it ended.
    Effective,
}

impl Wait {
    pub(crate) fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            None | Some("committed") => Some(Self::Committed),
            Some("effective") => Some(Self::Effective),
            Some(_) => None,
        }
    }
}

/// What is said of a change that is in force.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ReceiptView {
    /// The change's place in the log.
    pub(crate) seq: u64,
    /// The epoch of the log.
    pub(crate) epoch: u64,
    /// From when on no leased guard accepts what it ended.
    pub(crate) effective_at: i64,
    /// Guards that have applied it.
    pub(crate) acknowledged: u64,
    /// Guards whose lease ended without.
    pub(crate) lapsed: u64,
    /// The same, signed by the feed's key.
    pub(crate) receipt: String,
}

/// Waits until a change is in force at every leased guard, on this node and on all others.
/// `None`: it took longer than any lease lasts; the change is durable all the same.
pub(crate) async fn wait_for(
    state: &Arc<State>,
    seq: Revision,
    audience: &str,
) -> Option<ReceiptView> {
    let waiting = effective(state, seq);
    let longest = state.config.receipt_wait_max;
    let (acknowledged, lapsed) = tokio::time::timeout(longest, waiting).await.ok()?;
    let effective_at = state.now();
    let receipt = Receipt {
        iss: state.issuer().to_owned(),
        aud: audience.to_owned(),
        at: Position::new(Epoch::new(state.epoch()), FeedRevision::new(seq.get())),
        effective_at,
        acknowledged,
        lapsed,
    };
    Some(ReceiptView {
        seq: seq.get(),
        epoch: state.epoch(),
        effective_at: effective_at.as_secs(),
        acknowledged,
        lapsed,
        receipt: state.feed_signer().receipt(&receipt),
    })
}

async fn effective(state: &Arc<State>, seq: Revision) -> (u64, u64) {
    let mut acknowledged = state.hub.watch_acknowledged();
    loop {
        let now_ms = state.config.clock.boot_ms();
        match ours(state, seq, now_ms) {
            Effective::Effective { acknowledged, lapsed } => {
                state.nodes.wait_for_others(state, seq).await;
                return (acknowledged, lapsed);
            }
            Effective::Pending { wait_until_ms, .. } => {
                let wait = Duration::from_millis(wait_until_ms.saturating_sub(now_ms).max(1));
                // Woken by the next acknowledgement, or when the last lease has ended.
                let _woken = tokio::time::timeout(wait, acknowledged.changed()).await;
            }
        }
    }
}

/// Whether this node's own guards have heard.
pub(crate) fn ours(state: &State, seq: Revision, now_ms: u64) -> Effective {
    let seq = FeedRevision::new(seq.get());
    let mut all = Effective::Effective { acknowledged: 0, lapsed: 0 };
    for (_, feed) in state.hub.all() {
        // An API's feed counts what bears a watermark there; a change that doesn't concern it is
        // heard as soon as everything before it is.
        let inner = lock(&feed.inner);
        let needed = seq.min(inner.publisher.committed());
        all = all.and(inner.leases.effective(needed, now_ms));
    }
    all
}
