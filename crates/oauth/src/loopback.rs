//! Which addresses never leave this machine.

use url::{Host, Url};

/// Whether a URL's host is this machine: `localhost`, 127.0.0.0/8 or `::1`.
///
/// Names below `localhost` don't count: not every resolver keeps them from the network
/// ([RFC 6761 §6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3) is a SHOULD).
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let check = |url: &str, expected| {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        };
        for url in ["http://localhost:1/", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]"] {
            check(url, true);
        }
        for url in [
            "http://localhost.example",
            "http://a.localhost",
            "http://127.0.0.1.example",
            "http://0.0.0.0",
            "http://[::]",
            "http://10.0.0.1",
            "mailto:x@localhost",
        ] {
            check(url, false);
        }
    }
}
