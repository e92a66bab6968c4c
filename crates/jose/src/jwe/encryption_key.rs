use super::JweError;
use super::agreement::{PartyInfo, agree, curve_algorithm};
use super::decryption_key::kek;
use crate::crypto::{SecretBytes, random};
use crate::jwk::Material;
use crate::{ContentEncryption, Curve, JweAlgorithm, Jwk, JwkAlgorithm, JwkError, b64};
use aws_lc_rs::agreement::PrivateKey;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::key_wrap::KeyWrap;
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::{self, RsaPublicKeyComponents};
use std::fmt;

/// Encrypts to one recipient with one algorithm. Keep it: the key is parsed once.
pub struct EncryptionKey {
    alg: JweAlgorithm,
    recipient: Recipient,
    kid: Option<String>,
}

enum Recipient {
    Rsa(OaepPublicEncryptingKey),
    Agreement { curve: Curve, point: Vec<u8> },
}

/// A content key and how the recipient comes by it.
pub(super) struct WrappedKey {
    pub(super) content_key: SecretBytes,
    pub(super) encrypted_key: Vec<u8>,
    pub(super) epk: Option<Material>,
}

impl EncryptionKey {
    /// Takes a recipient's published key for the algorithm that it states; where it states none,
    /// RSA-OAEP-256 for RSA keys and ECDH-ES+A256KW for curves.
    ///
    /// # Errors
    /// [`JwkError::NotForThisUse`] if the key is not for encryption.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, JwkError> {
        if !jwk.may_encrypt() {
            return Err(JwkError::NotForThisUse);
        }
        let alg = match (jwk.alg, &jwk.material) {
            (Some(JwkAlgorithm::Jwe(alg)), _) => alg,
            (Some(JwkAlgorithm::Jws(_)), _) => return Err(JwkError::NotForThisUse),
            (None, Material::Rsa { .. }) => JweAlgorithm::RsaOaep256,
            (None, _) => JweAlgorithm::EcdhEsA256Kw,
        };
        let recipient = match &jwk.material {
            Material::Rsa { n, e } => Recipient::Rsa(oaep(n, e).ok_or(JwkError::BadPoint)?),
            material @ (Material::Ec { curve, .. } | Material::Okp { curve, .. }) => {
                Recipient::Agreement { curve: *curve, point: material.point() }
            }
        };
        Ok(Self { alg, recipient, kid: jwk.kid.clone() })
    }

    /// The one algorithm that this key serves.
    #[must_use]
    pub fn algorithm(&self) -> JweAlgorithm {
        self.alg
    }

    /// The `kid` that headers will carry, if the key was published with one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    pub(super) fn wrap(&self, enc: ContentEncryption) -> Result<WrappedKey, JweError> {
        match &self.recipient {
            Recipient::Rsa(key) => {
                let content_key = fresh_key(enc);
                let mut encrypted_key = vec![0; key.ciphertext_size()];
                key.encrypt(
                    &OAEP_SHA256_MGF1SHA256,
                    content_key.expose(),
                    &mut encrypted_key,
                    None,
                )
                .map_err(|_| JweError::Encrypt)?;
                Ok(WrappedKey { content_key, encrypted_key, epk: None })
            }
            Recipient::Agreement { curve, point } => self.wrap_by_agreement(enc, *curve, point),
        }
    }

    fn wrap_by_agreement(
        &self,
        enc: ContentEncryption,
        curve: Curve,
        point: &[u8],
    ) -> Result<WrappedKey, JweError> {
        let algorithm = curve_algorithm(curve).ok_or(JweError::Encrypt)?;
        let ephemeral = PrivateKey::generate(algorithm).map_err(|_| JweError::Encrypt)?;
        let public = ephemeral.compute_public_key().map_err(|_| JweError::Encrypt)?;
        let epk = match curve {
            Curve::X25519 => Material::okp(curve, public.as_ref().to_vec()),
            _ => Material::from_point(curve, public.as_ref()),
        }
        .map_err(|_| JweError::Encrypt)?;
        let agreed = agree(&ephemeral, point, self.alg, enc, &PartyInfo::default())
            .map_err(|_| JweError::Encrypt)?;
        let Some(kek) = kek(self.alg, agreed.expose()) else {
            // Direct agreement: RFC 7516 §5.1 step 5, the encrypted key is empty.
            let encrypted_key = Vec::new();
            return Ok(WrappedKey { content_key: agreed, encrypted_key, epk: Some(epk) });
        };
        let content_key = fresh_key(enc);
        let mut encrypted_key = vec![0; content_key.expose().len() + 8];
        kek.wrap(content_key.expose(), &mut encrypted_key).map_err(|_| JweError::Encrypt)?;
        Ok(WrappedKey { content_key, encrypted_key, epk: Some(epk) })
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey")
            .field("alg", &self.alg)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// Writes an ephemeral key as JSON.
pub(super) fn epk_json(epk: &Material) -> String {
    match epk {
        Material::Ec { curve, x, y } => format!(
            r#"{{"kty":"EC","crv":"{}","x":"{}","y":"{}"}}"#,
            curve.as_str(),
            b64::encode(x),
            b64::encode(y)
        ),
        Material::Okp { curve, x } => {
            format!(r#"{{"kty":"OKP","crv":"{}","x":"{}"}}"#, curve.as_str(), b64::encode(x))
        }
        Material::Rsa { .. } => "{}".to_owned(),
    }
}

pub(super) fn fresh_key(enc: ContentEncryption) -> SecretBytes {
    let bytes: [u8; 32] = random();
    bytes.into_iter().take(enc.key_len()).collect::<Vec<u8>>().into()
}

fn oaep(n: &[u8], e: &[u8]) -> Option<OaepPublicEncryptingKey> {
    let components = RsaPublicKeyComponents { n, e };
    let parsed = components.to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA256).ok()?;
    let spki = parsed.as_der().ok()?;
    let public = PublicEncryptingKey::from_der(spki.as_ref()).ok()?;
    OaepPublicEncryptingKey::new(public).ok()
}
