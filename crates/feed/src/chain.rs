use crate::{Epoch, FeedName, Position, Revision, Watermark};
use counterfoil_jose::b64;
use counterfoil_jose::crypto::sha256;
use std::fmt;

/// The chain starts afresh at every multiple of this many revisions.
///
/// So a server that restarts needs the log of one block at most to continue the same chain as
/// every other server, and stores nothing for it. A frame never crosses such a multiple.
pub const CHAIN_BLOCK: u64 = 1 << 16;

/// The running hash over a feed's watermarks up to some revision.
///
/// It depends on what was committed, not on how it was cut into frames or by which server, so a
/// guard may change servers in mid-stream and still notice that a history was replaced.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainHash([u8; 32]);

impl ChainHash {
    /// Wraps the bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the wire form: 43 characters of base64url.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        b64::decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The value at a multiple of [`CHAIN_BLOCK`].
    #[must_use]
    pub fn anchor(feed: &FeedName, epoch: Epoch, at: Revision) -> Self {
        let text = format!("counterfoil feed\n{}\n{}\n{epoch}\n{at}", feed.iss, feed.aud);
        Self(sha256(text.as_bytes()))
    }

    /// The value after one more watermark.
    #[must_use]
    pub fn then(self, watermark: &Watermark) -> Self {
        let Watermark { key, not_before, mode, reason: _, expires_at } = watermark;
        let line = format!(
            "{} {} {not_before} {} {}",
            key.kind.as_str(),
            key.id,
            mode.as_str(),
            expires_at.as_secs(),
        );
        let mut input = Vec::with_capacity(self.0.len() + line.len());
        input.extend_from_slice(&self.0);
        input.extend_from_slice(line.as_bytes());
        Self(sha256(&input))
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&b64::encode(&self.0))
    }
}

/// A position and the chain there: enough for two sides to find out whether they mean the same
/// history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Head {
    /// Where.
    pub at: Position,
    /// The chain there.
    pub hash: ChainHash,
}

impl Head {
    /// Reads `EPOCH.SEQ.HASH`, the spelling of cursors.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (at, hash) = text.rsplit_once('.')?;
        Some(Self { at: Position::parse(at)?, hash: ChainHash::parse(hash)? })
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at, self.hash)
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The multiple of [`CHAIN_BLOCK`] at or before a revision: from there on a server replays the log.
#[must_use]
pub const fn block_start(at: Revision) -> Revision {
    Revision::new(at.get() - at.get() % CHAIN_BLOCK)
}

/// The last revision that a frame starting at `from` may cover.
#[must_use]
pub const fn block_end(from: Revision) -> Revision {
    block_start(Revision::new(from.get().saturating_sub(1).saturating_add(CHAIN_BLOCK)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_end_on_multiples() {
        let end = |from| block_end(Revision::new(from)).get();
        assert_eq!(end(1), CHAIN_BLOCK);
        assert_eq!(end(CHAIN_BLOCK), CHAIN_BLOCK);
        assert_eq!(end(CHAIN_BLOCK + 1), 2 * CHAIN_BLOCK);
        assert_eq!(block_start(Revision::new(CHAIN_BLOCK + 1)).get(), CHAIN_BLOCK);
    }
}
