use crate::WatermarkKey;
use std::hash::{BuildHasher, Hash, Hasher};

/// Hashes keys by taking them as they are: keyed ids are HMAC output, which no client can choose,
/// so a hash against crafted collisions would only cost time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PrefixHasher(u64);

impl BuildHasher for PrefixHasher {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self::default()
    }
}

impl Hasher for PrefixHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u64(&mut self, word: u64) {
        // The odd constant spreads the kind's code over the bits that pick a bucket.
        self.0 = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ word;
    }
}

impl Hash for WatermarkKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(self.kind.code());
        self.id.hash(state);
    }
}
