//! Client authentication: RFC 6749 §2.3, RFC 7523 §2.2. The registered method is enforced.

use std::{fmt, sync::Arc};

use base64_basic::decode_basic;
use counterfoil_jose::{
    Claims, Jwk, Limits, UnixTime, VerifyingKey, crypto, json::JsonLimits, jws,
};

use crate::{
    error::OAuthError,
    model::{Client, ClientAuthMethod, Digest, Effect},
    params::Params,
};

/// The only assertion type: RFC 7523 §2.2.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Longest life of an assertion, in seconds: its `jti` is remembered that long.
pub const ASSERTION_LIFETIME_SECS_MAX: i64 = 600;

/// How far a client's clock may run ahead, in seconds: FAPI 2.0 Security Profile §5.3.2.1.
pub const CLOCK_SKEW_SECS: i64 = 10;

/// Most keys of a client that are tried; rotation needs two.
const CLIENT_KEYS_MAX: usize = 8;

/// Longest secret compared.
const SECRET_CHARS_MAX: usize = 512;

/// A client that has proven itself (or is public and has nothing to prove).
#[derive(Clone, Debug)]
pub struct AuthenticatedClient {
    client: Arc<Client>,
    assertion: Option<Effect>,
}

impl AuthenticatedClient {
    /// The client.
    #[must_use]
    pub const fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// What must be committed for the proof to count: an assertion is used once.
    #[must_use]
    pub const fn effect(&self) -> Option<&Effect> {
        self.assertion.as_ref()
    }

    /// Whether the client proved possession of a secret or key.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.client.settings.token_endpoint_auth_method != ClientAuthMethod::None
    }
}

/// What a request presents, before anything is known about the client.
#[derive(Clone)]
pub struct PresentedClient {
    /// The `client_id` it names.
    pub client_id: String,
    /// Whether the `Authorization` header was used, so that a refusal is a 401 with a challenge.
    pub by_header: bool,
    proof: Proof,
}

#[derive(Clone)]
enum Proof {
    None,
    /// The same header read plainly and form-decoded: many clients skip the encoding of
    /// RFC 6749 §2.3.1.
    Basic {
        plain: String,
        decoded: String,
    },
    Post(String),
    Assertion(String),
}

impl fmt::Debug for PresentedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PresentedClient({})", self.client_id)
    }
}

/// Why a client was refused, for its own operator's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthError {
    /// No such client.
    Unknown,
    /// Another method than the registered one.
    WrongMethod,
    /// The secret doesn't match.
    WrongSecret,
    /// The assertion is no acceptable JWT.
    MalformedAssertion,
    /// No registered key has made the signature.
    BadSignature,
    /// `iss` and `sub` aren't the client.
    WrongSubject,
    /// `aud` isn't the issuer.
    WrongAudience,
    /// Expired, from the future, or too long-lived.
    BadTime,
    /// No `jti`.
    NoJti,
}

impl PresentedClient {
    /// Collects what a request presents.
    ///
    /// # Errors
    /// `invalid_request` for two methods at once, `invalid_client` for none.
    pub fn parse(authorization: Option<&str>, params: &Params) -> Result<Self, OAuthError> {
        let assertion = params.get("client_assertion");
        let secret = params.get("client_secret");
        let basic = authorization.and_then(decode_basic);
        if authorization.is_some() && basic.is_none() {
            return Err(OAuthError::invalid_client());
        }
        let presented = usize::from(assertion.is_some())
            + usize::from(secret.is_some())
            + usize::from(basic.is_some());
        if presented > 1 {
            return Err(OAuthError::invalid_request(
                "more than one client authentication method; send one",
            ));
        }
        let named = params.get("client_id").map(str::to_owned);
        if let Some(basic) = basic {
            if named.as_ref().is_some_and(|id| *id != basic.id_decoded && *id != basic.id_plain) {
                return Err(OAuthError::invalid_request(
                    "`client_id` is not the authenticated one",
                ));
            }
            let client_id = named.unwrap_or(basic.id_decoded);
            let proof = Proof::Basic { plain: basic.secret_plain, decoded: basic.secret_decoded };
            return Ok(Self { client_id, by_header: true, proof });
        }
        if let Some(assertion) = assertion {
            return Self::from_assertion(assertion, params, named);
        }
        let client_id = named.ok_or_else(OAuthError::invalid_client)?;
        let proof = secret.map_or(Proof::None, |secret| Proof::Post(secret.to_owned()));
        Ok(Self { client_id, by_header: false, proof })
    }

    fn from_assertion(
        assertion: &str,
        params: &Params,
        named: Option<String>,
    ) -> Result<Self, OAuthError> {
        if params.get("client_assertion_type") != Some(JWT_BEARER) {
            return Err(OAuthError::invalid_request(format!(
                "`client_assertion_type` must be `{JWT_BEARER}`"
            )));
        }
        // RFC 7521 §4.2: `client_id` is optional; the assertion's unverified subject says whose
        // key to try, and the verified one is compared again.
        let client_id = match named {
            Some(id) => id,
            None => unverified_subject(assertion).ok_or_else(OAuthError::invalid_client)?,
        };
        let proof = Proof::Assertion(assertion.to_owned());
        Ok(Self { client_id, by_header: false, proof })
    }

    /// Whether this presents a bare `client_id`.
    #[must_use]
    pub const fn is_unproven(&self) -> bool {
        matches!(self.proof, Proof::None)
    }
}

/// What an assertion must name as its audience.
#[derive(Clone, Debug)]
pub struct AssertionContext<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The token endpoint's URL, for clients that are allowed to name it.
    pub token_endpoint: &'a str,
    /// The moment.
    pub now: UnixTime,
}

/// Proves a client.
///
/// # Errors
/// The cause, for the log; the wire says `invalid_client` for all of them.
pub fn authenticate(
    presented: &PresentedClient,
    client: Option<Arc<Client>>,
    context: &AssertionContext<'_>,
) -> Result<AuthenticatedClient, ClientAuthError> {
    let client = client.ok_or(ClientAuthError::Unknown)?;
    let method = client.settings.token_endpoint_auth_method;
    let assertion = match (&presented.proof, method) {
        (Proof::None, ClientAuthMethod::None) => None,
        (Proof::Basic { plain, decoded }, ClientAuthMethod::ClientSecretBasic) => {
            check_secret(&client, &[plain, decoded])?;
            None
        }
        (Proof::Post(secret), ClientAuthMethod::ClientSecretPost) => {
            check_secret(&client, &[secret])?;
            None
        }
        (Proof::Assertion(jwt), ClientAuthMethod::PrivateKeyJwt) => {
            Some(check_assertion(&client, jwt, context)?)
        }
        _ => return Err(ClientAuthError::WrongMethod),
    };
    Ok(AuthenticatedClient { client, assertion })
}

/// The stored form of a client secret. Secrets have full entropy, so a fast hash is enough.
#[must_use]
pub fn hash_secret(secret: &str) -> Digest {
    Digest(crypto::sha256(&[b"counterfoil client secret\0", secret.as_bytes()].concat()))
}

fn check_secret(client: &Client, candidates: &[&String]) -> Result<(), ClientAuthError> {
    let stored = client.secret.as_ref().ok_or(ClientAuthError::WrongSecret)?;
    let mut matched = false;
    for candidate in candidates.iter().filter(|secret| secret.len() <= SECRET_CHARS_MAX) {
        matched |= hash_secret(candidate).matches(stored);
    }
    if matched { Ok(()) } else { Err(ClientAuthError::WrongSecret) }
}

fn unverified_subject(assertion: &str) -> Option<String> {
    let payload = assertion.split('.').nth(1)?;
    let payload = counterfoil_jose::b64::decode(payload).ok()?;
    let claims = Claims::parse(&payload, JsonLimits::DEFAULT).ok()?;
    claims.string("sub").ok()?.map(str::to_owned)
}

fn check_assertion(
    client: &Client,
    jwt: &str,
    context: &AssertionContext<'_>,
) -> Result<Effect, ClientAuthError> {
    let verified = verify_signature(client, jwt)?;
    let claims = verified.claims().map_err(|_| ClientAuthError::MalformedAssertion)?;
    let text = |name| claims.string(name).map_err(|_| ClientAuthError::MalformedAssertion);
    if text("iss")? != Some(&client.client_id) || text("sub")? != Some(&client.client_id) {
        return Err(ClientAuthError::WrongSubject);
    }
    check_audience(client, &claims, context)?;
    let date = |name| claims.numeric_date(name).map_err(|_| ClientAuthError::BadTime);
    let expires_at = date("exp")?.ok_or(ClientAuthError::BadTime)?;
    let left = expires_at.since(context.now);
    if left <= 0 || left > ASSERTION_LIFETIME_SECS_MAX {
        return Err(ClientAuthError::BadTime);
    }
    for name in ["iat", "nbf"] {
        if date(name)?.is_some_and(|at| at.since(context.now) > CLOCK_SKEW_SECS) {
            return Err(ClientAuthError::BadTime);
        }
    }
    let jti = text("jti")?.filter(|jti| !jti.is_empty()).ok_or(ClientAuthError::NoJti)?;
    let jti = Digest(crypto::sha256(jti.as_bytes()));
    Ok(Effect::UseAssertion { client: client.id, jti, expires_at })
}

fn verify_signature(client: &Client, jwt: &str) -> Result<jws::Verified, ClientAuthError> {
    let jwks = client.settings.jwks.as_ref().ok_or(ClientAuthError::BadSignature)?;
    let keys = jwks.get("keys").and_then(serde_json::Value::as_array);
    let token = jws::Unverified::parse(jwt, &Limits::DEFAULT)
        .map_err(|_| ClientAuthError::MalformedAssertion)?;
    let algorithm = token.header().algorithm();
    let key = keys
        .into_iter()
        .flatten()
        .take(CLIENT_KEYS_MAX)
        .filter_map(|jwk| VerifyingKey::from_jwk(&Jwk::from_json(jwk).ok()?).ok())
        .filter(|key| key.algorithm() == algorithm)
        .find(|key| token.header().kid().is_none_or(|kid| kid == key.kid()))
        .ok_or(ClientAuthError::BadSignature)?;
    token.verify(&key).map_err(|_| ClientAuthError::BadSignature)
}

fn check_audience(
    client: &Client,
    claims: &Claims<'_>,
    context: &AssertionContext<'_>,
) -> Result<(), ClientAuthError> {
    let audience = claims.require_audience().map_err(|_| ClientAuthError::WrongAudience)?;
    let slashed = format!("{}/", context.issuer);
    let lax = client.settings.lax_assertion_audience;
    let ours = |aud: &str| {
        aud == context.issuer || (lax && (aud == context.token_endpoint || aud == slashed))
    };
    // The issuer, as a single string: anything else may be meant for another server
    // (RFC 7523bis; FAPI 2.0 Security Profile §5.3.2.1).
    let named = audience.single().is_some_and(ours) || (lax && audience.iter().any(ours));
    if named { Ok(()) } else { Err(ClientAuthError::WrongAudience) }
}

/// HTTP Basic: RFC 7617.
mod base64_basic {
    use base64::{Engine, engine::general_purpose::STANDARD};

    pub(super) struct Basic {
        pub(super) id_plain: String,
        pub(super) id_decoded: String,
        pub(super) secret_plain: String,
        pub(super) secret_decoded: String,
    }

    pub(super) fn decode_basic(header: &str) -> Option<Basic> {
        let (scheme, encoded) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > 4096 {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some(Basic {
            id_decoded: form_decode(id),
            secret_decoded: form_decode(secret),
            id_plain: id.to_owned(),
            secret_plain: secret.to_owned(),
        })
    }

    fn form_decode(text: &str) -> String {
        let pair = format!("v={}", text.replace('&', "%26").replace('=', "%3D"));
        form_urlencoded::parse(pair.as_bytes()).next().map_or_else(String::new, |(_, v)| v.into())
    }
}
