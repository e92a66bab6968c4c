//! What every request handler shares.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use arc_swap::ArcSwap;
use counterfoil_feed::FeedSigner;
use counterfoil_jose::{UnixTime, crypto};
use counterfoil_oauth::{
    keyring::Keyring,
    model::{ApiId, Batch, IssuerId, Revision},
};
use counterfoil_store::{CommitError, Committed, Store};
use papaya::HashMap;
use tokio::sync::watch;

use crate::{
    alive::Alive,
    browser::Cookies,
    config::Config,
    facts::Facts,
    feed::{ApiSecrets, Hub},
    metrics::Metrics,
    nodes::Nodes,
    password::Passwords,
    permissions::{PermissionApi, live::Permissions},
    throttle::Throttle,
};

/// What every request handler shares.
pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) cookies: Cookies,
    pub(crate) store: Store,
    pub(crate) iss: IssuerId,
    pub(crate) facts: Facts,
    pub(crate) alive: Alive,
    pub(crate) hub: Hub,
    pub(crate) nodes: Nodes,
    pub(crate) passwords: Passwords,
    pub(crate) permissions: Permissions,
    pub(crate) permission_api: PermissionApi,
    pub(crate) throttle: Throttle,
    pub(crate) metrics: Metrics,
    pub(crate) applied: watch::Sender<Revision>,
    /// Set when the server stops: streams that would last for ever end.
    pub(crate) stopping: watch::Sender<bool>,
    /// Development mode can stop the feed to show what happens.
    pub(crate) feed_running: AtomicBool,
    epoch: AtomicU64,
    keyring: ArcSwap<Keyring>,
    feed_signer: FeedSigner,
    documents: ArcSwap<Documents>,
    api_secrets: HashMap<Option<ApiId>, Arc<ApiSecrets>>,
    userinfo: String,
    token_endpoint: String,
}

/// Documents that change only with a key, rendered once.
pub(crate) struct Documents {
    pub(crate) metadata: bytes::Bytes,
    pub(crate) jwks: bytes::Bytes,
}

/// What a state is made of.
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) iss: IssuerId,
    pub(crate) epoch: u64,
    pub(crate) head: Revision,
    pub(crate) keyring: Keyring,
    pub(crate) feed_signer: FeedSigner,
    /// Since when leases may run that an earlier process granted, by the boot clock.
    pub(crate) leases_since_ms: u64,
}

impl State {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let issuer = parts.config.issuer.clone();
        let documents = Documents::render(&parts.keyring);
        let metrics = Metrics::new();
        Arc::new(Self {
            facts: Facts::new(parts.store.clone(), parts.iss),
            alive: Alive::new(parts.head),
            hub: Hub::new(parts.leases_since_ms),
            nodes: Nodes::new(parts.store.engine(), parts.config.clock.boot_ms()),
            passwords: Passwords::new(),
            permissions: Permissions::new(
                parts.store.permissions(parts.iss),
                parts.config.permissions.clone(),
                metrics.permissions.clone(),
                Arc::clone(&parts.config.clock),
            ),
            permission_api: PermissionApi::new(&parts.keyring),
            throttle: Throttle::default(),
            metrics,
            applied: watch::Sender::new(parts.head),
            stopping: watch::Sender::new(false),
            feed_running: AtomicBool::new(true),
            epoch: AtomicU64::new(parts.epoch),
            feed_signer: parts.feed_signer,
            keyring: ArcSwap::from_pointee(parts.keyring),
            documents: ArcSwap::from_pointee(documents),
            api_secrets: HashMap::new(),
            userinfo: format!("{issuer}{}", counterfoil_oauth::metadata::paths::USERINFO),
            token_endpoint: format!("{issuer}{}", counterfoil_oauth::metadata::paths::TOKEN),
            cookies: Cookies::new(&parts.config),
            config: parts.config,
            store: parts.store,
            iss: parts.iss,
        })
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.config.issuer
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.config.clock.now()
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.config.clock.now_ms()
    }

    /// The UserInfo endpoint, which is also the audience of tokens for it.
    pub(crate) fn userinfo(&self) -> &str {
        &self.userinfo
    }

    pub(crate) fn token_endpoint(&self) -> &str {
        &self.token_endpoint
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    pub(crate) fn set_epoch(&self, epoch: u64) {
        self.epoch.store(epoch, Ordering::Release);
    }

    pub(crate) fn keyring(&self) -> Arc<Keyring> {
        self.keyring.load_full()
    }

    /// Signs frames, leases and receipts. Its key never rotates: running guards pin it.
    pub(crate) const fn feed_signer(&self) -> &FeedSigner {
        &self.feed_signer
    }

    pub(crate) fn documents(&self) -> Arc<Documents> {
        self.documents.load_full()
    }

    /// Takes up a changed set of keys.
    pub(crate) fn set_keyring(&self, keyring: Keyring) {
        self.documents.store(Arc::new(Documents::render(&keyring)));
        self.keyring.store(Arc::new(keyring));
        self.api_secrets.pin().clear();
    }

    /// An API's derived keys. Deriving costs some microseconds, so they are kept; there is one
    /// entry per registered API.
    pub(crate) fn api_secrets(&self, api: Option<ApiId>) -> Arc<ApiSecrets> {
        let map = self.api_secrets.pin();
        if let Some(keys) = map.get(&api) {
            return Arc::clone(keys);
        }
        let keys = Arc::new(ApiSecrets::new(self.keyring.load().api(api)));
        map.insert(api, Arc::clone(&keys));
        keys
    }

    /// The revision that decisions made now are stamped with: everything up to it is known here.
    pub(crate) fn revision(&self) -> Revision {
        *self.applied.borrow()
    }

    /// Commits and waits until this node has applied what was committed, so that whoever asked
    /// reads their own write.
    pub(crate) async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        let changes = !batch.changes.is_empty();
        let committed = self.store.commit(self.iss, batch).await?;
        if changes {
            let mut applied = self.applied.subscribe();
            // The sender lives as long as the state does.
            let _: Result<_, _> = applied.wait_for(|at| *at >= committed.revision).await;
        }
        Ok(committed)
    }

    /// Draws random bytes.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        crypto::random::<N>()
    }
}

impl Documents {
    fn render(keyring: &Keyring) -> Self {
        let algorithms: Vec<&str> = keyring.algorithms().iter().map(|alg| alg.as_str()).collect();
        let mut claims = vec!["sub", "iss", "auth_time", "amr", "sid", "groups", "roles"];
        for scope in counterfoil_oauth::scope::OPENID_SCOPES {
            claims.extend(counterfoil_oauth::scope::claims_of(scope));
        }
        let metadata =
            counterfoil_oauth::metadata::document(keyring.issuer(), &algorithms, &claims);
        Self {
            metadata: bytes::Bytes::from(metadata.to_string()),
            jwks: bytes::Bytes::from(keyring.jwks().to_json().to_string()),
        }
    }
}
