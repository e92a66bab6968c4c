use super::JweError;
use super::agreement::{agree, curve_algorithm};
use super::encryption_key::fresh_key;
use super::header::Header;
use crate::crypto::SecretBytes;
use crate::json::{self, JsonLimits};
use crate::jwk::{Material, private_bytes, private_object};
use crate::key::{KeyError, SigningKey, rsa_from_private_jwk};
use crate::{ContentEncryption, Curve, JweAlgorithm, Jwk, JwkAlgorithm, JwkError, JwsAlgorithm};
use aws_lc_rs::agreement::PrivateKey;
use aws_lc_rs::encoding::{AsBigEndian, AsDer, Curve25519SeedBin, Pkcs8V1Der};
use aws_lc_rs::key_wrap::{AES_128, AES_256, AesKek, KeyWrap};
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use std::fmt;

/// The PKCS#8 of an X25519 key up to its 32 bytes (RFC 8410 §7), which aws-lc-rs does not write.
const X25519_PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20];

/// Decrypts with one algorithm. Keep it: the key is parsed once.
pub struct DecryptionKey {
    alg: JweAlgorithm,
    private: Private,
    public: Jwk,
    kid: String,
}

enum Private {
    Rsa { key: OaepPrivateDecryptingKey, pkcs8: SecretBytes },
    Agreement { curve: Curve, key: PrivateKey },
}

impl DecryptionKey {
    /// Draws a new key: RSA with 2048 bits, or P-256.
    ///
    /// # Errors
    /// [`KeyError::Generation`] if the library fails, which it does not in practice.
    pub fn generate(alg: JweAlgorithm) -> Result<Self, KeyError> {
        if alg == JweAlgorithm::RsaOaep256 {
            // Signing and decryption keys of RSA are drawn alike.
            let drawn = SigningKey::generate(JwsAlgorithm::Rs256)?;
            return Self::from_rsa(drawn.to_pkcs8(), drawn.public_jwk().material);
        }
        Self::generate_on(alg, Curve::P256)
    }

    /// Draws a new key for agreement on `curve`.
    ///
    /// # Errors
    /// [`KeyError::Rejected`] for RSA and for Ed25519.
    pub fn generate_on(alg: JweAlgorithm, curve: Curve) -> Result<Self, KeyError> {
        let algorithm = curve_algorithm(curve).ok_or(KeyError::Rejected)?;
        let key = PrivateKey::generate(algorithm).map_err(|_| KeyError::Generation)?;
        Self::from_agreement(alg, curve, key)
    }

    /// Reads an unencrypted PKCS#8 key; its curve is the one that it names.
    ///
    /// # Errors
    /// [`KeyError`] if it is not a sound key for `alg`.
    pub fn from_pkcs8(alg: JweAlgorithm, pkcs8: &[u8]) -> Result<Self, KeyError> {
        if alg == JweAlgorithm::RsaOaep256 {
            let public = SigningKey::from_pkcs8(JwsAlgorithm::Rs256, pkcs8)?.public_jwk();
            return Self::from_rsa(pkcs8.to_vec().into(), public.material);
        }
        if let Some(bytes) = pkcs8.strip_prefix(&X25519_PKCS8_PREFIX) {
            return Self::from_private_bytes(alg, Curve::X25519, bytes);
        }
        for curve in [Curve::P256, Curve::P384, Curve::P521] {
            let key = curve_algorithm(curve)
                .and_then(|algorithm| PrivateKey::from_private_key_der(algorithm, pkcs8).ok());
            if let Some(key) = key {
                return Self::from_agreement(alg, curve, key);
            }
        }
        Err(KeyError::Rejected)
    }

    /// Reads a private JWK, whose `alg` must be absent or `alg`. Its `kid` is kept.
    ///
    /// # Errors
    /// [`KeyError`] if it is not a sound private key for `alg`.
    pub fn from_private_jwk(alg: JweAlgorithm, json: &[u8]) -> Result<Self, KeyError> {
        let object = json::parse_object(json, JsonLimits::DEFAULT).map_err(JwkError::Json)?;
        let public = private_object(&object)?;
        let other_alg = public.alg().is_some_and(|stated| stated != JwkAlgorithm::Jwe(alg));
        if other_alg || !public.may_encrypt() {
            return Err(JwkError::NotForThisUse.into());
        }
        let key = match public.curve() {
            None if alg == JweAlgorithm::RsaOaep256 => {
                let pair = rsa_from_private_jwk(&object, &public)?;
                let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Rejected)?;
                Self::from_rsa(pkcs8.as_ref().to_vec().into(), public.material.clone())?
            }
            Some(curve) => {
                let d = private_bytes(&object, "d")?;
                Self::from_private_bytes(alg, curve, d.expose())?
            }
            None => return Err(KeyError::Rejected),
        };
        if key.public.material != public.material {
            return Err(JwkError::Inconsistent.into());
        }
        Ok(match public.kid {
            Some(kid) => key.with_kid(kid),
            None => key,
        })
    }

    /// Sets the `kid` that the published key will carry, in place of the thumbprint.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = kid.into();
        self.public.kid = Some(self.kid.clone());
        self
    }

    /// The private key in PKCS#8, to be sealed and stored.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a key that decrypts can be encoded")]
    pub fn to_pkcs8(&self) -> SecretBytes {
        match &self.private {
            Private::Rsa { pkcs8, .. } => pkcs8.clone(),
            Private::Agreement { curve: Curve::X25519, key } => {
                let seed: Curve25519SeedBin<'_> = key.as_be_bytes().expect("X25519 has a seed");
                [&X25519_PKCS8_PREFIX, seed.as_ref()].concat().into()
            }
            Private::Agreement { key, .. } => {
                let der: Pkcs8V1Der<'_> = key.as_der().expect("the key was read or generated");
                der.as_ref().to_vec().into()
            }
        }
    }

    /// The key's name: its RFC 7638 thumbprint unless another was set.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The one algorithm that this key serves.
    #[must_use]
    pub fn algorithm(&self) -> JweAlgorithm {
        self.alg
    }

    /// The public half for publication, with `kid`, `use` and `alg`.
    #[must_use]
    pub fn public_jwk(&self) -> Jwk {
        self.public.clone()
    }

    /// Recovers the content key. A key that does not unwrap is replaced by a random one, so that
    /// failure shows only where the content is opened (RFC 7516 §11.5).
    pub(super) fn unwrap(&self, header: &Header, wrapped: &[u8]) -> Result<SecretBytes, JweError> {
        let enc = header.encryption();
        // Drawn before it is known to be needed, so that failure takes no longer.
        let spare = fresh_key(enc);
        match &self.private {
            Private::Rsa { key, .. } => {
                if wrapped.len() != key.key_size_bytes() {
                    return Err(JweError::PartLength { part: "encrypted key" });
                }
                let mut out = vec![0; key.min_output_size()];
                let plain = key.decrypt(&OAEP_SHA256_MGF1SHA256, wrapped, &mut out, None);
                let found = plain.ok().map(|plain| plain.to_vec().into());
                out.fill(0);
                Ok(sound_or(spare, found, enc))
            }
            Private::Agreement { curve, key } => {
                let epk = header
                    .epk
                    .as_ref()
                    .filter(|epk| epk.curve() == Some(*curve))
                    .ok_or(JweError::EphemeralKey)?;
                let agreed = agree(key, &epk.point(), self.alg, enc, &header.parties)?;
                let Some(kek) = kek(self.alg, agreed.expose()) else {
                    // RFC 7516 §5.2 step 10: with direct agreement there is no encrypted key.
                    let empty = wrapped.is_empty();
                    return empty
                        .then_some(agreed)
                        .ok_or(JweError::PartLength { part: "encrypted key" });
                };
                if wrapped.len() != enc.key_len() + 8 {
                    return Err(JweError::PartLength { part: "encrypted key" });
                }
                let mut out = vec![0; enc.key_len()];
                let found = kek.unwrap(wrapped, &mut out).is_ok().then(|| out.into());
                Ok(sound_or(spare, found, enc))
            }
        }
    }

    fn from_rsa(pkcs8: SecretBytes, material: Material) -> Result<Self, KeyError> {
        let key = PrivateDecryptingKey::from_pkcs8(pkcs8.expose())
            .map_err(|_| KeyError::Rejected)
            .and_then(|key| OaepPrivateDecryptingKey::new(key).map_err(|_| KeyError::Rejected))?;
        Ok(Self::assemble(JweAlgorithm::RsaOaep256, Private::Rsa { key, pkcs8 }, material))
    }

    fn from_private_bytes(alg: JweAlgorithm, curve: Curve, bytes: &[u8]) -> Result<Self, KeyError> {
        let key = curve_algorithm(curve)
            .and_then(|algorithm| PrivateKey::from_private_key(algorithm, bytes).ok())
            .ok_or(KeyError::Rejected)?;
        Self::from_agreement(alg, curve, key)
    }

    fn from_agreement(alg: JweAlgorithm, curve: Curve, key: PrivateKey) -> Result<Self, KeyError> {
        if alg == JweAlgorithm::RsaOaep256 {
            return Err(KeyError::Rejected);
        }
        let point = key.compute_public_key().map_err(|_| KeyError::Rejected)?;
        let material = match curve {
            Curve::X25519 => Material::okp(curve, point.as_ref().to_vec())?,
            _ => Material::from_point(curve, point.as_ref())?,
        };
        Ok(Self::assemble(alg, Private::Agreement { curve, key }, material))
    }

    fn assemble(alg: JweAlgorithm, private: Private, material: Material) -> Self {
        let public = Jwk::made(material, JwkAlgorithm::Jwe(alg));
        let kid = public.thumbprint();
        Self { alg, private, public, kid }
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKey")
            .field("alg", &self.alg)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// The key that wraps the content key, where the algorithm has one.
pub(super) fn kek(alg: JweAlgorithm, agreed: &[u8]) -> Option<AesKek> {
    match alg {
        JweAlgorithm::EcdhEsA128Kw => AesKek::new(&AES_128, agreed).ok(),
        JweAlgorithm::EcdhEsA256Kw => AesKek::new(&AES_256, agreed).ok(),
        JweAlgorithm::EcdhEs | JweAlgorithm::RsaOaep256 => None,
    }
}

fn sound_or(spare: SecretBytes, found: Option<SecretBytes>, enc: ContentEncryption) -> SecretBytes {
    found.filter(|key| key.expose().len() == enc.key_len()).unwrap_or(spare)
}
