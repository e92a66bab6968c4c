//! The settings of stores, kept for a moment.

use std::sync::Arc;

use counterfoil_store::permission::PermissionStoreId;
use papaya::HashMap;

use super::{Asker, of_store};
use crate::{
    permissions::{error::ApiError, wire::StoreSettings},
    state::State,
};

/// How long settings are believed. Another node's change is seen within it; this node's own at once.
const BELIEVED_MS: u64 = 1_000;

/// Most stores whose settings are kept; past this all are forgotten and read again.
const KEPT_MAX: usize = 10_000;

/// The settings that this node knows.
pub(crate) struct KnownSettings {
    map: HashMap<PermissionStoreId, (StoreSettings, u64)>,
}

impl KnownSettings {
    pub(crate) fn new() -> Self {
        Self { map: HashMap::new() }
    }

    /// Takes up settings that were just read or written.
    pub(super) fn learn(&self, state: &State, store: PermissionStoreId, settings: StoreSettings) {
        let map = self.map.pin();
        if map.len() >= KEPT_MAX {
            map.clear();
        }
        map.insert(store, (settings, state.config.clock.boot_ms()));
    }
}

impl Asker<'_> {
    /// A store's settings, at most a second old.
    pub(crate) async fn settings(
        &self,
        store: PermissionStoreId,
    ) -> Result<StoreSettings, ApiError> {
        let state: &Arc<State> = self.state;
        let known = &state.permission_api.settings;
        let now = state.config.clock.boot_ms();
        if let Some((settings, at)) = known.map.pin().get(&store)
            && now.saturating_sub(*at) < BELIEVED_MS
        {
            return Ok(*settings);
        }
        let stored = state.permissions.db().store(store).await.map_err(of_store)?;
        let settings = StoreSettings::of_json(&stored.settings);
        known.learn(state, store, settings);
        Ok(settings)
    }
}
