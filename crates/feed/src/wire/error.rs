use counterfoil_jose::ClaimError;
use counterfoil_jose::json::JsonError;
use counterfoil_jose::jws::JwsError;
use std::fmt;

/// Says why a message was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireError {
    /// Not a compact JWS by the key that it names.
    Jws(JwsError),
    /// Of another `typ`: a security event, an access token, or another message of the feed.
    Typ {
        /// What it must be.
        expected: &'static str,
    },
    /// No `kid`, so no key to verify it with.
    NoKid,
    /// Signed by a key that isn't one of the feed's. Fetch `/feed/v1/keys` again, seldom.
    UnknownKid,
    /// The key set has no Ed25519 key, or more keys than a feed ever has.
    KeySet,
    /// The payload is not a strict JSON object.
    Json(JsonError),
    /// A member is missing or of the wrong type.
    Claim(ClaimError),
    /// From another issuer.
    Issuer,
    /// For another API.
    Audience,
    /// It has a claim that belongs into tokens, which no message of the feed has.
    TokenClaim {
        /// `exp`, `nbf` or `sub`.
        name: &'static str,
    },
    /// A number beyond what every JSON reader keeps exact, or beyond its limit.
    Number {
        /// The member.
        name: &'static str,
    },
    /// A string that is not in its form: an id, a hash, a nonce, a name or a key.
    Form {
        /// The member.
        name: &'static str,
    },
    /// A kind of watermark that this version doesn't know. It cannot be skipped: what it names
    /// would stay alive here.
    Kind,
    /// A mode that this version doesn't know.
    Mode,
    /// A list that is longer than its limit.
    TooMany {
        /// The member.
        name: &'static str,
        /// The most items allowed.
        limit: usize,
    },
    /// `from_seq` is more than one after `to_seq`.
    RangeBackwards,
    /// The range crosses a block of the chain.
    CrossesBlock,
    /// A watermark outside the frame's range, or not after the one before it.
    OutOfOrder,
    /// A lease shorter or longer than any that makes sense.
    LeaseLength,
}

impl From<JwsError> for WireError {
    fn from(error: JwsError) -> Self {
        Self::Jws(error)
    }
}

impl From<JsonError> for WireError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl From<ClaimError> for WireError {
    fn from(error: ClaimError) -> Self {
        Self::Claim(error)
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jws(error) => error.fmt(f),
            Self::Typ { expected } => write!(f, "the `typ` is not `{expected}`"),
            Self::NoKid => f.write_str("the header has no `kid`"),
            Self::UnknownKid => f.write_str("the `kid` is not one of the feed's keys"),
            Self::KeySet => f.write_str("the key set holds no Ed25519 key, or too many keys"),
            Self::Json(error) => error.fmt(f),
            Self::Claim(error) => error.fmt(f),
            Self::Issuer => f.write_str("it is from another issuer"),
            Self::Audience => f.write_str("it is for another audience"),
            Self::TokenClaim { name } => {
                write!(f, "it has `{name}`, which no message of the feed has")
            }
            Self::Number { name } => write!(f, "`{name}` is too large"),
            Self::Form { name } => write!(f, "`{name}` is not in its form"),
            Self::Kind => f.write_str("a watermark is of an unknown kind: update this guard"),
            Self::Mode => f.write_str("a watermark is of an unknown mode: update this guard"),
            Self::TooMany { name, limit } => write!(f, "`{name}` has more than {limit} items"),
            Self::RangeBackwards => f.write_str("`from_seq` is beyond `to_seq`"),
            Self::CrossesBlock => f.write_str("the range crosses a block of the chain"),
            Self::OutOfOrder => f.write_str("a watermark is out of the frame's range or order"),
            Self::LeaseLength => f.write_str("`lease_ms` is out of range"),
        }
    }
}

impl std::error::Error for WireError {}
