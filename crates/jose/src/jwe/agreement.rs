use super::JweError;
use crate::crypto::SecretBytes;
use crate::{ContentEncryption, Curve, JweAlgorithm};
use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::kdf::{SskdfDigestAlgorithmId, get_sskdf_digest_algorithm, sskdf_digest};

/// What the sender and the receiver may mix into the derived key (`apu`, `apv`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PartyInfo {
    pub(super) u: Vec<u8>,
    pub(super) v: Vec<u8>,
}

pub(super) fn curve_algorithm(curve: Curve) -> Option<&'static agreement::Algorithm> {
    match curve {
        Curve::P256 => Some(&agreement::ECDH_P256),
        Curve::P384 => Some(&agreement::ECDH_P384),
        Curve::P521 => Some(&agreement::ECDH_P521),
        Curve::X25519 => Some(&agreement::X25519),
        Curve::Ed25519 => None,
    }
}

/// Agrees on a key with the other side's public key and derives what `alg` needs from it.
///
/// aws-lc checks that the point is on the curve, and that an X25519 agreement is not all zero.
pub(super) fn agree(
    mine: &PrivateKey,
    theirs: &[u8],
    alg: JweAlgorithm,
    enc: ContentEncryption,
    parties: &PartyInfo,
) -> Result<SecretBytes, JweError> {
    let theirs = UnparsedPublicKey::new(mine.algorithm(), theirs);
    agreement::agree(mine, theirs, JweError::Decrypt, |shared| {
        let (name, len) = derived(alg, enc);
        concat_kdf(shared, name, len, parties).ok_or(JweError::Decrypt)
    })
}

/// The name that goes into the derivation and the length of the key that comes out
/// (RFC 7518 §4.6.2: the content encryption's for direct agreement, else the algorithm's).
fn derived(alg: JweAlgorithm, enc: ContentEncryption) -> (&'static str, usize) {
    match alg {
        JweAlgorithm::EcdhEs | JweAlgorithm::RsaOaep256 => (enc.as_str(), enc.key_len()),
        JweAlgorithm::EcdhEsA128Kw => (alg.as_str(), 16),
        JweAlgorithm::EcdhEsA256Kw => (alg.as_str(), 32),
    }
}

/// The Concat KDF with SHA-256
/// ([RFC 7518 §4.6.2](https://www.rfc-editor.org/rfc/rfc7518#section-4.6.2)).
fn concat_kdf(shared: &[u8], name: &str, len: usize, parties: &PartyInfo) -> Option<SecretBytes> {
    let mut info = Vec::with_capacity(64);
    for part in [name.as_bytes(), &parties.u, &parties.v] {
        info.extend_from_slice(&u32::try_from(part.len()).ok()?.to_be_bytes());
        info.extend_from_slice(part);
    }
    info.extend_from_slice(&u32::try_from(len * 8).ok()?.to_be_bytes());
    let algorithm = get_sskdf_digest_algorithm(SskdfDigestAlgorithmId::Sha256)?;
    let mut key = vec![0; len];
    sskdf_digest(algorithm, shared, &info, &mut key).ok()?;
    Some(key.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::b64;

    /// RFC 7518 appendix C: Alice's ephemeral key and Bob's key, from both ends.
    #[test]
    fn derivation_of_rfc_7518() {
        let private = |d: &str| {
            PrivateKey::from_private_key(&agreement::ECDH_P256, &b64::decode(d).unwrap()).unwrap()
        };
        let alice = private("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo");
        let bob = private("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw");
        let parties = PartyInfo { u: b"Alice".to_vec(), v: b"Bob".to_vec() };
        for (mine, theirs) in [(&alice, &bob), (&bob, &alice)] {
            let theirs = theirs.compute_public_key().unwrap();
            let (alg, enc) = (JweAlgorithm::EcdhEs, ContentEncryption::A128Gcm);
            let key = agree(mine, theirs.as_ref(), alg, enc, &parties).unwrap();
            assert_eq!(b64::encode(key.expose()), "VqqN6vgjbSBcIijNcacQGg");
        }
    }
}
