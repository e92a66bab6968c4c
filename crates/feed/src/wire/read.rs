use super::WireError;
use crate::{ChainHash, Epoch, FeedName, Instance, Revision};
use counterfoil_jose::{Claims, UnixTime};

/// Claims of tokens. A message of the feed with one of them could pass for a token elsewhere
/// (SSF 1.0 refuses them in its event tokens for the same reason).
const TOKEN_CLAIMS: [&str; 3] = ["exp", "nbf", "sub"];

/// Reads members with one error for each defect.
pub(super) struct Fields<'c> {
    claims: &'c Claims<'c>,
}

impl<'c> Fields<'c> {
    /// Starts reading a message that must be this feed's.
    pub(super) fn of_feed(claims: &'c Claims<'c>, feed: &FeedName) -> Result<Self, WireError> {
        for name in TOKEN_CLAIMS {
            if claims.get(name).is_some() {
                return Err(WireError::TokenClaim { name });
            }
        }
        if claims.require_string("iss")? != feed.iss {
            return Err(WireError::Issuer);
        }
        if claims.require_string("aud")? != feed.aud {
            return Err(WireError::Audience);
        }
        Ok(Self { claims })
    }

    /// Starts reading an object inside a message, or one that is not signed.
    pub(super) fn plain(claims: &'c Claims<'c>) -> Self {
        Self { claims }
    }

    pub(super) fn claims(&self) -> &'c Claims<'c> {
        self.claims
    }

    pub(super) fn string(&self, name: &str) -> Result<&'c str, WireError> {
        Ok(self.claims.require_string(name)?)
    }

    pub(super) fn number(&self, name: &'static str, max: u64) -> Result<u64, WireError> {
        let number = self.claims.require_unsigned(name)?;
        if number > max { Err(WireError::Number { name }) } else { Ok(number) }
    }

    pub(super) fn revision(&self, name: &'static str) -> Result<Revision, WireError> {
        self.number(name, Revision::MAX.get()).map(Revision::new)
    }

    pub(super) fn revision_if_any(
        &self,
        name: &'static str,
    ) -> Result<Option<Revision>, WireError> {
        if self.claims.get(name).is_none() { Ok(None) } else { self.revision(name).map(Some) }
    }

    pub(super) fn epoch(&self) -> Result<Epoch, WireError> {
        self.number("epoch", Revision::MAX.get()).map(Epoch::new)
    }

    pub(super) fn time(&self, name: &str) -> Result<UnixTime, WireError> {
        Ok(self.claims.require_numeric_date(name)?)
    }

    pub(super) fn hash(&self, name: &'static str) -> Result<ChainHash, WireError> {
        self.form(name, ChainHash::parse)
    }

    pub(super) fn instance(&self) -> Result<Instance, WireError> {
        self.form("instance", Instance::parse)
    }

    /// A string in a form of its own.
    pub(super) fn form<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, WireError> {
        parse(self.string(name)?).ok_or(WireError::Form { name })
    }

    /// An array of objects.
    pub(super) fn objects<T>(
        &self,
        name: &'static str,
        limit: usize,
        read: impl Fn(&Fields<'_>) -> Result<T, WireError>,
    ) -> Result<Vec<T>, WireError> {
        let items = self.claims.array(name)?.unwrap_or_default();
        if items.len() > limit {
            return Err(WireError::TooMany { name, limit });
        }
        let mut all = Vec::with_capacity(items.len());
        for item in items {
            let object = item.as_object().ok_or(WireError::Form { name })?;
            let claims = Claims::from(object.clone());
            all.push(read(&Fields { claims: &claims })?);
        }
        Ok(all)
    }
}
