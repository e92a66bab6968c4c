use crate::cache::Entry;
use crate::{InsufficientScope, Principal};
use counterfoil_jose::UnixTime;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;

/// The verified identity behind a request. Only a [`crate::Verifier`] makes one.
///
/// Cheap to clone. It is what was true within [`Freshness::bound_ms`] of the request, and is not
/// meant to be kept beyond it.
#[derive(Clone)]
pub struct Caller {
    pub(crate) entry: Arc<Entry>,
    pub(crate) freshness: Freshness,
}

/// How old a caller's identity can be, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Which promise holds.
    pub level: Level,
    /// Where this answer came from.
    pub source: Source,
    /// A change that was committed longer ago than this is in the answer. Milliseconds; 0 where
    /// the issuer was asked for this very request.
    pub bound_ms: u64,
    /// The revision of the issuer's log that the answer holds at, where there is one.
    pub revision: Option<u64>,
}

/// Which promise of freshness an issuer's tokens come with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Any issuer: bound by the time an answer is kept, or by the token's own end.
    L0,
    /// A feed with leases: bound by the lease, and enforced.
    L2,
}

impl Level {
    /// The word for logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::L0 => "L0",
            Self::L2 => "L2",
        }
    }
}

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Out of memory, kept for a while.
    Cache,
    /// Out of memory, kept true by the feed under a lease.
    Push,
    /// The issuer was asked for this request.
    Origin,
}

impl Source {
    /// The word for logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Push => "push",
            Self::Origin => "origin",
        }
    }
}

impl Caller {
    /// `sub`: who, as this API sees them.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.entry.identity.words.subject()
    }

    /// What kind of principal acts.
    #[must_use]
    pub fn principal(&self) -> Principal {
        self.entry.identity.principal
    }

    /// Whether a person acts.
    #[must_use]
    pub fn is_user(&self) -> bool {
        self.entry.identity.principal == Principal::User
    }

    /// Whether a client acts for itself.
    #[must_use]
    pub fn is_service(&self) -> bool {
        self.entry.identity.principal == Principal::Service
    }

    /// The client that sent the token.
    #[must_use]
    pub fn client_id(&self) -> &str {
        self.entry.identity.words.client_id()
    }

    /// The granted scopes.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.entry.identity.words.scope().split(' ').filter(|scope| !scope.is_empty())
    }

    /// Whether a scope was granted.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|granted| granted == scope)
    }

    /// Demands a scope.
    ///
    /// # Errors
    /// [`InsufficientScope`] names it: 403.
    pub fn require_scope(&self, scope: &str) -> Result<(), InsufficientScope> {
        self.require_scopes(&[scope])
    }

    /// Demands several scopes.
    ///
    /// # Errors
    /// [`InsufficientScope`] names all of them, so that the client can ask for all at once.
    pub fn require_scopes(&self, scopes: &[&str]) -> Result<(), InsufficientScope> {
        if scopes.iter().all(|scope| self.has_scope(scope)) {
            Ok(())
        } else {
            Err(InsufficientScope::new(scopes))
        }
    }

    /// Every claim that was released to this API, without those that have a getter of their own.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.entry.identity.read().claims
    }

    /// One released claim.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims().get(name)
    }

    /// The `email` claim, if it was released.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.claim("email")?.as_str()
    }

    /// The `name` claim, if it was released.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.claim("name")?.as_str()
    }

    /// When the user last gave a credential.
    #[must_use]
    pub fn auth_time(&self) -> Option<UnixTime> {
        self.entry.identity.read().auth_time
    }

    /// How the user signed in ([RFC 8176](https://www.rfc-editor.org/rfc/rfc8176)).
    #[must_use]
    pub fn amr(&self) -> &[String] {
        &self.entry.identity.read().amr
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.entry.identity.issuer
    }

    /// The audience that was checked: this API.
    #[must_use]
    pub fn audience(&self) -> &str {
        &self.entry.identity.audience
    }

    /// When the token ends.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.entry.identity.expires_at
    }

    /// When the token was issued, where the issuer says.
    #[must_use]
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.entry.identity.issued_at
    }

    /// `jti`: the token's name, for logs in the place of the token. Empty where it has none.
    #[must_use]
    pub fn token_id(&self) -> &str {
        self.entry.identity.words.token_id()
    }

    /// How old this can be, and why.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        self.freshness
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("identity", &self.entry.identity)
            .field("freshness", &self.freshness)
            .finish()
    }
}
