use std::fmt;

/// A signature algorithm that this crate makes and verifies.
///
/// `none` and the HMAC family have no variant: a token that names them cannot be represented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JwsAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// Ed25519, written `EdDSA`; the RFC 9864 name `Ed25519` is read as the same.
    EdDsa,
}

impl JwsAlgorithm {
    /// Every algorithm, in the order of RFC 7518 §3.1.
    pub const ALL: [Self; 10] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
    ];

    /// The registered name, as written in headers and metadata.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Reads a registered name, case-sensitively as
    /// [RFC 7515 §4.1.1](https://www.rfc-editor.org/rfc/rfc7515#section-4.1.1) demands.
    ///
    /// # Errors
    /// [`UnknownAlgorithm`] for every other name.
    pub fn parse(name: &str) -> Result<Self, UnknownAlgorithm> {
        // RFC 9864 §2.2: `Ed25519` is the fully specified name of what `EdDSA` means here.
        if name == "Ed25519" {
            return Ok(Self::EdDsa);
        }
        Self::ALL.into_iter().find(|alg| alg.as_str() == name).ok_or(UnknownAlgorithm)
    }
}

/// A key management algorithm of JWE that this crate speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JweAlgorithm {
    /// RSAES-OAEP with SHA-256 and MGF1 with SHA-256.
    RsaOaep256,
    /// Ephemeral-static Diffie-Hellman, its result being the content key.
    EcdhEs,
    /// Ephemeral-static Diffie-Hellman, its result wrapping the content key with AES-128.
    EcdhEsA128Kw,
    /// Ephemeral-static Diffie-Hellman, its result wrapping the content key with AES-256.
    EcdhEsA256Kw,
}

impl JweAlgorithm {
    /// Every algorithm, in the order of RFC 7518 §4.1.
    pub const ALL: [Self; 4] =
        [Self::RsaOaep256, Self::EcdhEs, Self::EcdhEsA128Kw, Self::EcdhEsA256Kw];

    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA128Kw => "ECDH-ES+A128KW",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
        }
    }

    /// Reads a registered name, case-sensitively.
    ///
    /// # Errors
    /// [`UnknownAlgorithm`] for every other name.
    pub fn parse(name: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL.into_iter().find(|alg| alg.as_str() == name).ok_or(UnknownAlgorithm)
    }
}

/// A content encryption algorithm of JWE that this crate speaks. All are authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContentEncryption {
    /// AES-128 in Galois/Counter Mode.
    A128Gcm,
    /// AES-256 in Galois/Counter Mode.
    A256Gcm,
    /// AES-128 in CBC mode with HMAC SHA-256 over it.
    A128CbcHs256,
}

impl ContentEncryption {
    /// Every algorithm.
    pub const ALL: [Self; 3] = [Self::A128Gcm, Self::A256Gcm, Self::A128CbcHs256];

    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
            Self::A128CbcHs256 => "A128CBC-HS256",
        }
    }

    /// Reads a registered name, case-sensitively.
    ///
    /// # Errors
    /// [`UnknownAlgorithm`] for every other name.
    pub fn parse(name: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL.into_iter().find(|enc| enc.as_str() == name).ok_or(UnknownAlgorithm)
    }

    /// The length of the content encryption key, in bytes.
    #[must_use]
    pub(crate) const fn key_len(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A256Gcm | Self::A128CbcHs256 => 32,
        }
    }
}

macro_rules! text_forms {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownAlgorithm;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                Self::parse(name)
            }
        }
    )*};
}

text_forms!(JwsAlgorithm, JweAlgorithm, ContentEncryption);

/// Says that a name is not that of an algorithm spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownAlgorithm;

impl fmt::Display for UnknownAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an algorithm that is supported here; names are case-sensitive")
    }
}

impl std::error::Error for UnknownAlgorithm {}
