use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::{Extensions, HeaderMap};

use crate::config::Network;

/// The other end of the connection, as the accept loop saw it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Where a request comes from: the connection's other end, or what the nearest trusted proxies say.
///
/// `X-Forwarded-For` is read from the right: each trusted hop vouches for the entry left of it, and
/// the first entry that no trusted proxy added is the client. What stands further left was written
/// by the client itself.
pub(crate) fn client_address(
    extensions: &Extensions,
    headers: &HeaderMap,
    trusted: &[Network],
) -> IpAddr {
    let peer = extensions.get::<Peer>().map(|peer| peer.0.ip());
    let mut address = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let is_trusted = |ip: IpAddr| trusted.iter().any(|network| network.contains(ip));
    let values = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let entries: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
    // More hops than this is nobody's network.
    for entry in entries.iter().rev().take(16) {
        if !is_trusted(address) {
            break;
        }
        match entry.trim().parse() {
            Ok(next) => address = next,
            Err(_) => break,
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_trusted_proxies_added_is_believed() {
        let trusted = [Network::parse("10.0.0.0/8").unwrap()];
        let check = |peer: &str, forwarded: &str, expected: &str| {
            let mut extensions = Extensions::new();
            extensions.insert(Peer(format!("{peer}:1").parse().unwrap()));
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            let got = client_address(&extensions, &headers, &trusted);
            assert_eq!(got, expected.parse::<IpAddr>().unwrap(), "{peer} {forwarded}");
        };
        check("8.8.8.8", "1.1.1.1", "8.8.8.8");
        check("10.0.0.1", "1.1.1.1", "1.1.1.1");
        check("10.0.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1");
        check("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1");
        check("10.0.0.1", "nonsense", "10.0.0.1");
    }
}
