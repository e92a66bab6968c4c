use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use counterfoil_oauth::model::Revision;
use tokio::sync::watch;

use crate::head::Head;

/// The newest committed revision of each head that someone waits for. Wake-ups coalesce: a
/// sleeper sees the newest revision, and reads the log to learn what lies between.
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    senders: Mutex<HashMap<Head, watch::Sender<Revision>>>,
}

impl Wakes {
    pub(crate) fn subscribe(&self, head: Head) -> watch::Receiver<Revision> {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        senders.entry(head).or_insert_with(|| watch::Sender::new(Revision::ZERO)).subscribe()
    }

    /// Publishes a committed revision; an older one than is known changes nothing.
    pub(crate) fn publish(&self, head: Head, revision: Revision) {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = senders.entry(head).or_insert_with(|| watch::Sender::new(Revision::ZERO));
        sender.send_if_modified(|known| {
            let newer = revision > *known;
            *known = revision.max(*known);
            newer
        });
    }

    /// The heads that someone listens to.
    pub(crate) fn watched(&self) -> Vec<Head> {
        let senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = senders.iter().filter(|(_, sender)| sender.receiver_count() > 0);
        heard.map(|(head, _)| *head).collect()
    }
}
