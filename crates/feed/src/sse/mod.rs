//! The stream as server-sent events
//! ([HTML, §9.2](https://html.spec.whatwg.org/multipage/server-sent-events.html)).

mod decode;

use crate::{MAX_FRAME_BYTES, Position};
use crate::{ResyncReason, SealedFrame};

pub use decode::{Event, MAX_LINE_BYTES, SseDecoder, SseError};

/// Keeps proxies from closing an idle stream. Carries nothing.
pub const KEEP_ALIVE: &str = ":\n\n";

/// Writes a frame as an event. Its id is where a client goes on after it.
#[must_use]
pub fn frame_event(sealed: &SealedFrame) -> String {
    let at = Position::new(sealed.frame.epoch, sealed.frame.to_seq);
    format!("event: frame\nid: {at}\ndata: {}\n\n", sealed.compact)
}

/// Writes the event after which the server closes the stream: fetch a snapshot.
#[must_use]
pub fn resync_event(reason: ResyncReason) -> String {
    format!("event: resync\ndata: {}\n\n", reason.as_str())
}

/// What an event of the stream means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// A compact frame, to be verified.
    Frame(String),
    /// Fetch a snapshot.
    Resync,
    /// Something that this version doesn't know.
    Other,
}

impl From<Event> for StreamEvent {
    fn from(event: Event) -> Self {
        match event.name.as_str() {
            "frame" => Self::Frame(event.data),
            "resync" => Self::Resync,
            _ => Self::Other,
        }
    }
}

const _: () = assert!(MAX_LINE_BYTES > MAX_FRAME_BYTES);
