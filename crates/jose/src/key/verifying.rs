use crate::jwk::Material;
use crate::{Curve, Jwk, JwkAlgorithm, JwkError, JwsAlgorithm};
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents};
use std::fmt;

/// Verifies signatures of one algorithm. Keep it: the key is parsed once.
#[derive(Clone)]
pub struct VerifyingKey {
    alg: JwsAlgorithm,
    key: ParsedPublicKey,
    signature_len: usize,
    kid: String,
    kid_was_given: bool,
    thumbprint: String,
}

impl VerifyingKey {
    /// Takes a published key for the algorithm that it states.
    ///
    /// Where it states none, the algorithm follows from the kind of key: the curve's own, or
    /// RS256 for RSA, which is what OpenID Connect issuers that leave `alg` out mean. Use
    /// [`VerifyingKey::from_jwk_as`] for an issuer that is known to mean another.
    ///
    /// # Errors
    /// [`JwkError::NotForThisUse`] if the key is not for signatures.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, JwkError> {
        let alg = match (jwk.alg, &jwk.material) {
            (Some(JwkAlgorithm::Jws(alg)), _) => alg,
            (Some(JwkAlgorithm::Jwe(_)), _) => return Err(JwkError::NotForThisUse),
            (None, Material::Rsa { .. }) => JwsAlgorithm::Rs256,
            (None, Material::Ec { curve, .. } | Material::Okp { curve, .. }) => match curve {
                Curve::P256 => JwsAlgorithm::Es256,
                Curve::P384 => JwsAlgorithm::Es384,
                Curve::P521 => JwsAlgorithm::Es512,
                Curve::Ed25519 => JwsAlgorithm::EdDsa,
                Curve::X25519 => return Err(JwkError::NotForThisUse),
            },
        };
        Self::from_jwk_as(jwk, alg)
    }

    /// Takes a published key for `alg`, which the caller's configuration names.
    ///
    /// # Errors
    /// [`JwkError::NotForThisUse`] if the key states another algorithm, is of another kind, or is
    /// not for signatures.
    pub fn from_jwk_as(jwk: &Jwk, alg: JwsAlgorithm) -> Result<Self, JwkError> {
        let stated_otherwise = jwk.alg.is_some_and(|stated| stated != JwkAlgorithm::Jws(alg));
        if stated_otherwise || !jwk.may_verify() {
            return Err(JwkError::NotForThisUse);
        }
        let (key, signature_len) = parsed(&jwk.material, alg)?;
        let thumbprint = jwk.thumbprint();
        Ok(Self {
            alg,
            key,
            signature_len,
            kid: jwk.kid.clone().unwrap_or_else(|| thumbprint.clone()),
            kid_was_given: jwk.kid.is_some(),
            thumbprint,
        })
    }

    /// The one algorithm that this key serves.
    #[must_use]
    pub fn algorithm(&self) -> JwsAlgorithm {
        self.alg
    }

    /// The key's `kid`, or its thumbprint if it was published without one.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Whether [`VerifyingKey::kid`] was published with the key.
    #[must_use]
    pub fn kid_was_given(&self) -> bool {
        self.kid_was_given
    }

    /// The RFC 7638 thumbprint, in base64url.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    pub(crate) fn set_kid(&mut self, kid: String) {
        self.kid = kid;
        self.kid_was_given = true;
    }

    pub(crate) fn signature_len(&self) -> usize {
        self.signature_len
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        signature.len() == self.signature_len && self.key.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("alg", &self.alg)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

fn parsed(material: &Material, alg: JwsAlgorithm) -> Result<(ParsedPublicKey, usize), JwkError> {
    let parse = |verification: &'static dyn signature::VerificationAlgorithm| {
        ParsedPublicKey::new(verification, material.point())
    };
    let key = match (material, alg) {
        (Material::Rsa { n, e }, alg) => {
            let parameters = rsa_parameters(alg).ok_or(JwkError::NotForThisUse)?;
            RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters)
        }
        (Material::Ec { curve: Curve::P256, .. }, JwsAlgorithm::Es256) => {
            parse(&signature::ECDSA_P256_SHA256_FIXED)
        }
        (Material::Ec { curve: Curve::P384, .. }, JwsAlgorithm::Es384) => {
            parse(&signature::ECDSA_P384_SHA384_FIXED)
        }
        (Material::Ec { curve: Curve::P521, .. }, JwsAlgorithm::Es512) => {
            parse(&signature::ECDSA_P521_SHA512_FIXED)
        }
        (Material::Okp { curve: Curve::Ed25519, .. }, JwsAlgorithm::EdDsa) => {
            parse(&signature::ED25519)
        }
        _ => return Err(JwkError::NotForThisUse),
    };
    let signature_len = match material {
        Material::Rsa { n, .. } => n.len(),
        Material::Ec { curve, .. } | Material::Okp { curve, .. } => 2 * curve.coordinate_len(),
    };
    key.map(|key| (key, signature_len)).map_err(|_| JwkError::BadPoint)
}

fn rsa_parameters(alg: JwsAlgorithm) -> Option<&'static RsaParameters> {
    match alg {
        JwsAlgorithm::Rs256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        JwsAlgorithm::Rs384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        JwsAlgorithm::Rs512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        JwsAlgorithm::Ps256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        JwsAlgorithm::Ps384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        JwsAlgorithm::Ps512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}
