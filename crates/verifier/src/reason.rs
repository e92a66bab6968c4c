use counterfoil_jose::ClaimError;
use counterfoil_jose::jwe::JweError;
use counterfoil_jose::jws::{HeaderError, JwsError};
use counterfoil_jose::jwt::NestedError;
use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// Names the one thing for which a token was refused.
        ///
        /// The codes are a contract: metrics count by them, logs name them, and each has a test
        /// that starts from an accepted token and changes nothing else.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $($(#[$doc])* $name,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code in metrics and logs.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The sentence for `error_description` where nothing more can be said.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

reasons! {
    /// Longer than any token of a configured issuer.
    TokenTooLong = "token_too_long", "the token is too long";
    /// A JSON serialization of a JWS or JWE.
    JsonSerialization = "json_serialization", "only the compact serialization is read";
    /// Neither three nor five parts, and no opaque token that is known here.
    Parts = "parts", "the token has the form of no token that this API takes";
    /// Base64url with padding, foreign characters or stray bits.
    Base64 = "base64", "a part of the token is not strict base64url";
    /// A protected header beyond its limit.
    HeaderTooLong = "header_too_long", "the token's header is too long";
    /// A protected header that is no strict JSON object.
    HeaderJson = "header_json", "the token's header is not a strict JSON object";
    /// A header member of the wrong JSON type.
    HeaderType = "header_type", "a member of the token's header has the wrong type";
    /// `crit`: no extension is understood here.
    Crit = "crit", "`crit` demands what is not understood here";
    /// `b64`: unencoded payloads are not read.
    Unencoded = "b64", "`b64` is not supported";
    /// `zip`: nothing is decompressed.
    Compressed = "zip", "`zip` is not supported";
    /// Members of encryption in a signed token.
    EncryptionMember = "encryption_member", "a signed token has members of encryption";
    /// `kid` beyond its limit.
    KidTooLong = "kid_too_long", "`kid` is too long";
    /// `kid` with control characters.
    KidControl = "kid_control", "`kid` has control characters";
    /// No `alg`.
    AlgMissing = "alg_missing", "the token's header has no `alg`";
    /// `alg` is `none` in some spelling.
    AlgNone = "alg_none", "the token is not signed";
    /// `alg` of the HMAC family.
    AlgSymmetric = "alg_symmetric", "`alg` is symmetric, which no public key serves";
    /// An `alg` that is not supported at all.
    AlgUnsupported = "alg_unsupported", "`alg` is not supported";
    /// An `enc` that is missing or not supported.
    EncUnsupported = "enc_unsupported", "`enc` is missing or not supported";
    /// An `alg` that this issuer is not configured to use.
    AlgNotAllowed = "alg_not_allowed", "`alg` is not one that this issuer uses";
    /// `alg` differs from the key's.
    AlgMismatch = "alg_mismatch", "`alg` is not the key's algorithm";
    /// No `kid`, and several keys that it could be.
    KidMissing = "kid_missing", "the token names no key, and the issuer has several";
    /// A `kid` that the issuer does not publish.
    KidUnknown = "kid_unknown", "the issuer publishes no key of this `kid`";
    /// The issuer publishes the key, but it is unsound or not for signatures.
    KeyRefused = "key_refused", "the key of this `kid` is unsound or not for signatures";
    /// A signature that does not have the key's one length.
    SignatureLength = "signature_length", "the signature has the wrong length";
    /// A signature that is not the key's.
    BadSignature = "bad_signature", "the signature does not match";
    /// No `typ`.
    TypMissing = "typ_missing", "the token's header has no `typ`";
    /// A `typ` that is not accepted from this issuer.
    TypMismatch = "typ_mismatch", "`typ` is not one that this API takes";
    /// The `typ` of another kind of JWT: an event, a proof, a status list, an assertion.
    OtherKind = "other_kind", "this is not an access token";
    /// An ID token.
    IdToken = "id_token", "this is an ID token, which is for the client alone";
    /// A refresh token or an authorization code.
    NotAnAccessToken = "not_an_access_token", "this is not an access token";
    /// A payload that is no strict JSON object.
    PayloadJson = "payload_json", "the token's payload is not a strict JSON object";
    /// No `iss`.
    IssMissing = "iss_missing", "the token has no `iss`";
    /// `iss` is not a string.
    IssType = "iss_type", "`iss` is not a string";
    /// `iss` is none of the configured issuers, byte by byte.
    IssUnknown = "iss_unknown", "`iss` is not an issuer that this API trusts";
    /// No `aud`.
    AudMissing = "aud_missing", "the token has no `aud`";
    /// `aud` is neither a string nor a list of strings, or empty.
    AudType = "aud_type", "`aud` is not a string or a list of strings";
    /// `aud` lists too many values.
    AudTooMany = "aud_too_many", "`aud` lists too many values";
    /// `aud` does not name this API.
    AudMismatch = "aud_mismatch", "`aud` is not this API";
    /// No `exp`.
    ExpMissing = "exp_missing", "the token has no `exp`";
    /// `exp` is not an integer.
    ExpType = "exp_type", "`exp` is not an integer";
    /// `exp` is before 1970 or after 9999.
    ExpRange = "exp_range", "`exp` is out of range";
    /// The token is over.
    Expired = "expired", "the token has expired";
    /// `nbf` is not an integer within range.
    NbfType = "nbf_type", "`nbf` is not an integer within range";
    /// `nbf` lies ahead.
    NotYetValid = "not_yet_valid", "the token is not valid yet; check the clocks";
    /// No `iat`.
    IatMissing = "iat_missing", "the token has no `iat`";
    /// `iat` is not an integer within range.
    IatType = "iat_type", "`iat` is not an integer within range";
    /// `iat` lies ahead.
    IatFuture = "iat_future", "the token was issued in the future; check the clocks";
    /// The token lives longer than this API allows.
    LifetimeTooLong = "lifetime_too_long", "the token lives longer than this API allows";
    /// No `sub`.
    SubMissing = "sub_missing", "the token has no `sub`";
    /// `sub` is not a string.
    SubType = "sub_type", "`sub` is not a string";
    /// No `client_id`.
    ClientIdMissing = "client_id_missing", "the token has no `client_id`";
    /// `client_id` is not a string.
    ClientIdType = "client_id_type", "`client_id` is not a string";
    /// A user whose `sub` is the client's id, or an unknown kind of principal.
    PrincipalConflict = "principal_conflict", "`principal`, `sub` and `client_id` contradict";
    /// Another claim of the wrong type.
    ClaimType = "claim_type", "a claim of the token has the wrong type";
    /// `cnf`: tokens that are bound to a key are not taken yet.
    CnfNotYet = "cnf_not_yet", "the token is bound to a key (`cnf`), which is not supported yet";
    /// The claims by which watermarks name a token are missing or malformed.
    FreshnessClaims = "freshness_claims", "the token lacks its `cf_` claims";
    /// A part of an encrypted token has the wrong length.
    JwePart = "jwe_part", "a part of the encrypted token has the wrong length";
    /// An encrypted token whose `alg` is not the key's.
    JweAlgMismatch = "jwe_alg_mismatch", "`alg` is not the decryption key's algorithm";
    /// Encrypted to a key that this API does not have.
    JweKeyUnknown = "jwe_key_unknown", "the token is encrypted to another key";
    /// `epk` is missing, off the curve or private.
    JweEphemeralKey = "jwe_epk", "`epk` is not a public key on the key's curve";
    /// It does not decrypt.
    JweDecrypt = "jwe_decrypt", "the token does not decrypt";
    /// What is inside is not said to be a JWT.
    JweNotNested = "jwe_not_nested", "the encrypted token holds no JWT";
    /// What is inside is not signed.
    JweInnerUnsigned = "jwe_inner_unsigned", "the token inside the encryption is not signed";
    /// An encrypted token where this API has no key for any.
    JweNotExpected = "jwe_not_expected", "this API has no key for encrypted tokens";
    /// Begins like an opaque token and is none.
    OpaqueMalformed = "opaque_malformed", "the opaque token is damaged";
    /// No opaque token of this issuer for this API.
    OpaqueNotOurs = "opaque_not_ours", "the opaque token is not for this API, or damaged";
    /// An opaque token where this API verifies JWTs alone.
    OpaqueNotExpected = "opaque_not_expected", "this API takes JWTs, not opaque tokens";
    /// Named by a hard watermark.
    Revoked = "revoked", "the token was revoked";
    /// The issuer says that it is not active.
    Inactive = "inactive", "the token is not active";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl From<&HeaderError> for Reason {
    fn from(error: &HeaderError) -> Self {
        match error {
            HeaderError::TooLong { .. } => Self::HeaderTooLong,
            HeaderError::Base64(_) => Self::Base64,
            HeaderError::Json(_) => Self::HeaderJson,
            HeaderError::WrongType { .. } => Self::HeaderType,
            HeaderError::AlgMissing => Self::AlgMissing,
            HeaderError::AlgNone => Self::AlgNone,
            HeaderError::AlgSymmetric => Self::AlgSymmetric,
            HeaderError::AlgUnsupported => Self::AlgUnsupported,
            HeaderError::EncMissing | HeaderError::EncUnsupported => Self::EncUnsupported,
            HeaderError::Crit => Self::Crit,
            HeaderError::Unencoded => Self::Unencoded,
            HeaderError::Compressed => Self::Compressed,
            HeaderError::EncryptionMember { .. } => Self::EncryptionMember,
            HeaderError::KidTooLong { .. } => Self::KidTooLong,
            HeaderError::KidControl => Self::KidControl,
        }
    }
}

impl From<&JwsError> for Reason {
    fn from(error: &JwsError) -> Self {
        match error {
            JwsError::TooLong { .. } => Self::TokenTooLong,
            JwsError::JsonSerialization => Self::JsonSerialization,
            JwsError::Parts | JwsError::Encrypted => Self::Parts,
            JwsError::Header(error) => error.into(),
            JwsError::Payload(_) | JwsError::Signature(_) => Self::Base64,
            JwsError::AlgorithmMismatch { .. } => Self::AlgMismatch,
            JwsError::KidMismatch => Self::KidUnknown,
            JwsError::SignatureLength => Self::SignatureLength,
            JwsError::BadSignature => Self::BadSignature,
        }
    }
}

impl From<&JweError> for Reason {
    fn from(error: &JweError) -> Self {
        match error {
            JweError::TooLong { .. } => Self::TokenTooLong,
            JweError::JsonSerialization => Self::JsonSerialization,
            JweError::Parts | JweError::Signed => Self::Parts,
            JweError::Header(error) => error.into(),
            JweError::Base64 { .. } => Self::Base64,
            JweError::PartLength { .. } => Self::JwePart,
            JweError::AlgorithmMismatch { .. } => Self::JweAlgMismatch,
            JweError::KidMismatch => Self::JweKeyUnknown,
            JweError::EphemeralKey => Self::JweEphemeralKey,
            JweError::Decrypt | JweError::Encrypt => Self::JweDecrypt,
        }
    }
}

impl From<&NestedError> for Reason {
    fn from(error: &NestedError) -> Self {
        match error {
            NestedError::Outer(error) => error.into(),
            NestedError::NotNested | NestedError::NotText => Self::JweNotNested,
            // Bare claims, or a token that says itself that nobody signed it (CVE-2026-29000).
            NestedError::Inner(
                JwsError::JsonSerialization
                | JwsError::Parts
                | JwsError::Header(HeaderError::AlgNone),
            ) => Self::JweInnerUnsigned,
            NestedError::Inner(error) => error.into(),
        }
    }
}

impl From<&ClaimError> for Reason {
    fn from(error: &ClaimError) -> Self {
        let missing = matches!(error, ClaimError::Missing { .. } | ClaimError::Empty { .. });
        let out_of_range = matches!(error, ClaimError::OutOfRange { .. });
        let too_many = matches!(error, ClaimError::TooMany { .. });
        match error.name() {
            "iss" if missing => Self::IssMissing,
            "iss" => Self::IssType,
            "aud" if matches!(error, ClaimError::Missing { .. }) => Self::AudMissing,
            "aud" if too_many => Self::AudTooMany,
            "aud" => Self::AudType,
            "exp" if missing => Self::ExpMissing,
            "exp" if out_of_range => Self::ExpRange,
            "exp" => Self::ExpType,
            "nbf" => Self::NbfType,
            "iat" if missing => Self::IatMissing,
            "iat" => Self::IatType,
            "sub" if missing => Self::SubMissing,
            "sub" => Self::SubType,
            "client_id" | "azp" if missing => Self::ClientIdMissing,
            "client_id" | "azp" => Self::ClientIdType,
            "cf_epoch" | "cf_rev" | "cf_token_rev" | "cf_keys" => Self::FreshnessClaims,
            _ => Self::ClaimType,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_texts_fit_a_header() {
        let codes: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert!(!reason.text().contains(['"', '\\']), "{reason}");
        }
    }
}
