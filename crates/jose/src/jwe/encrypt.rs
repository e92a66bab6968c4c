use super::content::{self, Sealed};
use super::encryption_key::epk_json;
use super::{EncryptionKey, JweError};
use crate::jws::encode_member;
use crate::{ContentEncryption, b64};

/// What a token's header says besides `alg`, `enc`, `kid` and `epk`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JweHeader<'a> {
    /// The `typ` of the whole.
    pub typ: Option<&'a str>,
    /// The `cty` of the plaintext: `JWT` for a nested token.
    pub cty: Option<&'a str>,
    /// The token's `jti`, repeated outside (RFC 7519 §5.3) so that its issuer, who can't open it,
    /// can name it. Never personal: everybody reads it.
    pub jti: Option<&'a str>,
}

/// Encrypts `plaintext` to the key's owner. Who sent it remains unproven: see
/// [`crate::jwt::nest`] for tokens.
///
/// # Errors
/// [`JweError::Encrypt`] if the library fails, which it does not in practice.
pub fn encrypt(
    key: &EncryptionKey,
    enc: ContentEncryption,
    header: &JweHeader<'_>,
    plaintext: &[u8],
) -> Result<String, JweError> {
    let wrapped = key.wrap(enc)?;
    let mut json = format!(r#"{{"alg":"{}","enc":"{enc}""#, key.algorithm());
    let members =
        [("typ", header.typ), ("cty", header.cty), ("kid", key.kid()), ("jti", header.jti)];
    for (name, value) in members {
        if let Some(value) = value {
            encode_member(name, value, &mut json);
        }
    }
    if let Some(epk) = &wrapped.epk {
        json.push_str(",\"epk\":");
        json.push_str(&epk_json(epk));
    }
    json.push('}');

    let mut token = b64::encode(json.as_bytes());
    let Sealed { iv, ciphertext, tag } =
        content::seal(enc, wrapped.content_key.expose(), token.as_bytes(), plaintext)
            .ok_or(JweError::Encrypt)?;
    for part in [&wrapped.encrypted_key, &iv, &ciphertext, &tag] {
        token.push('.');
        b64::encode_into(part, &mut token);
    }
    Ok(token)
}
