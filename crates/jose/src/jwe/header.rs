use super::JweError;
use super::agreement::PartyInfo;
use crate::jwk::Material;
use crate::jws::{HeaderError, Scanned, decode};
use crate::{ContentEncryption, JweAlgorithm, Jwk, Limits, b64, same_media_type};

/// The most bytes of `apu` and of `apv`; RFC 7518 §4.6.1.2 suggests hashes and identifiers.
const MAX_PARTY_INFO: usize = 512;

/// The protected header of a JWE, as far as it is ever used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    alg: JweAlgorithm,
    enc: ContentEncryption,
    kid: Option<String>,
    typ: Option<String>,
    cty: Option<String>,
    jti: Option<String>,
    pub(super) epk: Option<Material>,
    pub(super) parties: PartyInfo,
}

impl Header {
    pub(super) fn parse(encoded: &str, limits: &Limits) -> Result<Self, JweError> {
        let bytes = decode(encoded, limits)?;
        let scanned = Scanned::read(&bytes)?;
        let alg = JweAlgorithm::parse(scanned.alg()?).map_err(|_| HeaderError::AlgUnsupported)?;
        scanned.refuse_extensions()?;
        let enc = scanned.string("enc")?.ok_or(HeaderError::EncMissing)?;
        let enc = ContentEncryption::parse(enc).map_err(|_| HeaderError::EncUnsupported)?;
        let names = scanned.names(limits)?;
        let parties = PartyInfo { u: party(&scanned, "apu")?, v: party(&scanned, "apv")? };
        Ok(Self {
            alg,
            enc,
            kid: names.kid,
            typ: names.typ,
            cty: names.cty,
            jti: claim(&scanned, "jti")?,
            epk: ephemeral(&scanned, alg)?,
            parties,
        })
    }

    /// The key management algorithm that the header names. The key decides.
    #[must_use]
    pub fn algorithm(&self) -> JweAlgorithm {
        self.alg
    }

    /// The content encryption algorithm. All that are read are authenticated.
    #[must_use]
    pub fn encryption(&self) -> ContentEncryption {
        self.enc
    }

    /// `kid`: a name to look a key up by, bounded and without control characters.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// `typ` as it was written.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// `cty` as it was written.
    #[must_use]
    pub fn cty(&self) -> Option<&str> {
        self.cty.as_deref()
    }

    /// `jti`, where the issuer repeated it outside (RFC 7519 §5.3). Nobody has signed it.
    #[must_use]
    pub fn jti(&self) -> Option<&str> {
        self.jti.as_deref()
    }

    /// Whether `cty` is there and names this media type, see [`same_media_type`].
    #[must_use]
    pub fn cty_is(&self, media_type: &str) -> bool {
        self.cty().is_some_and(|cty| same_media_type(cty, media_type))
    }
}

fn claim(scanned: &Scanned<'_>, member: &'static str) -> Result<Option<String>, JweError> {
    let text = scanned.string(member)?;
    if text.is_some_and(|text| text.len() > MAX_PARTY_INFO) {
        return Err(JweError::PartLength { part: member });
    }
    Ok(text.map(str::to_owned))
}

fn party(scanned: &Scanned<'_>, member: &'static str) -> Result<Vec<u8>, JweError> {
    let Some(text) = scanned.string(member)? else { return Ok(Vec::new()) };
    let bytes = b64::decode(text).map_err(|error| JweError::Base64 { part: member, error })?;
    if bytes.len() > MAX_PARTY_INFO {
        return Err(JweError::PartLength { part: member });
    }
    Ok(bytes)
}

/// RFC 7518 §4.6.1.1: `epk` must be there for agreement and holds public members only.
fn ephemeral(scanned: &Scanned<'_>, alg: JweAlgorithm) -> Result<Option<Material>, JweError> {
    if alg == JweAlgorithm::RsaOaep256 {
        return Ok(None);
    }
    let epk = scanned.object.get("epk").ok_or(JweError::EphemeralKey)?;
    let object = epk.as_object().ok_or(HeaderError::WrongType { member: "epk" })?;
    let key = Jwk::from_object(object).map_err(|_| JweError::EphemeralKey)?;
    Ok(Some(key.material))
}
