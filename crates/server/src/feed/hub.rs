use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use counterfoil_feed::{
    InstanceView, LeaseTerms, Leases, Publisher, Revision as FeedRevision, Revisions, SealedFrame,
};
use counterfoil_jose::UnixTime;
use counterfoil_oauth::model::{ApiId, ChangeKind, Target};
use counterfoil_store::LogEntry;
use tokio::sync::{Notify, broadcast, watch};

use super::open::feed_change;
use crate::state::State;

/// Frames that a slow stream may be behind before it is told to come again.
const STREAM_LAG_MAX: usize = 1_024;

/// Every API's feed on this node, opened when its first guard comes.
pub(crate) struct Hub {
    feeds: Mutex<HashMap<ApiId, Arc<Feed>>>,
    /// Held while the log is applied and while a feed is opened, so that none misses a change.
    pub(crate) order: tokio::sync::Mutex<()>,
    /// When this process started: leases that an earlier one granted end one lease later.
    started_ms: AtomicU64,
    /// Bumped whenever a guard acknowledges, so that receipts look again.
    acknowledged: watch::Sender<u64>,
}

/// One API's feed.
pub(crate) struct Feed {
    pub(super) inner: Mutex<Inner>,
    pub(super) frames: broadcast::Sender<Arc<SealedFrame>>,
    wake: Notify,
}

pub(super) struct Inner {
    pub(super) publisher: Publisher,
    pub(super) leases: Leases,
    pub(super) revisions: Revisions,
}

impl Hub {
    pub(crate) fn new(started_ms: u64) -> Self {
        Self {
            feeds: Mutex::new(HashMap::new()),
            order: tokio::sync::Mutex::new(()),
            started_ms: AtomicU64::new(started_ms),
            acknowledged: watch::Sender::new(0),
        }
    }

    pub(super) fn find(&self, api: ApiId) -> Option<Arc<Feed>> {
        lock(&self.feeds).get(&api).map(Arc::clone)
    }

    pub(super) fn all(&self) -> Vec<(ApiId, Arc<Feed>)> {
        lock(&self.feeds).iter().map(|(api, feed)| (*api, Arc::clone(feed))).collect()
    }

    /// Adds an opened feed and starts its clockwork.
    pub(super) fn add(
        &self,
        state: &Arc<State>,
        api: ApiId,
        publisher: Publisher,
        terms: LeaseTerms,
    ) -> Arc<Feed> {
        let epoch = publisher.head().epoch;
        let head = publisher.head().seq;
        let revisions = Revisions { keys: head, permission: None, config: head };
        let leases = Leases::restart(terms, epoch, self.started_ms.load(Ordering::Acquire));
        let feed = Arc::new(Feed {
            inner: Mutex::new(Inner { publisher, leases, revisions }),
            frames: broadcast::Sender::new(STREAM_LAG_MAX),
            wake: Notify::new(),
        });
        let known = Arc::clone(lock(&self.feeds).entry(api).or_insert_with(|| Arc::clone(&feed)));
        if Arc::ptr_eq(&known, &feed) {
            tokio::spawn(run(Arc::downgrade(state), Arc::clone(&feed)));
        }
        known
    }

    /// Takes committed changes, in order. The caller holds `order`.
    pub(crate) fn apply(&self, state: &State, entries: &[LogEntry]) {
        for (api, feed) in self.all() {
            feed.apply(api, entries);
            // At once: a revocation waits for nothing but its signature.
            feed.flush(state);
        }
    }

    /// Every guard starts over.
    ///
    /// A publisher belongs to one epoch; the next is opened by the first guard that comes back.
    /// Leases of the old epoch still run, so nothing is effective for the length of one.
    pub(crate) fn start_over(&self, boot_ms: u64) {
        self.started_ms.store(boot_ms, Ordering::Release);
        lock(&self.feeds).clear();
    }

    pub(crate) fn tidy(&self, now: UnixTime, boot_ms: u64) {
        for (_, feed) in self.all() {
            let mut inner = lock(&feed.inner);
            inner.publisher.prune(now);
            inner.leases.forget(boot_ms);
        }
    }

    /// Every guard that this node remembers, by API.
    pub(crate) fn instances(&self, boot_ms: u64) -> Vec<(ApiId, Vec<InstanceView>)> {
        let view = |(api, feed): (ApiId, Arc<Feed>)| {
            let inner = lock(&feed.inner);
            (api, inner.leases.view(inner.publisher.committed(), boot_ms))
        };
        self.all().into_iter().map(view).collect()
    }

    pub(super) fn acknowledged(&self) {
        self.acknowledged.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(super) fn watch_acknowledged(&self) -> watch::Receiver<u64> {
        self.acknowledged.subscribe()
    }
}

impl Feed {
    fn apply(&self, api: ApiId, entries: &[LogEntry]) {
        let mut inner = lock(&self.inner);
        for entry in entries {
            inner.take(api, entry);
        }
    }

    /// Makes every frame that is due and sends it to the open streams, and lets the feed's own task
    /// look again when the next one is due.
    pub(super) fn flush(&self, state: &State) {
        self.send_due(state);
        self.wake.notify_one();
    }

    fn send_due(&self, state: &State) {
        let mut inner = lock(&self.inner);
        let signer = state.feed_signer();
        let (now_ms, iat) = (state.config.clock.boot_ms(), state.now());
        while let Some(frame) = inner.publisher.flush(now_ms, iat, |frame| signer.frame(frame)) {
            state.metrics.frame_sent(frame.frame.watermarks.len());
            // Nobody listening is no error.
            let _listeners = self.frames.send(frame);
        }
    }
}

impl Inner {
    fn take(&mut self, api: ApiId, entry: &LogEntry) {
        let revision = FeedRevision::new(entry.revision.get());
        let taken = match feed_change(api, entry) {
            Some(change) => self.publisher.commit(&change),
            None => self.publisher.advance(revision),
        };
        if let Err(error) = taken {
            tracing::error!(%error, "the feed was given the log out of order");
        }
        match (entry.change.target.kind(), &entry.change.target) {
            (ChangeKind::Key, _) => self.revisions.keys = revision,
            (ChangeKind::Api, Target::Api(own)) if *own == api => self.revisions.config = revision,
            _ => return,
        }
        self.publisher.announce(self.revisions);
    }
}

/// Sends heartbeats and whatever was held back to be batched.
async fn run(state: std::sync::Weak<State>, feed: Arc<Feed>) {
    loop {
        let wait = {
            let Some(state) = state.upgrade() else { return };
            // Not `flush`: a task that wakes itself never sleeps.
            feed.send_due(&state);
            let now_ms = state.config.clock.boot_ms();
            let due_ms = lock(&feed.inner).publisher.due_ms(now_ms);
            Duration::from_millis(due_ms.saturating_sub(now_ms).max(1))
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = feed.wake.notified() => tokio::task::yield_now().await,
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
