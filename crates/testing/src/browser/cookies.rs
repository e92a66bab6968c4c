//! As much of RFC 6265 as our cookies need.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, SET_COOKIE};
use url::Url;

/// Cookies by host and name. As in browsers, ports share a host's cookies.
#[derive(Clone, Debug, Default)]
pub(super) struct Jar(BTreeMap<String, BTreeMap<String, Cookie>>);

#[derive(Clone, Debug)]
struct Cookie {
    value: String,
    secure: bool,
}

impl Jar {
    /// Takes up what an answer sets. Every cookie is for the whole host: ours are.
    pub(super) fn store(&mut self, from: &Url, headers: &HeaderMap) {
        let host = self.0.entry(host(from)).or_default();
        for set in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            let mut parts = set.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            let attributes: Vec<String> = parts.map(str::to_lowercase).collect();
            if attributes.iter().any(|attribute| attribute == "max-age=0") {
                host.remove(name);
                continue;
            }
            let secure = attributes.iter().any(|attribute| attribute == "secure");
            host.insert(name.to_owned(), Cookie { value: value.to_owned(), secure });
        }
    }

    /// The `Cookie` header for a request; empty when there is none.
    pub(super) fn header(&self, to: &Url) -> String {
        let Some(cookies) = self.0.get(&host(to)) else { return String::new() };
        let secure = to.scheme() == "https" || is_loopback(to);
        let sent = cookies.iter().filter(|(_, cookie)| secure || !cookie.secure);
        let pairs: Vec<String> =
            sent.map(|(name, cookie)| format!("{name}={}", cookie.value)).collect();
        pairs.join("; ")
    }

    pub(super) fn get(&self, at: &Url, name: &str) -> Option<&str> {
        Some(&self.0.get(&host(at))?.get(name)?.value)
    }

    pub(super) fn names(&self, at: &Url) -> Vec<String> {
        self.0.get(&host(at)).map(|cookies| cookies.keys().cloned().collect()).unwrap_or_default()
    }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_replaces_and_removes() {
        let url = |text: &str| Url::parse(text).unwrap();
        let mut jar = Jar::default();
        let mut set = |at: &str, cookie: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(SET_COOKIE, cookie.parse().unwrap());
            jar.store(&url(at), &headers);
        };
        set("https://a.example/x", "one=1; Path=/; Secure");
        set("https://a.example/x", "two=2; Path=/");
        set("https://a.example/x", "two=3; Path=/");
        set("https://b.example/", "other=9");
        assert_eq!(jar.header(&url("https://a.example:444/y")), "one=1; two=3");
        assert_eq!(jar.header(&url("http://a.example/y")), "two=3");
        let mut headers = HeaderMap::new();
        headers.insert(SET_COOKIE, "two=; Max-Age=0".parse().unwrap());
        jar.store(&url("https://a.example/"), &headers);
        assert_eq!(jar.header(&url("http://a.example/")), "");
    }
}
