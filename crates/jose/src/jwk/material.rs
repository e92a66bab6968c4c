use super::{Curve, JwkError};
use aws_lc_rs::signature::{self, EcdsaVerificationAlgorithm, ParsedPublicKey};

/// Below this, RSA is breakable; RFC 7518 §3.3 and §4.3 demand it.
const MIN_RSA_BITS: usize = 2048;

/// Above this a verification costs milliseconds, which an attacker's key set could ask for.
const MAX_RSA_BITS: usize = 8192;

/// The least exponent: FIPS 186-5 wants it above 2^16, and small ones are fragile.
const MIN_RSA_EXPONENT: u64 = 65_537;

/// The greatest exponent that aws-lc takes.
const MAX_RSA_EXPONENT: u64 = (1 << 33) - 1;

/// The y coordinates (little-endian, sign bit clear) of the points of Ed25519 whose order divides
/// eight. Under such a key one signature fits many messages (RFC 8725 §3.4).
const ED25519_SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
    {
        let mut minus_one = [0xff; 32];
        minus_one[0] = 0xec;
        minus_one[31] = 0x7f;
        minus_one
    },
];

/// The numbers of a public key. Every value passed [`Material::rsa`], [`Material::ec`] or
/// [`Material::okp`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    Ec { curve: Curve, x: Vec<u8>, y: Vec<u8> },
    Okp { curve: Curve, x: Vec<u8> },
}

impl Material {
    pub(crate) fn rsa(n: Vec<u8>, e: Vec<u8>) -> Result<Self, JwkError> {
        let (Some(&high), Some(&low)) = (n.first(), n.last()) else {
            return Err(JwkError::RsaModulus);
        };
        if high == 0 || low & 1 == 0 {
            return Err(JwkError::RsaModulus);
        }
        let bits = n.len() * 8 - high.leading_zeros() as usize;
        if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
            return Err(JwkError::RsaSize { bits });
        }
        if e.len() > 8 || e.first().is_none_or(|&high| high == 0) {
            return Err(JwkError::RsaExponent);
        }
        let exponent = e.iter().fold(0u64, |sum, &byte| (sum << 8) | u64::from(byte));
        if exponent & 1 == 0 || !(MIN_RSA_EXPONENT..=MAX_RSA_EXPONENT).contains(&exponent) {
            return Err(JwkError::RsaExponent);
        }
        Ok(Self::Rsa { n, e })
    }

    pub(crate) fn ec(curve: Curve, x: Vec<u8>, y: Vec<u8>) -> Result<Self, JwkError> {
        let verification: &'static EcdsaVerificationAlgorithm = match curve {
            Curve::P256 => &signature::ECDSA_P256_SHA256_FIXED,
            Curve::P384 => &signature::ECDSA_P384_SHA384_FIXED,
            Curve::P521 => &signature::ECDSA_P521_SHA512_FIXED,
            Curve::Ed25519 | Curve::X25519 => return Err(JwkError::UnknownCurve),
        };
        // RFC 7518 §6.2.1.2: the full size of a coordinate, leading zeros included.
        if x.len() != curve.coordinate_len() || y.len() != curve.coordinate_len() {
            return Err(JwkError::CoordinateLength);
        }
        let material = Self::Ec { curve, x, y };
        match ParsedPublicKey::new(verification, material.point()) {
            Ok(_) => Ok(material),
            Err(_) => Err(JwkError::BadPoint),
        }
    }

    pub(crate) fn okp(curve: Curve, x: Vec<u8>) -> Result<Self, JwkError> {
        let bytes: [u8; 32] = x.as_slice().try_into().map_err(|_| JwkError::CoordinateLength)?;
        let bad = match curve {
            Curve::Ed25519 => {
                ed25519_is_weak(bytes) || ParsedPublicKey::new(&signature::ED25519, bytes).is_err()
            }
            // RFC 7748 §6.1: every string is a public key; an all-zero agreement is refused later.
            Curve::X25519 => false,
            Curve::P256 | Curve::P384 | Curve::P521 => return Err(JwkError::UnknownCurve),
        };
        if bad { Err(JwkError::BadPoint) } else { Ok(Self::Okp { curve, x }) }
    }

    /// Splits the uncompressed form `04 || x || y`.
    pub(crate) fn from_point(curve: Curve, point: &[u8]) -> Result<Self, JwkError> {
        match point.split_first() {
            Some((4, coordinates)) => {
                let (x, y) = coordinates
                    .split_at_checked(curve.coordinate_len())
                    .ok_or(JwkError::CoordinateLength)?;
                Self::ec(curve, x.to_vec(), y.to_vec())
            }
            _ => Err(JwkError::BadPoint),
        }
    }

    pub(crate) fn curve(&self) -> Option<Curve> {
        match self {
            Self::Rsa { .. } => None,
            Self::Ec { curve, .. } | Self::Okp { curve, .. } => Some(*curve),
        }
    }

    /// The public key as aws-lc reads it: an uncompressed point, or the raw OKP key.
    pub(crate) fn point(&self) -> Vec<u8> {
        match self {
            Self::Rsa { .. } => Vec::new(),
            Self::Ec { x, y, .. } => [&[4], x.as_slice(), y.as_slice()].concat(),
            Self::Okp { x, .. } => x.clone(),
        }
    }
}

fn ed25519_is_weak(mut y: [u8; 32]) -> bool {
    y[31] &= 0x7f;
    // Not reduced modulo 2^255 - 19: a second text for another point.
    let unreduced = y[0] >= 0xed && y[31] == 0x7f && y.iter().skip(1).take(30).all(|&b| b == 0xff);
    unreduced || ED25519_SMALL_ORDER.contains(&y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_ed25519_keys() {
        for weak in ED25519_SMALL_ORDER {
            for sign in [0, 0x80] {
                let mut x = weak;
                x[31] |= sign;
                assert_eq!(Material::okp(Curve::Ed25519, x.to_vec()), Err(JwkError::BadPoint));
            }
        }
        let mut unreduced = [0xff; 32];
        unreduced[0] = 0xee;
        unreduced[31] = 0x7f;
        assert_eq!(Material::okp(Curve::Ed25519, unreduced.to_vec()), Err(JwkError::BadPoint));
    }
}
