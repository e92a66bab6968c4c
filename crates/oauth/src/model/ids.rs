use serde::{Deserialize, Serialize};

/// Declares one newtype per kind of internal id, so that a user's id is never taken for a grant's.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// Internal ids are positive 64-bit numbers that grow with time (milliseconds in the high
        /// bits), which keeps both engines' trees append-mostly. They never leave the issuer bare.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// Wraps a stored number.
            #[must_use]
            pub const fn new(id: i64) -> Self {
                Self(id)
            }

            /// The number as it is stored.
            #[must_use]
            pub const fn get(self) -> i64 {
                self.0
            }

            /// Mints an id: 42 bits of milliseconds since 2020, then 21 bits of randomness.
            pub fn mint(now_ms: i64, rng: &mut dyn rand_core::RngCore) -> Self {
                const EPOCH_2020_MS: i64 = 1_577_836_800_000;
                let millis = now_ms.saturating_sub(EPOCH_2020_MS).clamp(1, (1 << 42) - 1);
                Self((millis << 21) | i64::from(rng.next_u32() & 0x1f_ffff))
            }
        }
    )*};
}

ids! {
    /// One authorization server identity; the first column of every stored row.
    IssuerId;
    /// A user.
    UserId;
    /// A client's internal id. The wire's `client_id` is [`super::Client::client_id`].
    ClientId;
    /// An API (resource server).
    ApiId;
    /// One browser sign-in.
    SessionId;
    /// One authorization that was acted on.
    GrantId;
}

/// The place of a committed change in its issuer's log: dense, from 1. 0 is "before any change".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Revision(u64);

impl Revision {
    /// Before any change.
    pub const ZERO: Self = Self(0);

    /// Wraps a stored number.
    #[must_use]
    pub const fn new(revision: u64) -> Self {
        Self(revision)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// The random name of one access token (its `jti`): 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(pub [u8; 16]);
