use crate::cache::CacheKey;
use crate::identity::Words;
use crate::jwks::IssuerKey;
use crate::{AnswerFault, Caller, Reject};
use counterfoil_feed::History;
use std::fmt;
use std::sync::Arc;

/// What a check has come to, or what it needs first.
#[derive(Debug)]
#[must_use]
pub enum Step {
    /// The token is good.
    Accepted(Caller),
    /// The token is bad: 401 `invalid_token`.
    Rejected(Reject),
    /// Ask the issuer, then hand its answer to [`crate::Verifier::answered`].
    Introspect(Question),
    /// Fetch this issuer's keys, hand them to [`crate::Verifier::keys_fetched`], check again.
    FetchKeys(IssuerIndex),
    /// It cannot be known now: 503 `verifier_not_fresh`.
    NotFresh {
        /// For `Retry-After`, at least 1.
        retry_after_secs: u64,
    },
    /// The issuer's answer could not be used: 503, and somebody should look into it.
    Faulty(AnswerFault),
}

/// Which issuer of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuerIndex(pub(crate) usize);

impl IssuerIndex {
    /// Its place in the configuration, from 0.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

/// A question to an issuer about one token. Its answer is judged by what was known when it was
/// asked.
#[derive(Clone)]
pub struct Question {
    pub(crate) key: CacheKey,
    pub(crate) issuer: usize,
    pub(crate) history: Option<History>,
    pub(crate) of_jwt: Option<OfJwt>,
    pub(crate) asks: u8,
}

/// What the token itself said, where it says anything: the answer must be about it.
#[derive(Clone)]
pub(crate) struct OfJwt {
    pub(crate) words: Words,
    pub(crate) signer: Arc<IssuerKey>,
    pub(crate) seen_in: u64,
}

impl Question {
    /// Which issuer to ask.
    #[must_use]
    pub const fn issuer(&self) -> IssuerIndex {
        IssuerIndex(self.issuer)
    }

    /// Names the token, so that equal questions are asked once.
    #[must_use]
    pub const fn key(&self) -> CacheKey {
        self.key
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
