use counterfoil_jose::crypto::sha256;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};

/// An opaque token and the prefix fit, which are hashed most often.
const SMALL: usize = 192;

/// A thin JWT and the prefix fit.
const MEDIUM: usize = 1024;

/// Names a token under one configuration: all 32 bytes of SHA-256.
///
/// A shorter or weaker hash would let somebody find a second token with the same name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CacheKey([u8; 32]);

/// The part of the hash's input that is the same for all tokens of a verifier: configuration,
/// audience and issuers, each preceded by its length so that no two lists read alike.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeyPrefix([u8; 32]);

impl KeyPrefix {
    pub(crate) fn new<'p>(parts: impl IntoIterator<Item = &'p str>) -> Self {
        let mut input = b"counterfoil cache\n".to_vec();
        for part in parts {
            let len = u64::try_from(part.len()).unwrap_or(u64::MAX);
            input.extend_from_slice(&len.to_be_bytes());
            input.extend_from_slice(part.as_bytes());
        }
        Self(sha256(&input))
    }

    pub(crate) fn key(&self, token: &str) -> CacheKey {
        // Longer tokens are rare enough to allocate for.
        let key = match self.0.len() + token.len() {
            0..=SMALL => self.on_stack::<SMALL>(token),
            _ => self.on_stack::<MEDIUM>(token),
        };
        key.unwrap_or_else(|| CacheKey(sha256(&[&self.0, token.as_bytes()].concat())))
    }

    fn on_stack<const N: usize>(&self, token: &str) -> Option<CacheKey> {
        let mut buffer = [0; N];
        let input = buffer.get_mut(..self.0.len() + token.len())?;
        let (head, tail) = input.split_at_mut_checked(self.0.len())?;
        head.copy_from_slice(&self.0);
        tail.copy_from_slice(token.as_bytes());
        Some(CacheKey(sha256(input)))
    }
}

impl Hash for CacheKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        state.write_u64(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CacheKey(..)")
    }
}

/// Takes the first bytes of a key as its place in the map; the map compares all of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TakenAsHash;

impl BuildHasher for TakenAsHash {
    type Hasher = FirstWord;

    fn build_hasher(&self) -> FirstWord {
        FirstWord::default()
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FirstWord(u64);

impl Hasher for FirstWord {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = self.0.rotate_left(5) ^ word;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_boundary_of_the_buffer_changes_nothing() {
        let prefix = KeyPrefix::new(["a", "b"]);
        let edges = [SMALL, MEDIUM].map(|size| [size - 33, size - 32, size - 31]);
        for len in edges.into_iter().flatten().chain([0, 1, 16_384]) {
            let token = "x".repeat(len);
            let expected = sha256(&[&prefix.0[..], token.as_bytes()].concat());
            assert_eq!(prefix.key(&token), CacheKey(expected), "{len}");
        }
    }

    proptest! {
        /// Row 71 and 72: neither token text nor names can be shifted into each other.
        #[test]
        fn names_do_not_run_into_each_other(parts in prop::collection::vec("[a-b]{0,3}", 0..4),
                                            other in prop::collection::vec("[a-b]{0,3}", 0..4)) {
            let one = KeyPrefix::new(parts.iter().map(String::as_str));
            let two = KeyPrefix::new(other.iter().map(String::as_str));
            prop_assert_eq!(one.0 == two.0, parts == other);
        }
    }
}
