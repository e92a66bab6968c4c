use super::read::Fields;
use super::{FeedKeys, FeedSigner, LEASE_TYP, MAX_SMALL_BYTES, WireError};
use crate::lease_time::{MAX_LEASE_MS, MIN_LEASE_MS};
use crate::{FeedName, LeaseGrant, LeaseRequest, Nonce, Verified};
use counterfoil_jose::Claims;
use counterfoil_jose::json::JsonLimits;
use serde::Serialize;

/// The longest lease request: five short members.
pub const MAX_LEASE_REQUEST_BYTES: usize = 1024;

#[derive(Serialize)]
struct RequestJson<'r> {
    instance: &'r str,
    nonce: String,
    epoch: u64,
    applied_seq: u64,
    head_hash: String,
}

#[derive(Serialize)]
struct GrantJson<'g> {
    iss: &'g str,
    aud: &'g str,
    instance: &'g str,
    nonce: String,
    epoch: u64,
    committed_seq: u64,
    lease_ms: u64,
    iat: i64,
}

impl LeaseRequest {
    /// Writes the body of `POST lease`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let json = RequestJson {
            instance: self.instance.as_str(),
            nonce: self.nonce.to_string(),
            epoch: self.epoch.get(),
            applied_seq: self.applied_seq.get(),
            head_hash: self.head_hash.to_string(),
        };
        serde_json::to_string(&json).unwrap_or_default()
    }

    /// Reads the body of `POST lease`.
    ///
    /// # Errors
    /// [`WireError`] names the first defect.
    pub fn parse(body: &[u8]) -> Result<Self, WireError> {
        let limits = JsonLimits { bytes: MAX_LEASE_REQUEST_BYTES, ..JsonLimits::DEFAULT };
        let claims = Claims::parse(body, limits)?;
        let fields = Fields::plain(&claims);
        Ok(Self {
            instance: fields.instance()?,
            nonce: fields.form("nonce", Nonce::parse)?,
            epoch: fields.epoch()?,
            applied_seq: fields.revision("applied_seq")?,
            head_hash: fields.hash("head_hash")?,
        })
    }
}

impl FeedSigner {
    /// Signs a lease grant.
    #[must_use]
    pub fn grant(&self, grant: &LeaseGrant) -> String {
        self.sign(
            LEASE_TYP,
            &GrantJson {
                iss: &grant.feed.iss,
                aud: &grant.feed.aud,
                instance: grant.instance.as_str(),
                nonce: grant.nonce.to_string(),
                epoch: grant.epoch.get(),
                committed_seq: grant.committed_seq.get(),
                lease_ms: grant.lease_ms,
                iat: grant.iat.as_secs(),
            },
        )
    }
}

impl FeedKeys {
    /// Reads a lease grant of this feed.
    ///
    /// # Errors
    /// [`WireError`] names the first defect.
    pub fn grant(&self, compact: &str) -> Result<Verified<LeaseGrant>, WireError> {
        let verified = self.verify(compact, LEASE_TYP, MAX_SMALL_BYTES)?;
        read(&verified.claims()?, self.feed()).map(Verified::new)
    }
}

fn read(claims: &Claims<'_>, feed: &FeedName) -> Result<LeaseGrant, WireError> {
    let fields = Fields::of_feed(claims, feed)?;
    let lease_ms = fields.number("lease_ms", u64::MAX)?;
    if !(MIN_LEASE_MS..=MAX_LEASE_MS).contains(&lease_ms) {
        return Err(WireError::LeaseLength);
    }
    Ok(LeaseGrant {
        feed: feed.clone(),
        instance: fields.instance()?,
        nonce: fields.form("nonce", Nonce::parse)?,
        epoch: fields.epoch()?,
        committed_seq: fields.revision("committed_seq")?,
        lease_ms,
        iat: fields.time("iat")?,
    })
}
