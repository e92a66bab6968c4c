use crate::{Head, LeaseRequest, Position, Revisions, SnapshotRequest, State};

/// What the driver of a [`super::Follower`] must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `GET snapshot`. Hand the outcome to [`super::Follower::snapshot`] or
    /// [`super::Follower::failed`], with this attempt. Refresh the feed's keys before it.
    FetchSnapshot {
        /// Names the attempt, so that a late outcome is not taken for a newer one.
        attempt: u64,
        /// What to send along.
        request: SnapshotRequest,
    },
    /// Close the stream that is open, if any, and `GET stream` from here.
    OpenStream {
        /// Names the attempt.
        attempt: u64,
        /// What has been applied.
        after: Head,
    },
    /// `POST lease`.
    SendLease(LeaseRequest),
    /// Answers may come from the cache now: tell the readiness probe.
    Ready,
    /// Answers may not come from the cache any more.
    NotReady(State),
    /// Empty the cache of identities: their history is over, or their time without a lease.
    DropIdentities,
    /// Keys, permissions or the profile have moved. For a new `config` the follower itself asks
    /// for a snapshot; for new `keys` fetch the issuer's JWKS.
    Moved(Revisions),
}

/// Which call ended in an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// [`Action::FetchSnapshot`], with its attempt.
    Snapshot(u64),
    /// [`Action::OpenStream`], with its attempt: it could not be opened, or has ended.
    Stream(u64),
    /// [`Action::SendLease`].
    Lease,
}

/// Why something that arrived was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowError {
    /// A snapshot older than what this guard has already followed.
    SnapshotRolledBack {
        /// The snapshot's.
        got: Position,
        /// The newest that this guard has followed, maybe before a restart.
        high_water: Position,
    },
    /// A snapshot of a newer epoch whose revisions begin below the old epoch's.
    EpochOverlaps {
        /// The snapshot's.
        got: Position,
        /// The newest that this guard has followed.
        high_water: Position,
    },
    /// An answer to an attempt that was given up.
    StaleAttempt,
    /// Of an older epoch.
    OldEpoch,
    /// A frame before any snapshot.
    NoSnapshot,
    /// Frames are missing before this one. The stream is opened again.
    Gap {
        /// Up to where this guard has applied.
        applied: Position,
        /// Where the frame begins.
        from: Position,
    },
    /// The frame continues another history. A snapshot is fetched.
    ChainBroken,
    /// The frame is of a newer epoch. A snapshot is fetched.
    EpochChanged,
    /// An answer whose nonce this guard has not sent, or has seen answered already.
    UnknownNonce,
    /// A grant to another guard.
    OtherInstance,
    /// A grant from the future.
    FutureIat,
    /// A grant of an unreasonable length.
    LeaseLength,
}

impl std::fmt::Display for FollowError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SnapshotRolledBack { got, high_water } => {
                write!(f, "the snapshot is of {got}, but {high_water} was followed already")
            }
            Self::EpochOverlaps { got, high_water } => {
                write!(f, "the epoch begins at {got}, below {high_water} of the one before")
            }
            Self::StaleAttempt => f.write_str("the answer is to an attempt that was given up"),
            Self::OldEpoch => f.write_str("it is of an older epoch"),
            Self::NoSnapshot => f.write_str("there is no snapshot to continue"),
            Self::Gap { applied, from } => {
                write!(f, "the frame begins at {from}, but only {applied} was applied")
            }
            Self::ChainBroken => f.write_str("the frame continues another history"),
            Self::EpochChanged => f.write_str("the epoch was raised"),
            Self::UnknownNonce => f.write_str("it answers no request of this guard"),
            Self::OtherInstance => f.write_str("the grant is to another guard"),
            Self::FutureIat => f.write_str("the grant is from the future: check the clocks"),
            Self::LeaseLength => f.write_str("the lease has an unreasonable length"),
        }
    }
}

impl std::error::Error for FollowError {}
