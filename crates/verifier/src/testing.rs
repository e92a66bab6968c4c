//! Entries without a token behind them, for tests of the cache.

use crate::cache::{CacheKey, Entry, KeyPrefix};
use crate::identity::{Identity, Principal, Words};
use counterfoil_jose::UnixTime;
use std::sync::{Arc, OnceLock};

pub(crate) fn cache_key(number: usize) -> CacheKey {
    KeyPrefix::new(["test"]).key(&number.to_string())
}

pub(crate) fn entry(number: usize, expires_at: i64) -> Arc<Entry> {
    let identity = Identity {
        issuer: "https://id.example".into(),
        audience: "https://orders.example".into(),
        principal: Principal::User,
        words: Words::new(["alice", "web", "", ""]),
        expires_at: UnixTime::from_secs(expires_at),
        issued_at: None,
        document: b"{}".to_vec(),
        read: OnceLock::new(),
    };
    Arc::new(Entry::new(cache_key(number), identity, 0))
}
