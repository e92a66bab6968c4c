//! JSON sealed to the issuer alone, in URL-safe text: the form of authorization codes and of the
//! state that a browser carries through sign-in. No row is written until something is acted on.

use counterfoil_jose::{b64, crypto::SealKey};
use serde::{Serialize, de::DeserializeOwned};

const NONCE: usize = 12;

/// Longest sealed text read, in characters: a request of the greatest length, sealed.
pub const CHARS_MAX: usize = 64 * 1024;

/// A key that seals one kind of text, with what is bound into each seal.
#[derive(Debug)]
pub struct Sealer<'a> {
    /// What the text begins with, such as `cf_ac_`.
    pub prefix: &'static str,
    /// The issuer.
    pub issuer: &'a str,
    /// The key of this kind.
    pub key: &'a SealKey,
}

impl Sealer<'_> {
    /// Seals a value. `nonce` must be random.
    #[must_use]
    pub fn seal<T: Serialize>(&self, value: &T, nonce: [u8; NONCE]) -> Option<String> {
        let plain = serde_json::to_vec(value).ok()?;
        let mut bytes = nonce.to_vec();
        bytes.extend(self.key.seal(nonce, &self.aad(), &plain));
        Some(format!("{}{}", self.prefix, b64::encode(&bytes)))
    }

    /// Opens what [`Sealer::seal`] made; `None` for anything else.
    #[must_use]
    pub fn open<T: DeserializeOwned>(&self, text: &str) -> Option<T> {
        if text.len() > CHARS_MAX {
            return None;
        }
        let bytes = b64::decode(text.strip_prefix(self.prefix)?).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        serde_json::from_slice(&self.key.open(*nonce, &self.aad(), sealed)?).ok()
    }

    fn aad(&self) -> Vec<u8> {
        [self.prefix.as_bytes(), self.issuer.as_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_jose::crypto::Secret32;

    use super::*;

    #[test]
    fn opens_only_its_own_kind() {
        let key = SealKey::new(&Secret32::from([1; 32]));
        let sealer = |prefix, issuer| Sealer { prefix, issuer, key: &key };
        let text = sealer("cf_x_", "https://i").seal(&vec![1, 2], [3; 12]).unwrap();
        assert_eq!(sealer("cf_x_", "https://i").open::<Vec<u8>>(&text), Some(vec![1, 2]));
        assert_eq!(sealer("cf_x_", "https://j").open::<Vec<u8>>(&text), None);
        assert_eq!(sealer("cf_y_", "https://i").open::<Vec<u8>>(&text), None);
        let other = text.replacen("cf_x_", "cf_y_", 1);
        assert_eq!(sealer("cf_y_", "https://i").open::<Vec<u8>>(&other), None);
        assert_eq!(sealer("cf_x_", "https://i").open::<Vec<u8>>("cf_x_AAAA"), None);
    }
}
