//! What a server is told when it starts.

use std::{net::IpAddr, sync::Arc, time::Duration};

use counterfoil_jose::crypto::Secret32;
use counterfoil_oauth::loopback::is_loopback;

use crate::{
    clock::{Clock, SystemClock},
    permissions::{PermissionAccess, live::PermissionOptions},
};

/// Longest wait for a receipt: the longest lease there is, and its drift.
const RECEIPT_WAIT_MAX: Duration = Duration::from_millis(70_000);

/// What a server is told when it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// The issuer: a URL without query, fragment and trailing slash, byte for byte what clients
    /// compare `iss` with.
    pub issuer: String,
    /// Seals keys and secrets at rest.
    pub key_encryption_key: Secret32,
    /// Addresses of proxies whose `X-Forwarded-For` is believed, as networks.
    pub trusted_proxies: Vec<Network>,
    /// Development mode: the lab, `/dev`, own host and origin only.
    pub dev: Option<DevMode>,
    /// Where the moment comes from.
    pub clock: Arc<dyn Clock>,
    /// What the permission engine may use.
    pub permissions: PermissionOptions,
    /// Who may use the permission API.
    pub permission_access: PermissionAccess,
    /// How long a call with `wait=effective` waits before it answers 202.
    pub receipt_wait_max: Duration,
}

/// What development mode adds.
#[derive(Clone, Debug)]
pub struct DevMode {
    /// The document at `/dev/setup.json`.
    pub setup: serde_json::Value,
    /// The demo API's origin, which the lab's page may call.
    pub demo_api_origin: String,
}

/// A network in prefix notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Config {
    /// A configuration with defaults.
    ///
    /// # Errors
    /// Says what is wrong with the issuer and how to mend it.
    pub fn new(issuer: &str, key_encryption_key: Secret32) -> Result<Self, String> {
        check_issuer(issuer)?;
        Ok(Self {
            issuer: issuer.to_owned(),
            key_encryption_key,
            trusted_proxies: Vec::new(),
            dev: None,
            clock: SystemClock::shared(),
            permissions: PermissionOptions::default(),
            permission_access: PermissionAccess::default(),
            receipt_wait_max: RECEIPT_WAIT_MAX,
        })
    }

    /// Whether the issuer is reached by TLS, so that cookies can insist on it.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.issuer.starts_with("https://")
    }
}

/// Whether this can be an issuer: RFC 8414 §2, OpenID Connect Discovery 1.0 §3.
///
/// # Errors
/// Says what is wrong and how to mend it.
pub fn check_issuer(issuer: &str) -> Result<(), String> {
    let url = url::Url::parse(issuer).map_err(|_| {
        format!("issuer `{issuer}` must be an absolute URL, such as https://id.example")
    })?;
    if issuer.ends_with('/') {
        return Err(format!(
            "issuer `{issuer}` must not end with a slash: clients compare it byte for byte"
        ));
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(format!("issuer `{issuer}` must not have a query, a fragment or credentials"));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => return Err(format!("issuer `{issuer}` must use https; http is for localhost alone")),
    }
    let canonical = url.as_str().trim_end_matches('/');
    if canonical != issuer {
        return Err(format!("issuer `{issuer}` is not in canonical form; write `{canonical}`"));
    }
    Ok(())
}

impl Network {
    /// Reads `10.0.0.0/8`, or one address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address.parse().ok()?, Some(prefix.parse().ok()?)),
            None => (text.parse().ok()?, None),
        };
        let most = if matches!(address, IpAddr::V4(_)) { 32 } else { 128 };
        let prefix = prefix.unwrap_or(most);
        (prefix <= most).then_some(Self { address, prefix })
    }

    /// Whether an address lies in the network. A mapped IPv4 address counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let bits = |ip: IpAddr| match ip {
            IpAddr::V4(v4) => (u128::from(u32::from(v4)) << 96, false),
            IpAddr::V6(v6) => (u128::from(v6), true),
        };
        let (own, own_v6) = bits(self.address.to_canonical());
        let (other, other_v6) = bits(address.to_canonical());
        let differing = (own ^ other).checked_shr(128 - u32::from(self.prefix)).unwrap_or(0);
        own_v6 == other_v6 && (self.prefix == 0 || differing == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers() {
        let check = |issuer: &str| check_issuer(issuer).is_ok();
        assert!(check("https://id.example") && check("https://id.example/tenant"));
        assert!(check("http://localhost:7070") && check("http://127.0.0.1:7070"));
        for bad in [
            "https://id.example/",
            "http://id.example",
            "https://ID.example",
            "https://id.example:443",
            "https://id.example?x=1",
            "https://u@id.example",
            "id.example",
            "ftp://id.example",
        ] {
            assert!(!check(bad), "{bad}");
        }
    }

    #[test]
    fn networks() {
        let check =
            |net: &str, ip: &str| Network::parse(net).unwrap().contains(ip.parse().unwrap());
        assert!(check("10.0.0.0/8", "10.255.0.1") && !check("10.0.0.0/8", "11.0.0.1"));
        assert!(check("127.0.0.1", "127.0.0.1") && !check("127.0.0.1", "127.0.0.2"));
        assert!(check("0.0.0.0/0", "8.8.8.8") && !check("0.0.0.0/0", "::1"));
        assert!(check("fd00::/8", "fd12::1") && check("10.0.0.0/8", "::ffff:10.0.0.1"));
        assert!(Network::parse("10.0.0.0/33").is_none() && Network::parse("x").is_none());
    }
}
