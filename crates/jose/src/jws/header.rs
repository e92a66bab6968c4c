use super::HeaderError;
use crate::json::{self, JsonLimits, Object};
use crate::{JwsAlgorithm, Limits, b64, same_media_type};

/// Levels of nesting in a header: an embedded `jwk` with a certificate chain is the deepest known.
const HEADER_DEPTH: usize = 4;

/// Members of a header; the registry knows about thirty.
const HEADER_MEMBERS: usize = 32;

/// Members of encryption, which make a signed token a polyglot.
const ENCRYPTION_MEMBERS: [&str; 7] = ["enc", "epk", "apu", "apv", "p2s", "p2c", "tag"];

/// The protected header of a JWS, as far as it is ever used.
///
/// `jwk`, `jku`, `x5u`, `x5c` and all unknown members are skipped: no key comes out of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    alg: JwsAlgorithm,
    alg_text: String,
    names: Names,
}

/// What the headers of signed and encrypted tokens have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) kid: Option<String>,
    pub(crate) typ: Option<String>,
    pub(crate) cty: Option<String>,
}

impl Header {
    pub(super) fn parse(encoded: &str, limits: &Limits) -> Result<Self, HeaderError> {
        let bytes = decode(encoded, limits)?;
        let scanned = Scanned::read(&bytes)?;
        let alg_text = scanned.alg()?;
        let alg = JwsAlgorithm::parse(alg_text).map_err(|_| refused(alg_text))?;
        scanned.refuse_extensions()?;
        for member in ENCRYPTION_MEMBERS {
            if scanned.object.get(member).is_some() {
                return Err(HeaderError::EncryptionMember { member });
            }
        }
        Ok(Self { alg, alg_text: alg_text.to_owned(), names: scanned.names(limits)? })
    }

    /// The algorithm that the header names. The key decides.
    #[must_use]
    pub fn algorithm(&self) -> JwsAlgorithm {
        self.alg
    }

    /// `alg` as it was written.
    #[must_use]
    pub fn alg_text(&self) -> &str {
        &self.alg_text
    }

    /// `kid`: a name to look a key up by, bounded and without control characters.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.names.kid.as_deref()
    }

    /// `typ` as it was written.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.names.typ.as_deref()
    }

    /// `cty` as it was written.
    #[must_use]
    pub fn cty(&self) -> Option<&str> {
        self.names.cty.as_deref()
    }

    /// Whether `typ` is there and names this media type, see [`same_media_type`].
    #[must_use]
    pub fn typ_is(&self, media_type: &str) -> bool {
        self.typ().is_some_and(|typ| same_media_type(typ, media_type))
    }
}

/// The JSON of a header, before it is known to be one of a JWS or a JWE.
pub(crate) struct Scanned<'h> {
    pub(crate) object: Object<'h>,
}

impl<'h> Scanned<'h> {
    pub(crate) fn read(bytes: &'h [u8]) -> Result<Self, HeaderError> {
        let limits =
            JsonLimits { bytes: bytes.len(), depth: HEADER_DEPTH, members: HEADER_MEMBERS };
        json::parse_object(bytes, limits).map(|object| Self { object }).map_err(HeaderError::Json)
    }

    pub(crate) fn alg(&self) -> Result<&str, HeaderError> {
        self.string("alg")?.ok_or(HeaderError::AlgMissing)
    }

    /// RFC 7515 §4.1.11: a recipient that does not understand an extension in `crit` must refuse.
    /// None is understood here, and a `crit` that is empty or no array is itself a fault.
    pub(crate) fn refuse_extensions(&self) -> Result<(), HeaderError> {
        let found = |member| self.object.get(member).is_some();
        if found("crit") {
            Err(HeaderError::Crit)
        } else if found("b64") {
            Err(HeaderError::Unencoded)
        } else if found("zip") {
            Err(HeaderError::Compressed)
        } else {
            Ok(())
        }
    }

    pub(crate) fn names(&self, limits: &Limits) -> Result<Names, HeaderError> {
        let kid = self.string("kid")?;
        if kid.is_some_and(|kid| kid.len() > limits.kid) {
            return Err(HeaderError::KidTooLong { limit: limits.kid });
        }
        if kid.is_some_and(|kid| kid.contains(char::is_control)) {
            return Err(HeaderError::KidControl);
        }
        Ok(Names {
            kid: kid.map(str::to_owned),
            typ: self.string("typ")?.map(str::to_owned),
            cty: self.string("cty")?.map(str::to_owned),
        })
    }

    pub(crate) fn string(&self, member: &'static str) -> Result<Option<&str>, HeaderError> {
        match self.object.get(member) {
            None => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or(HeaderError::WrongType { member }),
        }
    }
}

/// Decodes a header's base64url within the limit.
pub(crate) fn decode(encoded: &str, limits: &Limits) -> Result<Vec<u8>, HeaderError> {
    if encoded.len() > limits.header {
        return Err(HeaderError::TooLong { limit: limits.header });
    }
    b64::decode(encoded).map_err(HeaderError::Base64)
}

/// Appends `,"name":"value"` to an unfinished JSON object.
pub(crate) fn encode_member(name: &str, value: &str, out: &mut String) {
    out.push_str(",\"");
    out.push_str(name);
    out.push_str("\":");
    out.push_str(&serde_json::Value::from(value).to_string());
}

fn refused(alg: &str) -> HeaderError {
    if alg.trim().eq_ignore_ascii_case("none") {
        HeaderError::AlgNone
    } else if alg.get(..2).is_some_and(|family| family.eq_ignore_ascii_case("HS")) {
        HeaderError::AlgSymmetric
    } else {
        HeaderError::AlgUnsupported
    }
}
