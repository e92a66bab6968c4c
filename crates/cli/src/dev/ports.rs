use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

use super::bind;
use crate::failure::Failure;

/// How many ports are tried before giving up.
const TRIES: u16 = 100;

/// The ports of one run.
pub(super) struct Taken {
    pub(super) port: u16,
    /// On every loopback address that there is: `localhost` may mean either.
    pub(super) issuer: Vec<TcpListener>,
    /// Holds the demo API's port until the child binds it.
    pub(super) api: Vec<TcpListener>,
}

/// Takes `port` and, for a demo API, the one after it; or the next such pair.
pub(super) async fn take(port: u16, with_api: bool) -> Result<Taken, Failure> {
    for step in 0..TRIES {
        let Some(port) = port.checked_add(step) else { break };
        let Some(next) = port.checked_add(1) else { break };
        let Some(issuer) = loopback(port).await else { continue };
        let api = if with_api { loopback(next).await } else { Some(Vec::new()) };
        let Some(api) = api else { continue };
        return Ok(Taken { port, issuer, api });
    }
    Err(Failure::failed(format!(
        "no two neighbouring ports are free from {port} on; choose others with --port"
    )))
}

/// Both loopback addresses; the IPv6 one only where the machine has it.
async fn loopback(port: u16) -> Option<Vec<TcpListener>> {
    let v4 = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.ok()?;
    match bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
        Ok(v6) => Some(vec![v4, v6]),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => None,
        Err(_) => Some(vec![v4]),
    }
}
