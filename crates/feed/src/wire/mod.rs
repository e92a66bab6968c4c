//! The signed messages: compact JWS by an Ed25519 key of the feed, each kind with a `typ` of its
//! own ([RFC 8725 §3.11](https://www.rfc-editor.org/rfc/rfc8725#section-3.11)).

mod error;
mod frame;
mod keys;
mod lease;
mod read;
mod receipt;
mod signer;
mod snapshot;
mod watermark;

pub use error::WireError;
pub use keys::{FeedKeys, MAX_FEED_KEYS};
pub use lease::MAX_LEASE_REQUEST_BYTES;
pub use signer::{FeedSigner, NotEd25519};
pub use snapshot::{MAX_MAC_KEYS, MAX_SNAPSHOT_WATERMARKS};

/// The `typ` of a frame.
pub const FRAME_TYP: &str = "cf-feed-frame+jwt";

/// The `typ` of a snapshot.
pub const SNAPSHOT_TYP: &str = "cf-feed-snapshot+jwt";

/// The `typ` of a lease grant.
pub const LEASE_TYP: &str = "cf-feed-lease+jwt";

/// The `typ` of a receipt.
pub const RECEIPT_TYP: &str = "cf-receipt+jwt";

/// The longest frame: [`crate::MAX_FRAME_WATERMARKS`] watermarks of some 250 bytes in base64url,
/// and two URLs.
pub const MAX_FRAME_BYTES: usize = 96 * 1024;

/// The longest snapshot: a full table of some 250 bytes a watermark.
pub const MAX_SNAPSHOT_BYTES: usize = 32 * 1024 * 1024;

/// The longest lease grant or receipt: a few numbers and two URLs.
pub const MAX_SMALL_BYTES: usize = 8 * 1024;
