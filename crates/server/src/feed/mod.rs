//! The feed: what the log says becomes frames, leases and receipts. The machines are the `feed`
//! crate's; here are their clock, their locks and their HTTP.

mod hub;
mod open;
mod receipt;
mod routes;

pub(crate) use hub::Hub;
pub(crate) use receipt::{Wait, ours, wait_for};
pub(crate) use routes::routes;

use counterfoil_feed::PseudonymKey;
use counterfoil_oauth::{keyring::ApiKeys, model::Target};

use crate::alive::feed_kind;

/// One API's derived keys, ready to use.
#[derive(Debug)]
pub(crate) struct ApiSecrets {
    pub(crate) keys: ApiKeys,
    pub(crate) pseudonyms: PseudonymKey,
}

impl ApiSecrets {
    pub(crate) fn new(keys: ApiKeys) -> Self {
        Self { pseudonyms: PseudonymKey::new(&keys.feed_secret), keys }
    }

    /// Keys an internal id for this API, as its feed does.
    pub(crate) fn keyed(&self, target: &Target) -> [u8; 16] {
        *self.pseudonyms.id(feed_kind(target.kind()), &target.bytes()).as_bytes()
    }
}
