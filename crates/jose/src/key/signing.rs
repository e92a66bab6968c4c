use super::{KeyError, VerifyingKey, der};
use crate::crypto::{Secret32, SecretBytes, derive};
use crate::json::{self, JsonLimits, Object};
use crate::jwk::{Material, private_bytes, private_object};
use crate::{Curve, Jwk, JwkAlgorithm, JwkError, JwsAlgorithm};
use aws_lc_rs::agreement;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPairComponents, KeySize};
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaKeyPair,
    RsaPublicKeyComponents, RsaSignatureEncoding,
};
use std::fmt;

/// How often [`SigningKey::from_seed`] may draw a P-256 scalar. One draw misses the range with
/// probability 2^-32.
const MAX_SCALAR_DRAWS: u8 = 8;

/// Signs with one algorithm. Keep it: the key pair is parsed once.
pub struct SigningKey {
    alg: JwsAlgorithm,
    pair: Pair,
    public: Jwk,
    kid: String,
    verifying: VerifyingKey,
}

enum Pair {
    Rsa(RsaKeyPair, &'static RsaSignatureEncoding),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// Draws a new key. RSA keys have 2048 bits for SHA-256 and 3072 for the longer hashes.
    ///
    /// # Errors
    /// [`KeyError::Generation`] if the library fails, which it does not in practice.
    pub fn generate(alg: JwsAlgorithm) -> Result<Self, KeyError> {
        let pair = match kind(alg) {
            Kind::Rsa(encoding) => {
                let size = match alg {
                    JwsAlgorithm::Rs256 | JwsAlgorithm::Ps256 => KeySize::Rsa2048,
                    _ => KeySize::Rsa3072,
                };
                RsaKeyPair::generate(size).map(|pair| Pair::Rsa(pair, encoding))
            }
            Kind::Ecdsa(signing, _) => EcdsaKeyPair::generate(signing).map(Pair::Ecdsa),
            Kind::Ed25519 => Ed25519KeyPair::generate().map(Pair::Ed25519),
        };
        Self::from_pair(alg, pair.map_err(|_| KeyError::Generation)?)
    }

    /// Reads an unencrypted PKCS#8 key ([RFC 5208](https://www.rfc-editor.org/rfc/rfc5208)).
    ///
    /// # Errors
    /// [`KeyError`] if it is not a sound key for `alg`.
    pub fn from_pkcs8(alg: JwsAlgorithm, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = match kind(alg) {
            Kind::Rsa(encoding) => {
                RsaKeyPair::from_pkcs8(pkcs8).map(|pair| Pair::Rsa(pair, encoding))
            }
            Kind::Ecdsa(signing, _) => EcdsaKeyPair::from_pkcs8(signing, pkcs8).map(Pair::Ecdsa),
            Kind::Ed25519 => Ed25519KeyPair::from_pkcs8(pkcs8).map(Pair::Ed25519),
        };
        Self::from_pair(alg, pair.map_err(|_| KeyError::Rejected)?)
    }

    /// Reads a private JWK, whose `alg` must be absent or `alg`. Its `kid` is kept.
    ///
    /// # Errors
    /// [`KeyError`] if it is not a sound private key for `alg`.
    pub fn from_private_jwk(alg: JwsAlgorithm, json: &[u8]) -> Result<Self, KeyError> {
        let object = json::parse_object(json, JsonLimits::DEFAULT).map_err(JwkError::Json)?;
        let public = private_object(&object)?;
        VerifyingKey::from_jwk_as(&public, alg)?;
        let pair = match (kind(alg), &public.material) {
            (Kind::Rsa(encoding), Material::Rsa { .. }) => {
                Pair::Rsa(rsa_from_private_jwk(&object, &public)?, encoding)
            }
            (Kind::Ecdsa(signing, _), Material::Ec { .. }) => {
                let d = private_bytes(&object, "d")?;
                EcdsaKeyPair::from_private_key_and_public_key(
                    signing,
                    d.expose(),
                    &public.material.point(),
                )
                .map(Pair::Ecdsa)
                .map_err(|_| JwkError::Inconsistent)?
            }
            (Kind::Ed25519, Material::Okp { x, .. }) => {
                let d = private_bytes(&object, "d")?;
                Ed25519KeyPair::from_seed_and_public_key(d.expose(), x)
                    .map(Pair::Ed25519)
                    .map_err(|_| JwkError::Inconsistent)?
            }
            _ => return Err(KeyError::Rejected),
        };
        let key = Self::from_pair(alg, pair)?;
        Ok(match public.kid {
            Some(kid) => key.with_kid(kid),
            None => key,
        })
    }

    /// Derives a key from a seed, always the same one. For development keys.
    ///
    /// # Errors
    /// [`KeyError::NoSeed`] for all but EdDSA and ES256.
    pub fn from_seed(alg: JwsAlgorithm, seed: &Secret32) -> Result<Self, KeyError> {
        match alg {
            JwsAlgorithm::EdDsa => {
                let secret = derive(seed, &[b"counterfoil signing key", b"EdDSA"]);
                let pair = Ed25519KeyPair::from_seed_unchecked(secret.expose());
                Self::from_pair(alg, pair.map(Pair::Ed25519).map_err(|_| KeyError::Rejected)?)
            }
            JwsAlgorithm::Es256 => {
                let draw = |draw: u8| {
                    let secret = derive(seed, &[b"counterfoil signing key", b"ES256", &[draw]]);
                    agreement::PrivateKey::from_private_key(&agreement::ECDH_P256, secret.expose())
                        .ok()
                };
                let scalar = (0..MAX_SCALAR_DRAWS).find_map(draw).ok_or(KeyError::Generation)?;
                let pkcs8: Pkcs8V1Der<'_> = scalar.as_der().map_err(|_| KeyError::Rejected)?;
                Self::from_pkcs8(alg, pkcs8.as_ref())
            }
            _ => Err(KeyError::NoSeed),
        }
    }

    /// Sets the `kid` that headers and the published key will carry, in place of the thumbprint.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = kid.into();
        self.public.kid = Some(self.kid.clone());
        self.verifying.set_kid(self.kid.clone());
        self
    }

    /// The private key in PKCS#8, to be sealed and stored.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a key that signs can be encoded")]
    pub fn to_pkcs8(&self) -> SecretBytes {
        let document = match &self.pair {
            Pair::Rsa(pair, _) => {
                AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map(|der| der.as_ref().to_vec())
            }
            Pair::Ecdsa(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
        };
        document.expect("the key was read or generated").into()
    }

    /// The key's name in headers and sets: its RFC 7638 thumbprint unless another was set.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The one algorithm that this key serves.
    #[must_use]
    pub fn algorithm(&self) -> JwsAlgorithm {
        self.alg
    }

    /// The public half for publication, with `kid`, `use` and `alg`.
    #[must_use]
    pub fn public_jwk(&self) -> Jwk {
        self.public.clone()
    }

    /// The public half for verification.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        self.verifying.clone()
    }

    /// Signs `message`; the bytes are those of a JWS signature, before base64url.
    #[must_use]
    #[expect(clippy::expect_used, reason = "signing fails for want of memory or entropy only")]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let rng = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &rng, message, &mut signature).expect("RSA signs");
                signature
            }
            Pair::Ecdsa(pair) => pair.sign(&rng, message).expect("ECDSA signs").as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.try_sign(message).expect("EdDSA signs").as_ref().to_vec(),
        }
    }

    /// The bytes of a signature.
    pub(crate) fn signature_len(&self) -> usize {
        self.verifying.signature_len()
    }

    fn from_pair(alg: JwsAlgorithm, pair: Pair) -> Result<Self, KeyError> {
        let material = match &pair {
            Pair::Rsa(pair, _) => {
                let (n, e) =
                    der::rsa_public_key(pair.public_key().as_ref()).ok_or(KeyError::Rejected)?;
                Material::rsa(n, e)?
            }
            Pair::Ecdsa(pair) => {
                let Kind::Ecdsa(_, curve) = kind(alg) else { return Err(KeyError::Rejected) };
                Material::from_point(curve, pair.public_key().as_ref())?
            }
            Pair::Ed25519(pair) => {
                Material::okp(Curve::Ed25519, pair.public_key().as_ref().to_vec())?
            }
        };
        let public = Jwk::made(material, JwkAlgorithm::Jws(alg));
        let verifying = VerifyingKey::from_jwk(&public)?;
        Ok(Self { alg, pair, kid: verifying.kid().to_owned(), public, verifying })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("alg", &self.alg)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

enum Kind {
    Rsa(&'static RsaSignatureEncoding),
    Ecdsa(&'static EcdsaSigningAlgorithm, Curve),
    Ed25519,
}

fn kind(alg: JwsAlgorithm) -> Kind {
    match alg {
        JwsAlgorithm::Rs256 => Kind::Rsa(&signature::RSA_PKCS1_SHA256),
        JwsAlgorithm::Rs384 => Kind::Rsa(&signature::RSA_PKCS1_SHA384),
        JwsAlgorithm::Rs512 => Kind::Rsa(&signature::RSA_PKCS1_SHA512),
        JwsAlgorithm::Ps256 => Kind::Rsa(&signature::RSA_PSS_SHA256),
        JwsAlgorithm::Ps384 => Kind::Rsa(&signature::RSA_PSS_SHA384),
        JwsAlgorithm::Ps512 => Kind::Rsa(&signature::RSA_PSS_SHA512),
        JwsAlgorithm::Es256 => {
            Kind::Ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, Curve::P256)
        }
        JwsAlgorithm::Es384 => {
            Kind::Ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING, Curve::P384)
        }
        JwsAlgorithm::Es512 => {
            Kind::Ecdsa(&signature::ECDSA_P521_SHA512_FIXED_SIGNING, Curve::P521)
        }
        JwsAlgorithm::EdDsa => Kind::Ed25519,
    }
}

/// Reads the private members of an RSA JWK. RFC 7518 §6.3.2 lets all but `d` be left out; here
/// none may, as recovering the primes is nobody's need.
pub(crate) fn rsa_from_private_jwk(
    object: &Object<'_>,
    public: &Jwk,
) -> Result<RsaKeyPair, JwkError> {
    let Material::Rsa { n, e } = &public.material else {
        return Err(JwkError::UnknownKeyType);
    };
    let [d, p, q] =
        [private_bytes(object, "d")?, private_bytes(object, "p")?, private_bytes(object, "q")?];
    let [dp, dq, qi] =
        [private_bytes(object, "dp")?, private_bytes(object, "dq")?, private_bytes(object, "qi")?];
    RsaKeyPair::from_components(&KeyPairComponents {
        public_key: RsaPublicKeyComponents { n: n.as_slice(), e: e.as_slice() },
        d: d.expose(),
        p: p.expose(),
        q: q.expose(),
        dP: dp.expose(),
        dQ: dq.expose(),
        qInv: qi.expose(),
    })
    .map_err(|_| JwkError::Inconsistent)
}
