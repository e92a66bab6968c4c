//! Turns a token into a verified caller, and says what is missing where it cannot.
//!
//! A [`Verifier`] takes a token's text and answers with a [`Step`]: an accepted [`Caller`], a
//! [`Reject`] with one [`Reason`], or what its driver must fetch first. It does no IO and reads no
//! clock, so a server can guard itself with it, a proxy can, and a test can replay any moment.
//!
//! What it holds is kept true by a feed's [`Gate`](counterfoil_feed::Gate): each answer out of
//! memory checks `exp`, the watermarks and the lease again.

mod answer;
mod cache;
mod caller;
mod checks;
mod config;
mod hit;
mod identity;
mod insufficient_scope;
mod jwks;
pub mod limits;
mod local;
mod miss;
mod opaque;
mod reason;
mod reject;
mod step;
#[cfg(test)]
mod testing;
mod token;
mod verifier;

pub use answer::AnswerFault;
pub use cache::CacheKey;
pub use caller::{Caller, Freshness, Level, Source};
pub use config::{ACCESS_TOKEN_TYP, ClaimsFrom, Config, ConfigError, Issuer, check_issuer_url};
pub use identity::Principal;
pub use insufficient_scope::InsufficientScope;
pub use jwks::{KeyFetch, KeyPolicy, KeysFault, KeysOutcome};
pub use reason::Reason;
pub use reject::Reject;
pub use step::{IssuerIndex, Question, Step};
pub use verifier::Verifier;
