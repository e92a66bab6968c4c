//! The primitives that the rest of the product may use, so that nothing else names aws-lc-rs.

mod hmac;
mod rng;
mod seal;
mod secret;

pub use hmac::{HmacKey, MIN_TRUNCATED_TAG, derive};
pub use rng::{SystemRng, random};
pub use seal::{SEAL_NONCE_LEN, SEAL_TAG_LEN, SealKey};
pub use secret::{Secret32, SecretBytes, SecretString};

use aws_lc_rs::{constant_time, digest};

/// Hashes `bytes` with SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// The digest of `bytes` by the hash that a JWS algorithm uses: SHA-256, SHA-384 or SHA-512.
///
/// EdDSA hashes with SHA-512 (RFC 8032 §5.1), which is what OpenID Connect's `at_hash` takes.
#[must_use]
pub fn digest_for(algorithm: crate::JwsAlgorithm, bytes: &[u8]) -> Vec<u8> {
    use aws_lc_rs::digest;
    let name = algorithm.as_str();
    let hash = if name.ends_with("256") {
        &digest::SHA256
    } else if name.ends_with("384") {
        &digest::SHA384
    } else {
        &digest::SHA512
    };
    digest::digest(hash, bytes).as_ref().to_vec()
}

/// Compares in time that depends on the lengths alone. Unequal lengths are unequal.
#[must_use]
pub fn ct_eq(left: &[u8], right: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(left, right).is_ok()
}
