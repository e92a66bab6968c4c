use std::{fmt, sync::Arc, time::Duration};

use counterfoil_feed::{FeedName, Follower, FollowerConfig};
use counterfoil_jose::DecryptionKey;
use counterfoil_verifier::{ClaimsFrom, Config, ConfigError, Issuer, Verifier};

use crate::{
    ApiCredential, Clock, Guard, SystemClock,
    ask::{Inner, Parts},
    follow,
    http::Http,
};

/// How long [`Guard::connect`] waits.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a guard can't be made, or isn't ready.
#[derive(Debug)]
pub enum ConnectError {
    /// The configuration contradicts itself.
    Config(ConfigError),
    /// The HTTP client can't be made.
    Http(String),
    /// An issuer's metadata is another issuer's (RFC 8414 §3.3).
    OtherIssuer {
        /// What was configured.
        configured: String,
        /// What the issuer calls itself.
        named: String,
    },
    /// The issuer did not let this guard become fresh in time.
    NotFresh {
        /// The last thing that went wrong, if anything did.
        because: Option<String>,
    },
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Http(error) => write!(f, "the HTTP client can't be made: {error}"),
            Self::OtherIssuer { configured, named } => {
                let same = configured.chars().zip(named.chars()).take_while(|(a, b)| a == b);
                write!(
                    f,
                    "the issuer calls itself `{named}`, but `{configured}` is configured: they \
                     differ from character {} on",
                    same.count() + 1
                )
            }
            Self::NotFresh { because: Some(why) } => {
                write!(f, "the issuer did not let this guard become fresh: {why}")
            }
            Self::NotFresh { because: None } => {
                f.write_str("the issuer did not let this guard become fresh in time")
            }
        }
    }
}

impl std::error::Error for ConnectError {}

/// A guard's configuration.
#[derive(Debug)]
pub struct GuardBuilder {
    config: Config,
    resource: String,
    native: Option<Issuer>,
    credentials: Vec<(String, ApiCredential)>,
    longest_grace: Duration,
    clock: Arc<dyn Clock>,
}

impl GuardBuilder {
    pub(crate) fn new(resource: &str) -> Self {
        Self {
            config: Config::new(resource),
            resource: resource.to_owned(),
            native: None,
            credentials: Vec::new(),
            longest_grace: Duration::ZERO,
            clock: SystemClock::shared(),
        }
    }

    /// Trusts a Counterfoil issuer and follows its feed with this API's own credential.
    #[must_use]
    pub fn counterfoil(mut self, issuer: &str, credential: ApiCredential) -> Self {
        self.native = Some(Issuer::counterfoil(issuer));
        self.credentials.push((issuer.to_owned(), credential));
        self
    }

    /// Says where the claims of the followed issuer's JWTs come from: its answers, which is the
    /// default and can hold more than a token should, or the tokens themselves.
    #[must_use]
    pub fn claims(mut self, from: ClaimsFrom) -> Self {
        self.native = self.native.map(|issuer| issuer.claims(from));
        self
    }

    /// Trusts any other issuer, at level 0: its published keys, and its answers for a while.
    #[must_use]
    pub fn trust(mut self, issuer: Issuer) -> Self {
        self.config = self.config.issuer(issuer);
        self
    }

    /// The credential for introspection at a trusted issuer.
    #[must_use]
    pub fn credential(mut self, issuer: &str, credential: ApiCredential) -> Self {
        self.credentials.push((issuer.to_owned(), credential));
        self
    }

    /// Adds a key that this API's `jwe` tokens are encrypted to.
    #[must_use]
    pub fn decryption_key(mut self, key: DecryptionKey) -> Self {
        self.config = self.config.decryption_key(Arc::new(key));
        self
    }

    /// The longest grace of any route that is marked `stale_ok`: identities are kept that long
    /// after the lease has ended.
    #[must_use]
    pub fn longest_grace(mut self, grace: Duration) -> Self {
        self.longest_grace = grace;
        self
    }

    /// Reads other clocks than the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Makes the guard and starts to follow. Call it within a tokio runtime.
    ///
    /// # Errors
    /// [`ConnectError`]: what is wrong with the configuration.
    pub fn build(self) -> Result<Guard, ConnectError> {
        let http = Http::new(self.credentials).map_err(ConnectError::Http)?;
        let now = self.clock.now();
        let iss = self.native.as_ref().map(|issuer| issuer.url().to_owned());
        let feed = FeedName { iss: iss.unwrap_or_default(), aud: self.resource };
        let follower = self.native.as_ref().map(|_| {
            let longest_grace_ms =
                u64::try_from(self.longest_grace.as_millis()).unwrap_or(u64::MAX);
            let feed = feed.clone();
            Follower::new(FollowerConfig { feed, high_water: None, longest_grace_ms }, now)
        });
        let gate = follower.as_ref().map(Follower::gate);
        let config = self.native.into_iter().fold(self.config, Config::issuer);
        let verifier = Verifier::new(config, gate.clone()).map_err(ConnectError::Config)?;
        let parts = Parts { verifier, gate, http, clock: self.clock, feed };
        let inner = Inner::new(parts);
        if let Some(follower) = follower {
            inner.own(tokio::spawn(follow::run(Arc::downgrade(&inner), follower)));
        }
        inner.own(tokio::spawn(follow::housekeeping(Arc::downgrade(&inner))));
        Ok(Guard { inner })
    }
}
