//! Whoever answers requests lets the thread that commits have the core.
//!
//! A worker with enough to answer keeps its core until the kernel's next tick, some milliseconds away,
//! while a commit needs that core three times for a moment: to begin, to have the disk flushed, and to
//! answer. The kernel can't know that many wait for that moment; so the worker says it.

use std::cell::Cell;

use counterfoil_store::Store;

use crate::clock::Clock;

/// Nanoseconds for which a thread goes on answering: commits that come meanwhile share one write to
/// the disk.
const PAUSE: u64 = 200_000;

/// The pause lasts at least so many times what the others took: where strangers want the core as
/// well, giving way costs at most a third of it.
const PAUSE_TIMES: u64 = 2;

thread_local! {
    /// When this thread gives way again, on the clock's ticks.
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// Before a request is begun, at `now` on the clock's ticks.
pub(crate) fn to_writer(store: &Store, clock: &dyn Clock, now: u64) {
    if !store.is_writing() || now < NEXT.get() {
        return;
    }
    std::thread::yield_now();
    let after = clock.ticks();
    let pause = after.saturating_sub(now).saturating_mul(PAUSE_TIMES).max(PAUSE);
    NEXT.set(after.saturating_add(pause));
}
