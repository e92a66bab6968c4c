use std::sync::Arc;

use counterfoil_feed::{
    Change as FeedChange, Epoch, FeedName, LeaseTerms, Position, Publisher,
    Revision as FeedRevision, block_start, lease_time::DEFAULT_RHO_PPM,
};
use counterfoil_oauth::model::{Api, ApiId, Change, Revision, Target};
use counterfoil_store::{LogEntry, MAX_LOG_PAGE, StoreError};

use super::hub::Feed;
use crate::{
    alive::{feed_kind, feed_mode, feed_reason},
    state::State,
};

/// Finds an API's feed, opening it for the first guard that comes.
pub(super) async fn feed_of(state: &Arc<State>, api: &Api) -> Result<Arc<Feed>, StoreError> {
    if let Some(feed) = state.hub.find(api.id) {
        return Ok(feed);
    }
    let _order = state.hub.order.lock().await;
    if let Some(feed) = state.hub.find(api.id) {
        return Ok(feed);
    }
    let at = state.revision();
    let history = history(state, api.id, at).await?;
    let name = FeedName { iss: state.issuer().to_owned(), aud: api.resource.clone() };
    let head = Position::new(Epoch::new(state.epoch()), FeedRevision::new(at.get()));
    let pseudonyms = state.api_secrets(Some(api.id)).pseudonyms.clone();
    let publisher = Publisher::open(name, pseudonyms, head, history)
        .map_err(|error| StoreError::Unstorable(error.to_string()))?;
    Ok(state.hub.add(state, api.id, publisher, terms(api)))
}

/// The lease that an API's freshness budget buys.
pub(super) fn terms(api: &Api) -> LeaseTerms {
    LeaseTerms::new(u64::from(api.profile.freshness_budget_ms), DEFAULT_RHO_PPM)
}

/// Every change up to `at` that the publisher needs: those of the present block of the chain out
/// of the log, and older ones that haven't expired out of the watermarks.
async fn history(state: &State, api: ApiId, at: Revision) -> Result<Vec<FeedChange>, StoreError> {
    let start = Revision::new(block_start(FeedRevision::new(at.get())).get());
    let mut changes = Vec::new();
    let mut after = None;
    loop {
        let page = state
            .store
            .live_watermarks(state.iss, state.now(), after.as_ref(), MAX_LOG_PAGE)
            .await?
            .value;
        let Some(last) = page.last().cloned() else { break };
        changes.extend(page.into_iter().filter(|mark| mark.not_before <= start).filter_map(
            |mark| {
                let change = Change {
                    target: mark.target,
                    mode: mark.mode,
                    reason: mark.reason,
                    expires_at: Some(mark.expires_at),
                };
                feed_change_of(api, &change, mark.not_before)
            },
        ));
        after = Some(last);
    }
    let mut read = start;
    while read < at {
        let page = state.store.log_after(state.iss, read, MAX_LOG_PAGE).await?;
        let Some(last) = page.last().map(|entry| entry.revision) else { break };
        let upto = page.iter().filter(|entry| entry.revision <= at);
        changes.extend(upto.filter_map(|entry| feed_change(api, entry)));
        read = last;
    }
    changes.sort_by_key(|change| change.revision);
    changes.dedup_by_key(|change| change.revision);
    Ok(changes)
}

/// A log entry as one API's feed has it; `None` when it bears no watermark there.
pub(super) fn feed_change(api: ApiId, entry: &LogEntry) -> Option<FeedChange> {
    feed_change_of(api, &entry.change, entry.revision)
}

fn feed_change_of(api: ApiId, change: &Change, revision: Revision) -> Option<FeedChange> {
    // Another API's end concerns none of this one's tokens.
    if matches!(&change.target, Target::Api(other) if *other != api) {
        return None;
    }
    Some(FeedChange {
        kind: feed_kind(change.target.kind()),
        id: change.target.bytes(),
        revision: FeedRevision::new(revision.get()),
        mode: feed_mode(change.mode),
        reason: feed_reason(change.reason),
        expires_at: change.expires_at?,
    })
}
