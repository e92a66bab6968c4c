use std::fmt;

/// The alphabet of ULIDs, in the order of its digits (Crockford's base 32).
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The length of a ULID.
const LENGTH: usize = 26;

/// Declares an id with the form of a ULID: 48 bits of time in milliseconds, then 80 random bits.
macro_rules! ulid {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; LENGTH]);

        impl $name {
            /// Makes an id of the moment in milliseconds since 1970 and of random bytes.
            #[must_use]
            pub fn new(now_ms: u64, random: [u8; 10]) -> Self {
                Self(encode(now_ms, random))
            }

            /// Parses the text form that OpenFGA's SDKs take: 26 digits and capitals.
            ///
            /// ```
            #[doc = concat!("use counterfoil_store::permission::", stringify!($name), ";")]
            ///
            #[doc = concat!("assert!(", stringify!($name), "::parse(\"01J00000000000000000000000\").is_some());")]
            #[doc = concat!("assert!(", stringify!($name), "::parse(\"shop\").is_none());")]
            /// ```
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let bytes: [u8; LENGTH] = text.as_bytes().try_into().ok()?;
                bytes.iter().all(|byte| DIGITS.contains(byte)).then_some(Self(bytes))
            }

            /// The text form.
            #[must_use]
            pub fn as_str(&self) -> &str {
                std::str::from_utf8(&self.0).unwrap_or_default()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }
    };
}

ulid! {
    /// The id of a permission store.
    PermissionStoreId
}

ulid! {
    /// The id of one version of a store's model.
    ModelId
}

fn encode(now_ms: u64, random: [u8; 10]) -> [u8; LENGTH] {
    let random = random.iter().fold(0u128, |all, byte| (all << 8) | u128::from(*byte));
    let mut rest = (u128::from(now_ms) << 80) | random;
    let mut text = [b'0'; LENGTH];
    for digit in text.iter_mut().rev() {
        let place = usize::try_from(rest & 31).unwrap_or(0);
        *digit = DIGITS.get(place).copied().unwrap_or(b'0');
        rest >>= 5;
    }
    text
}

/// A place in a permission store's log: dense, in commit order, from 1. Zero is the empty store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreRevision(u64);

impl StoreRevision {
    /// Before anything was written.
    pub const ZERO: Self = Self(0);

    /// The revision of this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for StoreRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
