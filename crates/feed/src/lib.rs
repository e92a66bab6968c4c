//! The freshness protocol, both ends, as state machines.
//!
//! A server tells guards what has ended, and they answer from memory for as long as a lease says
//! that they have heard everything. The server's end is [`Publisher`] (committed changes in,
//! frames out) and [`Leases`] (who may still be answering, and from when on a change is
//! effective). The guard's end is [`Follower`] (messages in, actions out) and its [`Gate`], which
//! request threads read. The protocol is described for other languages in `docs/feed.md`.
//!
//! Nothing here does IO, reads a clock or draws randomness: those are arguments.

mod chain;
mod diff;
mod follower;
mod frame;
mod gate;
mod keyed;
pub mod lease_time;
mod leases;
mod miss;
mod publisher;
pub mod sse;
mod table;
mod verified;
mod watermark;
mod wire;
mod words;

pub use chain::{CHAIN_BLOCK, ChainHash, Head, block_end, block_start};
pub use diff::{Diff, MAX_DIFF_BYTES};
pub use follower::{
    Action, BACKOFF_MAX_MS, BEHIND_MS, CALL_TIMEOUT_MS, Call, FollowError, Follower,
    FollowerConfig, IDENTITY_KEEP_MS, MAX_IAT_SKEW_SECS, SILENCE_MS, Status,
};
pub use frame::{
    ApiFacts, Frame, LeaseGrant, LeaseRequest, MacKey, Receipt, Revisions, Snapshot,
    SnapshotRequest,
};
pub use gate::{ASK_PAUSE_MS, Answer, Gate, Generation, History, Route, State};
pub use keyed::{KEYED_ID_BYTES, KeyedId, PseudonymKey};
pub use leases::{
    Effective, FORGET_AFTER_MS, InstanceState, InstanceView, LeaseRefusal, LeaseTerms, Leases,
    MAX_INSTANCES, TooManyInstances,
};
pub use miss::install_allowed;
pub use publisher::{
    BATCH_MS, Change, DIFF_FRAMES, HEARTBEAT_MS, HeadCheck, MAX_FRAME_WATERMARKS, OutOfOrder,
    Publisher, QUIET_BATCH_MS, RING_BYTES, RING_FRAMES, Resume, ResyncReason, SealedFrame,
    SnapshotTerms,
};
pub use table::{MAX_TABLE_KEYS, Stamp, TokenKeys, Verdict, Watermarks};
pub use verified::Verified;
pub use watermark::{Mode, Reason, Watermark, WatermarkKey, WatermarkKind};
pub use wire::{
    FRAME_TYP, FeedKeys, FeedSigner, LEASE_TYP, MAX_FEED_KEYS, MAX_FRAME_BYTES,
    MAX_LEASE_REQUEST_BYTES, MAX_MAC_KEYS, MAX_SMALL_BYTES, MAX_SNAPSHOT_BYTES,
    MAX_SNAPSHOT_WATERMARKS, NotEd25519, RECEIPT_TYP, SNAPSHOT_TYP, WireError,
};
pub use words::{
    EPOCH_STRIDE, Epoch, FeedName, Instance, MAX_INSTANCE_BYTES, NONCE_BYTES, Nonce, Now, Position,
    Revision,
};
