use counterfoil_jose::b64;
use std::fmt;

/// The longest name of an instance: a server that names its guards needs no more.
pub const MAX_INSTANCE_BYTES: usize = 64;

/// The length of a nonce: 128 bits cannot be guessed or repeat by chance.
pub const NONCE_BYTES: usize = 16;

/// How far apart the first revisions of two epochs are at least.
///
/// A fail-over may lose commits that somebody already saw. The next epoch starts this far ahead,
/// so no lost revision is ever given out twice and one comparison of numbers stays enough.
pub const EPOCH_STRIDE: u64 = 1 << 32;

/// The place of a committed change in its issuer's log: dense within an epoch, and never given
/// out twice, whatever was lost or restored. 0 is "before any change".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u64);

impl Revision {
    /// Before any change.
    pub const ZERO: Self = Self(0);

    /// The greatest revision that every JSON reader keeps exact
    /// ([RFC 8259 §6](https://www.rfc-editor.org/rfc/rfc8259#section-6)).
    pub const MAX: Self = Self((1 << 53) - 1);

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

    /// The revision after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Where the head must be moved when the epoch is raised and this is the head that is left.
    ///
    /// A multiple of [`EPOCH_STRIDE`], at least half a stride ahead.
    #[must_use]
    pub const fn next_epoch_base(self) -> Self {
        let past_lost = self.0.saturating_add(EPOCH_STRIDE / 2);
        Self((past_lost / EPOCH_STRIDE + 1).saturating_mul(EPOCH_STRIDE))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Numbers the histories of one issuer's log. Raised when acknowledged history may have been lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// Wraps a stored number.
    #[must_use]
    pub const fn new(epoch: u64) -> Self {
        Self(epoch)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The epoch after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A place in the feed: ordered by epoch, then by sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Which history.
    pub epoch: Epoch,
    /// How far in it.
    pub seq: Revision,
}

impl Position {
    /// Joins the two numbers.
    #[must_use]
    pub const fn new(epoch: Epoch, seq: Revision) -> Self {
        Self { epoch, seq }
    }

    /// Reads `EPOCH.SEQ`, the spelling of event ids.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (epoch, seq) = text.split_once('.')?;
        Some(Self::new(Epoch(plain_number(epoch)?), Revision(plain_number(seq)?)))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.seq)
    }
}

/// Digits only: no sign, no leading zero, no overflow, so that a number has one spelling.
fn plain_number(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| *number <= Revision::MAX.0)?;
    (canonical && digits).then_some(number)
}

/// One running guard, named by the server when it fetches a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instance(Box<str>);

impl Instance {
    /// Reads a name: 1 to [`MAX_INSTANCE_BYTES`] letters, digits, `-` or `_`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let fits = (1..=MAX_INSTANCE_BYTES).contains(&name.len());
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        (fits && plain).then(|| Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Ties an answer to the one request that it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nonce([u8; NONCE_BYTES]);

impl Nonce {
    /// Wraps the bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; NONCE_BYTES]) -> Self {
        Self(bytes)
    }

    /// Draws a nonce.
    pub fn draw(rng: &mut dyn rand_core::RngCore) -> Self {
        let mut bytes = [0; NONCE_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Reads the wire form: 22 characters of base64url.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        b64::decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&b64::encode(&self.0))
    }
}

/// Names one feed: one issuer's changes for one API.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FeedName {
    /// The issuer's URL.
    pub iss: String,
    /// The API's `resource` URI.
    pub aud: String,
}

/// A reading of both clocks of a guard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since boot, suspended time included (`CLOCK_BOOTTIME`).
    pub boot_ms: u64,
    /// Milliseconds since 1970.
    pub wall_ms: u64,
}

impl Now {
    /// The wall clock in whole seconds.
    #[must_use]
    pub fn unix(self) -> counterfoil_jose::UnixTime {
        let secs = i64::try_from(self.wall_ms / 1000).unwrap_or(i64::MAX);
        counterfoil_jose::UnixTime::from_secs(secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_has_one_spelling() {
        assert_eq!(Position::parse("3.140"), Some(Position::new(Epoch(3), Revision(140))));
        for text in ["", ".", "1.", ".1", "01.2", "1.02", "+1.2", "1.2.3", "1.9007199254740992"] {
            assert_eq!(Position::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_epoch_starts_beyond_what_the_last_may_have_lost() {
        for head in [0, 1, EPOCH_STRIDE / 2, EPOCH_STRIDE - 1, EPOCH_STRIDE, 7 * EPOCH_STRIDE + 9] {
            let base = Revision(head).next_epoch_base();
            assert!(base.get() - head >= EPOCH_STRIDE / 2);
            assert_eq!(base.get() % EPOCH_STRIDE, 0);
        }
    }
}
