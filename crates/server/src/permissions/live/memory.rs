//! How much memory graphs take, and which of them make room.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use super::{Shared, live::Live};

/// What a tuple takes with its share of the ids, in bytes: at most 60 beyond the ids' own, of which
/// there is less than one new one to a tuple, of about 40 bytes.
const BYTES_PER_TUPLE: u64 = 100;

/// What the server says about its graphs.
#[derive(Clone, Debug, Default)]
pub(crate) struct LiveMetrics {
    /// Stores that are in memory.
    pub(crate) loaded: Gauge,
    /// Stores that are answered from the database: too large, or not loaded yet.
    pub(crate) backed_stores: Gauge,
    /// What the graphs take, in bytes, about.
    pub(crate) bytes: Gauge,
    /// Questions that were answered from the database.
    pub(crate) backed: Counter,
    /// Stores that made room for others.
    pub(crate) evicted: Counter,
    /// Graphs that were laid out anew.
    pub(crate) merged: Counter,
}

impl LiveMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("permission");
        registry.register("stores_loaded", "Permission stores in memory", self.loaded.clone());
        registry.register(
            "stores_backed",
            "Permission stores that are answered from the database",
            self.backed_stores.clone(),
        );
        registry.register("graph_bytes", "About what graphs take", self.bytes.clone());
        registry.register(
            "backed_questions",
            "Questions that were answered from the database",
            self.backed.clone(),
        );
        registry.register("evictions", "Stores that made room for others", self.evicted.clone());
        registry.register("merges", "Graphs that were laid out anew", self.merged.clone());
    }
}

/// What a graph of so many tuples takes, about.
pub(super) fn bytes_of(tuples: usize) -> u64 {
    u64::try_from(tuples).unwrap_or(u64::MAX).saturating_mul(BYTES_PER_TUPLE)
}

/// How long a store that was not asked about is left in memory when others need the room.
const QUIET_MS: u64 = 60_000;

impl Shared {
    /// Lets a store hold so many tuples, if need be by letting those go that nobody asked about for
    /// a while. False when there is no room; then it holds nothing.
    pub(super) fn make_room(&self, live: &Live, tuples: usize) -> bool {
        let bytes = bytes_of(tuples);
        live.using.set(bytes);
        let now_ms = self.clock.boot_ms();
        loop {
            if self.others(live).saturating_add(bytes) <= self.options.memory_bytes {
                return true;
            }
            let stores = self.stores.pin();
            let quiet = |other: &&Arc<Live>| {
                other.store != live.store
                    && other.using.bytes() > 0
                    && other.using.asked_ms().saturating_add(QUIET_MS) <= now_ms
            };
            let oldest = stores.values().filter(quiet).min_by_key(|other| other.using.asked_ms());
            let Some(oldest) = oldest else {
                live.using.refuse(bytes);
                self.show();
                return false;
            };
            tracing::info!(store = %oldest.store, "a permission store makes room for others");
            self.metrics.evicted.inc();
            oldest.evict();
        }
    }

    /// How many tuples a store could hold.
    pub(super) fn room_for(&self, live: &Live) -> usize {
        let now_ms = self.clock.boot_ms();
        let stores = self.stores.pin();
        let busy = stores.values().filter(|other| {
            other.store != live.store && other.using.asked_ms().saturating_add(QUIET_MS) > now_ms
        });
        let held: u64 = busy.map(|other| other.using.bytes()).sum();
        let free = self.options.memory_bytes.saturating_sub(held);
        usize::try_from(free / BYTES_PER_TUPLE).unwrap_or(usize::MAX)
    }

    /// Whether there is room for what there was none for before.
    pub(super) fn has_room(&self, live: &Live) -> bool {
        bytes_of(self.room_for(live)) >= live.using.refused()
    }

    fn others(&self, live: &Live) -> u64 {
        let stores = self.stores.pin();
        let others = stores.values().filter(|other| other.store != live.store);
        others.map(|other| other.using.bytes()).sum()
    }

    /// Brings the metrics up to date.
    pub(super) fn show(&self) {
        let (mut loaded, mut dormant, mut bytes) = (0, 0, 0u64);
        for live in self.stores.pin().values() {
            bytes = bytes.saturating_add(live.using.bytes());
            if live.is_loaded() {
                loaded += 1;
            } else {
                dormant += 1;
            }
        }
        self.metrics.loaded.set(loaded);
        self.metrics.backed_stores.set(dormant);
        self.metrics.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
}

/// What one store holds at the moment, and when it was last asked.
#[derive(Debug, Default)]
pub(super) struct Use {
    bytes: AtomicU64,
    asked_ms: AtomicU64,
    /// For how much there was no room when it was tried last.
    refused: AtomicU64,
}

impl Use {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Acquire)
    }

    fn refuse(&self, bytes: u64) {
        self.set(0);
        self.refused.store(bytes, Ordering::Release);
    }

    fn refused(&self) -> u64 {
        self.refused.load(Ordering::Acquire)
    }

    pub(super) fn set(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Release);
    }

    pub(super) fn asked(&self, now_ms: u64) {
        self.asked_ms.store(now_ms, Ordering::Relaxed);
    }

    pub(super) fn asked_ms(&self) -> u64 {
        self.asked_ms.load(Ordering::Relaxed)
    }
}
