use super::{Curve, Jwk, JwkAlgorithm, JwkError, KeyUse, MAX_KID_BYTES, Material};
use crate::json::{Object, Value};
use crate::{JweAlgorithm, JwsAlgorithm, b64};

/// The members that make a key private (RFC 7518 §6.2.2, §6.3.2, §6.4; RFC 8037 §2).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

pub(super) fn public_object(object: &Object<'_>) -> Result<Jwk, JwkError> {
    if string(object, "kty")? == Some("oct") {
        return Err(JwkError::Symmetric);
    }
    if PRIVATE_MEMBERS.iter().any(|member| object.get(member).is_some()) {
        return Err(JwkError::Private);
    }
    private_object(object)
}

/// Reads the public half of a key that may carry private members, which the caller reads.
pub(crate) fn private_object(object: &Object<'_>) -> Result<Jwk, JwkError> {
    let material = material(object)?;
    let alg = match string(object, "alg")? {
        Some(name) => Some(algorithm(name)?),
        None => None,
    };
    let key_use = match string(object, "use")? {
        None => None,
        Some("sig") => Some(KeyUse::Sig),
        Some("enc") => Some(KeyUse::Enc),
        Some(_) => return Err(JwkError::UnknownUse),
    };
    let kid = string(object, "kid")?.map(str::to_owned);
    if kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID_BYTES || kid.contains(char::is_control)) {
        return Err(JwkError::BadKid);
    }
    let (verifies, encrypts) = key_ops(object, &material)?;
    let jwk = Jwk { material, kid, alg, key_use, verifies, encrypts };
    let fits = jwk.alg.is_none_or(|alg| fits(alg, &jwk.material));
    // RFC 7517 §4.3: `use` and `key_ops`, where both are present, must be consistent; a key that
    // is left without any use says two things about itself.
    if fits && (jwk.may_verify() || jwk.may_encrypt()) {
        Ok(jwk)
    } else {
        Err(JwkError::Contradiction)
    }
}

fn material(object: &Object<'_>) -> Result<Material, JwkError> {
    match string(object, "kty")?.ok_or(JwkError::Missing { member: "kty" })? {
        "RSA" => Material::rsa(bytes(object, "n")?, bytes(object, "e")?),
        "EC" => {
            let curve = match require(object, "crv")? {
                "P-256" => Curve::P256,
                "P-384" => Curve::P384,
                "P-521" => Curve::P521,
                _ => return Err(JwkError::UnknownCurve),
            };
            Material::ec(curve, bytes(object, "x")?, bytes(object, "y")?)
        }
        "OKP" => {
            let curve = match require(object, "crv")? {
                "Ed25519" => Curve::Ed25519,
                "X25519" => Curve::X25519,
                _ => return Err(JwkError::UnknownCurve),
            };
            Material::okp(curve, bytes(object, "x")?)
        }
        "oct" => Err(JwkError::Symmetric),
        _ => Err(JwkError::UnknownKeyType),
    }
}

fn algorithm(name: &str) -> Result<JwkAlgorithm, JwkError> {
    JwsAlgorithm::parse(name)
        .map(JwkAlgorithm::Jws)
        .or_else(|_| JweAlgorithm::parse(name).map(JwkAlgorithm::Jwe))
        .map_err(|_| JwkError::UnknownAlgorithm)
}

fn key_ops(object: &Object<'_>, material: &Material) -> Result<(bool, bool), JwkError> {
    let Some(value) = object.get("key_ops") else { return Ok((true, true)) };
    let wrong = JwkError::WrongType { member: "key_ops" };
    let items = value.as_array().ok_or(wrong.clone())?;
    let ops: Vec<&str> = items.iter().map(Value::as_str).collect::<Option<_>>().ok_or(wrong)?;
    let mut sorted = ops.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() != ops.len() {
        return Err(JwkError::DuplicateKeyOps);
    }
    let any = |names: &[&str]| names.iter().any(|name| ops.contains(name));
    let verifies = any(&["verify", "sign"]);
    // The public half of an agreement has no operation of its own in WebCrypto: `[]`.
    let agreement = !matches!(material, Material::Rsa { .. }) && ops.is_empty();
    let encrypts = agreement
        || any(&["encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey", "deriveBits"]);
    Ok((verifies, encrypts))
}

/// Whether an algorithm can use such a key at all.
pub(super) fn fits(alg: JwkAlgorithm, material: &Material) -> bool {
    use JwsAlgorithm::{EdDsa, Es256, Es384, Es512};
    let curve = material.curve();
    match alg {
        JwkAlgorithm::Jws(Es256) => curve == Some(Curve::P256),
        JwkAlgorithm::Jws(Es384) => curve == Some(Curve::P384),
        JwkAlgorithm::Jws(Es512) => curve == Some(Curve::P521),
        JwkAlgorithm::Jws(EdDsa) => curve == Some(Curve::Ed25519),
        JwkAlgorithm::Jws(_) | JwkAlgorithm::Jwe(JweAlgorithm::RsaOaep256) => curve.is_none(),
        JwkAlgorithm::Jwe(_) => curve.is_some_and(|curve| curve != Curve::Ed25519),
    }
}

fn string<'o>(object: &'o Object<'_>, member: &'static str) -> Result<Option<&'o str>, JwkError> {
    match object.get(member) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or(JwkError::WrongType { member }),
    }
}

fn require<'o>(object: &'o Object<'_>, member: &'static str) -> Result<&'o str, JwkError> {
    string(object, member)?.ok_or(JwkError::Missing { member })
}

pub(super) fn bytes(object: &Object<'_>, member: &'static str) -> Result<Vec<u8>, JwkError> {
    b64::decode(require(object, member)?).map_err(|error| JwkError::Base64 { member, error })
}

/// Reads one private member.
pub(crate) fn private_bytes(
    object: &Object<'_>,
    member: &'static str,
) -> Result<crate::crypto::SecretBytes, JwkError> {
    bytes(object, member).map(Into::into)
}
