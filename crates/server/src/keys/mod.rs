//! The issuer's keys: made by the server, sealed at rest, published before use, rotated and
//! retired by themselves.

mod rotate;
mod seal;

use std::fmt;

use counterfoil_jose::{
    JwsAlgorithm, SigningKey,
    crypto::{Secret32, random},
};
use counterfoil_oauth::{
    keyring::{Keyring, KeyringParts, SigningEntry},
    model::{Batch, Effect, IssuerId, KeyPurpose, KeyState, StoredKey},
};
use counterfoil_store::{CommitError, Store, StoreError};

use crate::{config::Config, state::State};

pub(crate) use rotate::{JWKS_MAX_AGE_SECS, Rotation, rotate, run};
pub use seal::KeyError;

/// The algorithms an issuer has a key for from the start: RS256 because OpenID Connect demands it,
/// ES256 and EdDSA because they sign thirty times faster.
const ALGORITHMS: [JwsAlgorithm; 4] =
    [JwsAlgorithm::Rs256, JwsAlgorithm::Ps256, JwsAlgorithm::Es256, JwsAlgorithm::EdDsa];

/// Keys to begin with, for development: fixed, so that documentation can be pasted.
#[derive(Debug)]
pub struct FirstKeys {
    /// Root of all derived keys.
    pub root: Secret32,
    /// Seals opaque tokens.
    pub seal: Secret32,
    /// Signs frames.
    pub feed: SigningKey,
    /// Sign tokens.
    pub signing: Vec<SigningKey>,
}

impl FirstKeys {
    /// Draws keys.
    ///
    /// # Errors
    /// When the cryptographic library can't make one.
    pub fn generate() -> Result<Self, KeyError> {
        let make = |alg| SigningKey::generate(alg).map_err(|_| KeyError::Generate);
        Ok(Self {
            root: Secret32::random(),
            seal: Secret32::random(),
            feed: make(JwsAlgorithm::EdDsa)?,
            signing: ALGORITHMS.into_iter().map(make).collect::<Result<_, _>>()?,
        })
    }
}

/// Loads the issuer's keys, making the first ones when there are none.
pub(crate) async fn open(
    config: &Config,
    store: &Store,
    iss: IssuerId,
    first: impl FnOnce() -> Result<FirstKeys, KeyError>,
) -> Result<Keyring, OpenError> {
    let stored = store.keys(iss).await.map_err(OpenError::Store)?.value;
    if !stored.is_empty() {
        return build(config, &stored).map_err(OpenError::Key);
    }
    let batch = first_batch(config, &first().map_err(OpenError::Key)?);
    match store.commit(iss, batch).await {
        // Another node was first; its keys are the issuer's.
        Ok(_) | Err(CommitError::Conflict(_)) => {}
        Err(error) => return Err(OpenError::Commit(error)),
    }
    let stored = store.keys(iss).await.map_err(OpenError::Store)?.value;
    build(config, &stored).map_err(OpenError::Key)
}

/// Loads the keys again after one has moved.
pub(crate) async fn load(state: &State) -> Result<Keyring, OpenError> {
    let stored = state.store.keys(state.iss).await.map_err(OpenError::Store)?.value;
    build(&state.config, &stored).map_err(OpenError::Key)
}

/// Why the keys can't be used.
#[derive(Debug)]
pub enum OpenError {
    /// The database.
    Store(StoreError),
    /// The database.
    Commit(CommitError),
    /// A key.
    Key(KeyError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Commit(error) => error.fmt(f),
            Self::Key(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}

fn first_batch(config: &Config, first: &FirstKeys) -> Batch {
    let now = config.clock.now();
    let kek = &config.key_encryption_key;
    let key = |kid: String, purpose: KeyPurpose, bytes: &[u8]| {
        Effect::InsertKey(StoredKey {
            secret: seal::seal(kek, &config.issuer, &kid, bytes),
            kid,
            purpose,
            state: KeyState::Active,
            created_at: now,
            state_since: now,
        })
    };
    let mut effects = vec![
        // Fixed names: of two nodes that start at once only one can insert them.
        key("root-1".into(), KeyPurpose::Derive, first.root.expose()),
        key("seal-1".into(), KeyPurpose::Seal, first.seal.expose()),
        key(first.feed.kid().into(), KeyPurpose::Feed, first.feed.to_pkcs8().expose()),
    ];
    for signing in &first.signing {
        let purpose = KeyPurpose::Sign(signing.algorithm().as_str().to_owned());
        effects.push(key(signing.kid().to_owned(), purpose, signing.to_pkcs8().expose()));
    }
    Batch { effects, ..Batch::default() }
}

fn build(config: &Config, stored: &[StoredKey]) -> Result<Keyring, KeyError> {
    let mut root = None;
    let mut feed = None;
    let mut seals = Vec::new();
    let mut signing = Vec::new();
    for key in stored.iter().filter(|key| key.state != KeyState::Retired) {
        let secret = seal::open(&config.key_encryption_key, &config.issuer, key)?;
        let active = key.state == KeyState::Active;
        match &key.purpose {
            KeyPurpose::Derive => root = Some(seal::secret32(key, &secret)?),
            KeyPurpose::Seal => {
                let entry = (key.kid.clone(), seal::secret32(key, &secret)?);
                seals.insert(if active { 0 } else { seals.len() }, entry);
            }
            KeyPurpose::Feed => feed = Some(seal::signing(key, "EdDSA", &secret)?),
            KeyPurpose::Sign(alg) => {
                signing.push(SigningEntry { key: seal::signing(key, alg, &secret)?, active });
            }
        }
    }
    let missing = |what| move || KeyError::Missing(what);
    let parts = KeyringParts {
        issuer: config.issuer.clone(),
        root: root.ok_or_else(missing("root"))?,
        seal: seals,
        signing,
        feed: feed.ok_or_else(missing("feed"))?,
    };
    Keyring::new(parts).map_err(KeyError::Missing)
}

/// A random name for a key without a thumbprint.
pub(crate) fn random_name(prefix: &str) -> String {
    format!("{prefix}-{}", counterfoil_jose::b64::encode(&random::<9>()))
}
