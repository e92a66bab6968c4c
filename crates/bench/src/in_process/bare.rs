//! The bare operations of aws-lc-rs, with keys that are parsed once.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, ParsedPublicKey, RsaKeyPair,
        VerificationAlgorithm,
    },
};
use counterfoil_jose::{JwsAlgorithm, SigningKey};

use crate::failure::Failure;

/// A key pair of aws-lc-rs and nothing around it.
pub(crate) enum Bare {
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Bare {
    /// The same key as the product's.
    pub(crate) fn of(key: &SigningKey) -> Result<Self, Failure> {
        let pkcs8 = key.to_pkcs8();
        let refused = |_| Failure::new("aws-lc-rs refuses a key of ours");
        Ok(match key.algorithm() {
            JwsAlgorithm::EdDsa => {
                Self::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8.expose()).map_err(refused)?)
            }
            JwsAlgorithm::Es256 => {
                let alg = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
                Self::Ecdsa(EcdsaKeyPair::from_pkcs8(alg, pkcs8.expose()).map_err(refused)?)
            }
            _ => Self::Rsa(RsaKeyPair::from_pkcs8(pkcs8.expose()).map_err(refused)?),
        })
    }

    /// Signs; the signature is forgotten.
    pub(crate) fn sign(&self, message: &[u8], scratch: &mut [u8]) -> bool {
        let rng = SystemRandom::new();
        match self {
            Self::Ed25519(pair) => pair.try_sign(message).is_ok(),
            Self::Ecdsa(pair) => pair.sign(&rng, message).is_ok(),
            Self::Rsa(pair) => {
                let Some(scratch) = scratch.get_mut(..pair.public_modulus_len()) else {
                    return false;
                };
                pair.sign(&signature::RSA_PKCS1_SHA256, &rng, message, scratch).is_ok()
            }
        }
    }

    /// The public half, parsed.
    pub(crate) fn public(&self) -> Result<ParsedPublicKey, Failure> {
        let (alg, bytes): (&'static dyn VerificationAlgorithm, &[u8]) = match self {
            Self::Ed25519(pair) => (&signature::ED25519, pair.public_key().as_ref()),
            Self::Ecdsa(pair) => (&signature::ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref()),
            Self::Rsa(pair) => (&signature::RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref()),
        };
        ParsedPublicKey::new(alg, bytes).map_err(|_| Failure::new("a public key is refused"))
    }
}
