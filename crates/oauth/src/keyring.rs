//! The issuer's keys, opened and ready: what seals, what signs, what everything is derived from.

use std::{collections::HashMap, fmt, sync::Arc};

use counterfoil_jose::{
    Jwk, JwkSet, JwsAlgorithm, SigningKey, VerifyingKey, b64,
    crypto::{HmacKey, SealKey, Secret32, derive, sha256},
    jws,
};

use crate::{
    model::{ApiId, Target},
    token::{
        opaque::{self, OpaqueToken},
        sealed::Sealer,
    },
};

/// One signing key in its present state.
pub struct SigningEntry {
    /// The key.
    pub key: SigningKey,
    /// Whether new tokens are signed with it; otherwise it is only published.
    pub active: bool,
}

/// What a keyring is made of.
pub struct KeyringParts {
    /// The issuer.
    pub issuer: String,
    /// Root of all derived keys.
    pub root: Secret32,
    /// Sealing keys by stored kid, the active one first.
    pub seal: Vec<(String, Secret32)>,
    /// Signing keys, published ones included.
    pub signing: Vec<SigningEntry>,
    /// The feed's key, never in the common JWKS.
    pub feed: SigningKey,
}

/// The issuer's keys, ready to use. Rebuilt when a key moves.
pub struct Keyring {
    issuer: String,
    root: Secret32,
    seals: Vec<Seals>,
    signers: HashMap<(JwsAlgorithm, &'static str), jws::Signer>,
    published: Vec<Jwk>,
    verifying: Vec<VerifyingKey>,
    refresh: HmacKey,
    feed: Arc<SigningKey>,
}

struct Seals {
    kid: [u8; 4],
    access: SealKey,
    code: SealKey,
    interaction: SealKey,
}

/// The `typ`s that the issuer signs under.
pub const TYPS: [&str; 3] = ["JWT", "at+jwt", "token-introspection+jwt"];

const NAME_AAD: &[u8] = b"counterfoil jti";

/// One API's derived keys.
pub struct ApiKeys {
    /// The outer MAC of its opaque tokens; its guards hold it too.
    pub mac: HmacKey,
    /// The same, to hand to its guards.
    pub mac_secret: Secret32,
    /// Keys the ids in its feed and tokens.
    pub feed_secret: Secret32,
}

impl Keyring {
    /// Prepares keys for use.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn new(parts: KeyringParts) -> Result<Self, &'static str> {
        if parts.seal.is_empty() {
            return Err("no sealing key");
        }
        let mut signers = HashMap::new();
        let mut verifying = Vec::new();
        let mut published = Vec::new();
        for entry in parts.signing {
            verifying.push(entry.key.verifying_key());
            published.push(entry.key.public_jwk());
            if entry.active {
                let algorithm = entry.key.algorithm();
                let key = Arc::new(entry.key);
                for typ in TYPS {
                    let signer = jws::Signer::new(Arc::clone(&key), &jws::JwsHeader::typ(typ));
                    signers.entry((algorithm, typ)).or_insert(signer);
                }
            }
        }
        let seals = parts.seal.iter().map(|(kid, secret)| Seals::new(kid, secret)).collect();
        let refresh = HmacKey::new(derive(&parts.root, &[b"refresh"]).expose());
        let KeyringParts { issuer, root, feed, .. } = parts;
        let feed = Arc::new(feed);
        Ok(Self { issuer, root, seals, signers, published, verifying, refresh, feed })
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The signer for an algorithm and `typ`, if the issuer has an active key for it.
    #[must_use]
    pub fn signer(&self, algorithm: JwsAlgorithm, typ: &str) -> Option<&jws::Signer> {
        let typ = TYPS.into_iter().find(|known| *known == typ)?;
        self.signers.get(&(algorithm, typ))
    }

    /// The algorithms that an active key serves.
    #[must_use]
    pub fn algorithms(&self) -> Vec<JwsAlgorithm> {
        let mut algorithms: Vec<_> =
            self.signers.keys().filter(|(_, typ)| *typ == "JWT").map(|(alg, _)| *alg).collect();
        algorithms.sort_by_key(|alg| alg.as_str());
        algorithms
    }

    /// The public JWK Set.
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        JwkSet::from_keys(self.published.clone())
    }

    /// The key with this kid, for tokens that come back to the issuer.
    #[must_use]
    pub fn verifying_key(&self, kid: &str) -> Option<&VerifyingKey> {
        self.verifying.iter().find(|key| key.kid() == kid)
    }

    /// The feed's signing key.
    #[must_use]
    pub const fn feed(&self) -> &Arc<SigningKey> {
        &self.feed
    }

    /// The key of refresh tokens.
    #[must_use]
    pub const fn refresh(&self) -> &HmacKey {
        &self.refresh
    }

    /// Derives one API's keys; `None` is the issuer's own UserInfo endpoint.
    #[must_use]
    pub fn api(&self, api: Option<ApiId>) -> ApiKeys {
        let id = api.map_or(0, ApiId::get).to_be_bytes();
        let mac_secret = derive(&self.root, &[b"api mac", &id]);
        let feed_secret = derive(&self.root, &[b"api feed", &id]);
        ApiKeys { mac: HmacKey::new(mac_secret.expose()), mac_secret, feed_secret }
    }

    /// A secret of the issuer for one purpose, such as keying cookies or sessions.
    #[must_use]
    pub fn derived(&self, purpose: &[u8]) -> Secret32 {
        derive(&self.root, &[b"purpose", purpose])
    }

    /// A user's `sub` for one sector: OpenID Connect Core §8.1. Deterministic, not reversible,
    /// distinct per sector.
    #[must_use]
    pub fn pairwise(&self, sector: &str, sub: &str) -> String {
        let key = derive(&self.root, &[b"pairwise", sector.as_bytes()]);
        let tag = HmacKey::new(key.expose()).tag(&[sub.as_bytes()]);
        b64::encode(tag.get(..16).unwrap_or_default())
    }

    /// A session's `sid` for one client: keyed, so that two clients can't join their users by it.
    #[must_use]
    pub fn sid(&self, session: &Target, client_id: &str) -> String {
        let key = derive(&self.root, &[b"sid", client_id.as_bytes()]);
        let tag = HmacKey::new(key.expose()).tag(&[&session.bytes()]);
        b64::encode(tag.get(..16).unwrap_or_default())
    }

    /// The active keys for an API's opaque tokens.
    #[must_use]
    pub fn sealing<'a>(&'a self, api: &'a ApiKeys) -> Option<opaque::SealingKeys<'a>> {
        let seals = self.seals.first()?;
        let (kid, seal) = (seals.kid, &seals.access);
        Some(opaque::SealingKeys { issuer: &self.issuer, kid, seal, mac: &api.mac })
    }

    /// Opens an opaque token with the key it names. Its MAC must still be checked under the key of
    /// the API that it turns out to be for.
    #[must_use]
    pub fn open(&self, handle: &opaque::Handle) -> Option<opaque::OpaqueToken> {
        let seals = self.seals.iter().find(|seals| seals.kid == handle.kid())?;
        handle.open(&self.issuer, &seals.access)
    }

    /// Names a JWT or JWE access token: its `jti` is what an opaque token would hold, sealed, so
    /// that the issuer can introspect and revoke every format alike, and nobody else learns
    /// anything from it.
    #[must_use]
    pub fn name_token(&self, token: &OpaqueToken, nonce: [u8; 12]) -> Option<String> {
        let seals = self.seals.first()?;
        let mut bytes = seals.kid.to_vec();
        bytes.extend_from_slice(&nonce);
        bytes.extend(seals.access.seal(nonce, NAME_AAD, &token.encode()));
        Some(b64::encode(&bytes))
    }

    /// Reads what [`Keyring::name_token`] made.
    #[must_use]
    pub fn read_name(&self, jti: &str) -> Option<OpaqueToken> {
        let bytes = b64::decode(jti).ok()?;
        let (kid, rest) = bytes.split_first_chunk::<4>()?;
        let (nonce, sealed) = rest.split_first_chunk::<12>()?;
        let seals = self.seals.iter().find(|seals| seals.kid == *kid)?;
        OpaqueToken::decode(&seals.access.open(*nonce, NAME_AAD, sealed)?, *nonce)
    }

    /// Seals authorization codes.
    #[must_use]
    pub fn seal_code<T: serde::Serialize>(&self, value: &T, nonce: [u8; 12]) -> Option<String> {
        self.sealer(self.seals.first()?, Kind::Code).seal(value, nonce)
    }

    /// Opens an authorization code.
    #[must_use]
    pub fn open_code<T: serde::de::DeserializeOwned>(&self, text: &str) -> Option<T> {
        self.seals.iter().find_map(|seals| self.sealer(seals, Kind::Code).open(text))
    }

    /// Seals the state that a browser carries.
    #[must_use]
    pub fn seal_interaction<T: serde::Serialize>(
        &self,
        value: &T,
        nonce: [u8; 12],
    ) -> Option<String> {
        self.sealer(self.seals.first()?, Kind::Interaction).seal(value, nonce)
    }

    /// Opens the state that a browser carried.
    #[must_use]
    pub fn open_interaction<T: serde::de::DeserializeOwned>(&self, text: &str) -> Option<T> {
        self.seals.iter().find_map(|seals| self.sealer(seals, Kind::Interaction).open(text))
    }

    fn sealer<'a>(&'a self, seals: &'a Seals, kind: Kind) -> Sealer<'a> {
        let (prefix, key) = match kind {
            Kind::Code => (crate::token::authorization_code::PREFIX, &seals.code),
            Kind::Interaction => ("cf_in_", &seals.interaction),
        };
        Sealer { prefix, issuer: &self.issuer, key }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Code,
    Interaction,
}

impl Seals {
    fn new(kid: &str, secret: &Secret32) -> Self {
        let key = |purpose: &[u8]| SealKey::new(&derive(secret, &[purpose]));
        let digest = sha256(kid.as_bytes());
        let [a, b, c, d, ..] = digest;
        Self {
            kid: [a, b, c, d],
            access: key(b"access token"),
            code: key(b"authorization code"),
            interaction: key(b"interaction"),
        }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({}, {} keys)", self.issuer, self.verifying.len())
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeys(…)")
    }
}
