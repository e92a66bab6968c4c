//! The feed: what the log says becomes frames, leases and receipts. The machines are the `feed`
//! crate's; here are their clock, their locks and their HTTP.

mod hub;
mod open;
mod receipt;
mod routes;

pub(crate) use hub::Hub;
pub(crate) use receipt::{Wait, ours, wait_for};
pub(crate) use routes::routes;

use counterfoil_feed::{KEYED_ID_BYTES, PseudonymKey};
use counterfoil_jose::b64;
use counterfoil_oauth::{
    keyring::ApiKeys,
    model::{Grant, GrantId, Target, TokenId},
};
use papaya::HashMap;

use crate::alive::feed_kind;

/// Bytes of the keyed ids of what a grant stands on: user, client, session, itself.
const GRANT_IDS: usize = 4 * KEYED_ID_BYTES;

/// Grants whose keyed ids an API keeps: about a megabyte.
const GRANTS_MAX: usize = 10_000;

/// One API's derived keys, ready to use.
#[derive(Debug)]
pub(crate) struct ApiSecrets {
    pub(crate) keys: ApiKeys,
    pub(crate) pseudonyms: PseudonymKey,
    /// The keyed ids of what a grant stands on never change, and each is an HMAC.
    of_grants: HashMap<GrantId, [u8; GRANT_IDS]>,
}

impl ApiSecrets {
    pub(crate) fn new(keys: ApiKeys) -> Self {
        let pseudonyms = PseudonymKey::new(&keys.feed_secret);
        Self { pseudonyms, keys, of_grants: HashMap::new() }
    }

    /// Keys an internal id for this API, as its feed does.
    fn keyed(&self, target: &Target) -> [u8; KEYED_ID_BYTES] {
        *self.pseudonyms.id(feed_kind(target.kind()), &target.bytes()).as_bytes()
    }

    /// The keyed ids of user, client, session, grant and token, zeros where there is none, as
    /// tokens and introspection answers carry them.
    pub(crate) fn cf_keys(&self, grant: &Grant, token: TokenId) -> String {
        let mut bytes = [0; GRANT_IDS + KEYED_ID_BYTES];
        let (of_grant, of_token) = bytes.split_at_mut(GRANT_IDS);
        of_grant.copy_from_slice(&self.of_grant(grant));
        of_token.copy_from_slice(&self.keyed(&Target::Token(token)));
        b64::encode(&bytes)
    }

    fn of_grant(&self, grant: &Grant) -> [u8; GRANT_IDS] {
        let known = self.of_grants.pin();
        if let Some(ids) = known.get(&grant.id) {
            return *ids;
        }
        let targets = [
            grant.user.map(Target::User),
            Some(Target::Client(grant.client)),
            grant.session.map(Target::Session),
            Some(Target::Grant(grant.id)),
        ];
        let mut ids = [0; GRANT_IDS];
        for (id, target) in ids.chunks_exact_mut(KEYED_ID_BYTES).zip(targets) {
            id.copy_from_slice(&target.map_or([0; KEYED_ID_BYTES], |target| self.keyed(&target)));
        }
        if known.len() >= GRANTS_MAX {
            known.clear();
        }
        known.insert(grant.id, ids);
        ids
    }
}
