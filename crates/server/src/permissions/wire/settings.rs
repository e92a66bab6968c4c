//! What a store decides for itself.

use counterfoil_permission::check::Limits;
use serde::{Deserialize, Serialize};

use crate::permissions::{error::ApiError, live::Resolver};

/// How long a path may be at most, whatever a store says: each step costs stack.
const DEPTH_MAX: u32 = 100;

/// What a store decides for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoreSettings {
    /// Take models and answer questions as OpenFGA's coming resolver will.
    pub(crate) strict: bool,
    /// How many objects long a path may be. OpenFGA has 25.
    pub(crate) depth: u32,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { strict: false, depth: Limits::default().depth }
    }
}

impl StoreSettings {
    /// The limits of a check.
    pub(crate) fn limits(self) -> Limits {
        Limits { depth: self.depth, ..Limits::default() }
    }

    /// Whose answers its questions get.
    pub(crate) const fn resolver(self) -> Resolver {
        if self.strict { Resolver::Coming } else { Resolver::Released }
    }

    /// Settings that a caller sent, if they may be.
    pub(crate) fn check(self) -> Result<Self, ApiError> {
        if (1..=DEPTH_MAX).contains(&self.depth) {
            return Ok(self);
        }
        let message = format!("`settings.depth` must be a number from 1 to {DEPTH_MAX}");
        Err(ApiError::validation(message))
    }

    /// As they are stored.
    pub(crate) fn to_json(self) -> String {
        serde_json::to_string(&self).unwrap_or_else(|_| "{}".to_owned())
    }

    /// What was stored. Members of a later version are an error that the reader of logs must see.
    pub(crate) fn of_json(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|error| {
            tracing::error!(%error, "a store's settings can't be read; taking the usual ones");
            Self::default()
        })
    }
}
