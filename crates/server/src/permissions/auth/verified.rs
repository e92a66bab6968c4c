//! Tokens that were opened before: a signature or a seal is checked once, life every time.

use std::sync::Arc;

use counterfoil_oauth::keyring::Keyring;
use papaya::HashMap;

use crate::{
    permissions::error::{ApiError, Code},
    state::State,
    tokens::{self, AccessToken},
};

/// Most tokens kept: some hundred bytes each. Clients of the permission API are few; past this all
/// are forgotten and opened again.
const KEPT_MAX: usize = 10_000;

/// Opened tokens by their hash.
pub(crate) struct VerifiedTokens {
    map: HashMap<[u8; 32], Kept>,
}

#[derive(Clone)]
struct Kept {
    token: Arc<AccessToken>,
    /// The keys that opened it. Once they have changed it is opened anew.
    by: Arc<Keyring>,
}

impl VerifiedTokens {
    pub(crate) fn new() -> Self {
        Self { map: HashMap::new() }
    }

    /// Opens a token, or remembers that it was opened. Whether it still lives is not said here.
    pub(super) fn open(
        &self,
        state: &State,
        digest: &[u8; 32],
        text: &str,
    ) -> Result<Arc<AccessToken>, ApiError> {
        let keyring = state.keyring();
        let map = self.map.pin();
        if let Some(kept) = map.get(digest)
            && Arc::ptr_eq(&kept.by, &keyring)
        {
            return Ok(Arc::clone(&kept.token));
        }
        let token = tokens::open(state, text)
            .map_err(|reason| ApiError::new(Code::InvalidBearerToken, reason.explain()))?;
        let token = Arc::new(token);
        if map.len() >= KEPT_MAX {
            map.clear();
        }
        map.insert(*digest, Kept { token: Arc::clone(&token), by: keyring });
        Ok(token)
    }
}
