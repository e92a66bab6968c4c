use crate::{ChainHash, Epoch, FeedName, Head, Instance, Nonce, Position, Revision, Watermark};
use counterfoil_jose::UnixTime;
use counterfoil_jose::crypto::Secret32;

/// How far other things than watermarks have moved. Each frame carries the present numbers, so
/// the next frame tells a guard that missed one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revisions {
    /// Of the issuer's published keys: fetch the JWKS again when it grows.
    pub keys: Revision,
    /// Of the permission store, where the API has one.
    pub permission: Option<Revision>,
    /// Of this API's profile and MAC keys: fetch a snapshot again when it grows.
    pub config: Revision,
}

/// One step of a feed: every watermark of the revisions `from_seq..=to_seq`, for one API.
///
/// A heartbeat is a frame without watermarks. Where nothing was committed at all its range is
/// empty: `from_seq = to_seq + 1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whose feed, for which API.
    pub feed: FeedName,
    /// Which history.
    pub epoch: Epoch,
    /// The first revision covered.
    pub from_seq: Revision,
    /// The last revision covered.
    pub to_seq: Revision,
    /// The chain before `from_seq`.
    pub prev_hash: ChainHash,
    /// When it was made.
    pub iat: UnixTime,
    /// In ascending order of `not_before`, each within the range.
    pub watermarks: Vec<Watermark>,
    /// How far other things have moved.
    pub revisions: Revisions,
}

/// A key under which this API's opaque tokens carry an outer MAC.
#[derive(Clone, Debug)]
pub struct MacKey {
    /// The key id byte inside the token.
    pub id: u8,
    /// The key.
    pub key: Secret32,
}

/// What a guard must know of its API's profile to verify tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiFacts {
    /// `opaque`, `jwt` or `jwe`.
    pub format: String,
    /// The signature algorithm of `jwt` and `jwe` tokens.
    pub alg: Option<String>,
    /// The `typ` of `jwt` and `jwe` tokens.
    pub typ: Option<String>,
    /// The longest lifetime of a token, in seconds.
    pub max_lifetime_secs: u64,
}

/// Everything a guard needs to start following.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Whose feed, for which API.
    pub feed: FeedName,
    /// What it is a snapshot of.
    pub at: Position,
    /// The name that the server gave to the guard that fetched it.
    pub instance: Instance,
    /// The request's: a snapshot is good for one guard, once.
    pub nonce: Nonce,
    /// The chain at `at`.
    pub head_hash: ChainHash,
    /// Whether it continues what the guard said it had. Otherwise what the guard has learned is
    /// of another history, or nobody can tell.
    pub continues: bool,
    /// When it was made.
    pub iat: UnixTime,
    /// The live watermarks.
    pub watermarks: Vec<Watermark>,
    /// What was learned before this revision must be asked for again.
    pub floor: Revision,
    /// How far other things have moved.
    pub revisions: Revisions,
    /// The length of a lease.
    pub lease_ms: u64,
    /// The bound on clock drift that both ends reckon with, in parts per million.
    pub rho_ppm: u32,
    /// The API's profile, as far as guards need it.
    pub facts: ApiFacts,
    /// The keys of the outer MAC, the current one first.
    pub mac_keys: Vec<MacKey>,
}

/// A guard's request for a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotRequest {
    /// Drawn for this request.
    pub nonce: Nonce,
    /// The name that the guard already has, for the server to keep.
    pub instance: Option<Instance>,
    /// What the guard has followed before, if anything.
    pub have: Option<Head>,
}

/// A guard's request for a lease, which is its acknowledgement too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRequest {
    /// Who asks.
    pub instance: Instance,
    /// Drawn for this request.
    pub nonce: Nonce,
    /// Which history it follows.
    pub epoch: Epoch,
    /// Up to where it has applied the feed.
    pub applied_seq: Revision,
    /// Its chain there: shows the server that both mean the same history.
    pub head_hash: ChainHash,
}

/// The server's answer: from the moment the request was sent the guard may answer out of its cache
/// for `L·(1 − ρ)`, once it has applied `committed_seq`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseGrant {
    /// Whose feed, for which API.
    pub feed: FeedName,
    /// To whom.
    pub instance: Instance,
    /// The request's.
    pub nonce: Nonce,
    /// Which history.
    pub epoch: Epoch,
    /// The last revision that bears a watermark for this API.
    pub committed_seq: Revision,
    /// `L`, in milliseconds.
    pub lease_ms: u64,
    /// When it was made.
    pub iat: UnixTime,
}

/// Says that from `effective_at` on no leased guard accepts what the change at `seq` has ended.
///
/// It speaks of guards under this protocol. Requests that were admitted before, routes marked
/// `stale_ok`, and APIs that verify tokens by themselves are not covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The issuer.
    pub iss: String,
    /// For whom: the client that made the change.
    pub aud: String,
    /// The change.
    pub at: Position,
    /// When the last guard had acknowledged or lapsed.
    pub effective_at: UnixTime,
    /// Guards that have applied the change.
    pub acknowledged: u64,
    /// Guards whose lease had ended without.
    pub lapsed: u64,
}

impl Frame {
    /// Whether the frame covers no revision.
    #[must_use]
    pub fn is_empty_range(&self) -> bool {
        self.from_seq > self.to_seq
    }
}
