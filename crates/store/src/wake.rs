use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use counterfoil_oauth::model::{IssuerId, Revision};
use tokio::sync::watch;

/// The newest committed revision of each issuer that someone waits for. Wake-ups coalesce: a
/// sleeper sees the newest revision, and reads the log to learn what lies between.
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    senders: Mutex<HashMap<IssuerId, watch::Sender<Revision>>>,
}

impl Wakes {
    pub(crate) fn subscribe(&self, iss: IssuerId) -> watch::Receiver<Revision> {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        senders.entry(iss).or_insert_with(|| watch::Sender::new(Revision::ZERO)).subscribe()
    }

    /// Publishes a committed revision; an older one than is known changes nothing.
    pub(crate) fn publish(&self, iss: IssuerId, revision: Revision) {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = senders.entry(iss).or_insert_with(|| watch::Sender::new(Revision::ZERO));
        sender.send_if_modified(|known| {
            let newer = revision > *known;
            *known = revision.max(*known);
            newer
        });
    }

    /// Whether anyone listens at all.
    pub(crate) fn watched(&self) -> bool {
        let senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        senders.values().any(|sender| sender.receiver_count() > 0)
    }
}
