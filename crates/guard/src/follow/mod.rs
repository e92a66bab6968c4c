//! The driver of the follower: does what it asks for, and tells it what came of it.

mod calls;

use std::sync::{Arc, Weak};

use counterfoil_feed::{Action, Call, FeedKeys, Follower, LeaseRefusal};
use counterfoil_jose::{JwkSet, crypto::SystemRng};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::ask::Inner;

/// Messages from calls that wait for the driver.
const EVENTS_MAX: usize = 256;

/// How often identities that are over leave memory.
const SWEEP_MS: u64 = 5_000;

/// What came of a call.
enum Event {
    Snapshot { attempt: u64, outcome: Result<(JwkSet, String), String> },
    Frame { attempt: u64, compact: String },
    Resync { attempt: u64 },
    StreamEnded { attempt: u64, why: String },
    Granted(String),
    LeaseRefused(LeaseRefusal),
    LeaseFailed(String),
}

/// Follows the feed until the guard is dropped.
pub(crate) async fn run(inner: Weak<Inner>, follower: Follower) {
    let (sender, mut events) = mpsc::channel(EVENTS_MAX);
    let Some(clock) = inner.upgrade().map(|inner| Arc::clone(&inner.clock)) else { return };
    let mut driver = Driver { follower, sender, keys: None, stream: None, attempt: 0 };
    loop {
        let wake_at_ms = {
            let Some(inner) = inner.upgrade() else { return };
            let now = inner.clock.now();
            driver.follower.tick(now, &mut SystemRng);
            driver.act(&inner);
            inner.show(driver.follower.status(now));
            driver.follower.wake_at_ms(now)
        };
        let event = tokio::select! {
            event = events.recv() => event,
            () = clock.sleep_until(wake_at_ms) => None,
        };
        if let Some(event) = event {
            let Some(inner) = inner.upgrade() else { return };
            driver.take(&inner, event);
            driver.act(&inner);
        }
    }
}

/// Forgets what is over, from time to time, and keeps key sets young: fetched before the first
/// token asks for them, and again before they are too old to use.
pub(crate) async fn housekeeping(inner: Weak<Inner>) {
    let Some(clock) = inner.upgrade().map(|inner| Arc::clone(&inner.clock)) else { return };
    loop {
        if let Some(inner) = inner.upgrade() {
            inner.verifier.sweep(clock.now().unix());
            inner.fetch_due_keys().await;
        } else {
            return;
        }
        clock.sleep_until(clock.now().boot_ms.saturating_add(SWEEP_MS)).await;
    }
}

fn fetch_keys(inner: &Arc<Inner>) {
    inner.verifier.keys_moved();
    let inner = Arc::clone(inner);
    tokio::spawn(async move { inner.fetch_due_keys().await });
}

struct Driver {
    follower: Follower,
    sender: mpsc::Sender<Event>,
    keys: Option<FeedKeys>,
    stream: Option<JoinHandle<()>>,
    /// Of the stream that is open.
    attempt: u64,
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take() {
            stream.abort();
        }
    }
}

impl Driver {
    /// Does everything that the follower asks for.
    fn act(&mut self, inner: &Arc<Inner>) {
        while let Some(action) = self.follower.next_action() {
            match action {
                Action::FetchSnapshot { attempt, request } => {
                    calls::snapshot(inner, self.sender.clone(), attempt, request);
                }
                Action::OpenStream { attempt, after } => {
                    if let Some(old) = self.stream.take() {
                        old.abort();
                    }
                    self.attempt = attempt;
                    self.stream = Some(calls::stream(inner, self.sender.clone(), attempt, after));
                }
                Action::SendLease(request) => calls::lease(inner, self.sender.clone(), &request),
                Action::Ready => {
                    let bound_ms = self.follower.status(inner.clock.now()).lease_ms;
                    tracing::info!(level = "L2", bound_ms, "this guard answers from memory");
                    inner.set_ready(true);
                    if !inner.verifier.keys_known() {
                        // An earlier failure to fetch them says nothing any more.
                        fetch_keys(inner);
                    }
                }
                Action::NotReady(state) => {
                    tracing::warn!(state = state.as_str(), "this guard may not answer from memory");
                    inner.set_ready(false);
                }
                Action::DropIdentities => inner.verifier.drop_identities(),
                Action::Moved(revisions) => {
                    tracing::debug!(?revisions, "keys or profile have moved");
                    fetch_keys(inner);
                }
            }
        }
    }

    fn take(&mut self, inner: &Inner, event: Event) {
        let now = inner.clock.now();
        match event {
            Event::Snapshot { attempt, outcome } => {
                if let Err(why) = self.snapshot(inner, attempt, outcome) {
                    inner.trouble("snapshot", &why);
                    self.follower.failed(Call::Snapshot(attempt), now, &mut SystemRng);
                }
            }
            Event::Frame { attempt, compact } if attempt == self.attempt => {
                self.frame(inner, attempt, &compact);
            }
            Event::Resync { attempt } if attempt == self.attempt => {
                self.follower.resync(now, &mut SystemRng);
            }
            Event::StreamEnded { attempt, why } if attempt == self.attempt => {
                inner.trouble("stream", &why);
                self.follower.failed(Call::Stream(attempt), now, &mut SystemRng);
            }
            // Of a stream that was given up.
            Event::Frame { .. } | Event::Resync { .. } | Event::StreamEnded { .. } => {}
            Event::Granted(compact) => self.granted(inner, &compact),
            Event::LeaseRefused(refusal) => {
                inner.trouble("lease", refusal.as_str());
                self.follower.lease_refused(refusal, now, &mut SystemRng);
            }
            Event::LeaseFailed(why) => {
                inner.trouble("lease", &why);
                self.follower.failed(Call::Lease, now, &mut SystemRng);
            }
        }
    }

    fn snapshot(
        &mut self,
        inner: &Inner,
        attempt: u64,
        outcome: Result<(JwkSet, String), String>,
    ) -> Result<(), String> {
        let (set, compact) = outcome?;
        let keys =
            FeedKeys::new(inner.feed_name().clone(), &set).map_err(|error| error.to_string())?;
        let snapshot = keys.snapshot(&compact).map_err(|error| error.to_string())?;
        self.keys = Some(keys);
        inner.verifier.use_snapshot(&snapshot);
        let now = inner.clock.now();
        self.follower
            .snapshot(attempt, &snapshot, now, &mut SystemRng)
            .map_err(|error| error.to_string())
    }

    fn frame(&mut self, inner: &Inner, attempt: u64, compact: &str) {
        let now = inner.clock.now();
        let verified = self.keys.as_ref().map(|keys| keys.frame(compact));
        let taken = match verified {
            Some(Ok(frame)) => {
                self.follower.frame(&frame, now, &mut SystemRng).map_err(|error| error.to_string())
            }
            Some(Err(error)) => {
                // A frame that can't be verified is no frame; another stream may be sounder.
                self.follower.failed(Call::Stream(attempt), now, &mut SystemRng);
                Err(error.to_string())
            }
            None => Ok(()),
        };
        if let Err(why) = taken {
            inner.trouble("frame", &why);
        }
    }

    fn granted(&mut self, inner: &Inner, compact: &str) {
        let now = inner.clock.now();
        let Some(keys) = &self.keys else { return };
        let taken = match keys.grant(compact) {
            Ok(grant) => {
                self.follower.grant(&grant, now, &mut SystemRng).map_err(|error| error.to_string())
            }
            Err(error) => {
                self.follower.failed(Call::Lease, now, &mut SystemRng);
                Err(error.to_string())
            }
        };
        if let Err(why) = taken {
            inner.trouble("lease", &why);
        }
    }
}
