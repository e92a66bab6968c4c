//! Redirect URIs: exact matching, RFC 9700 §4.1.3, loopback ports apart, RFC 8252 §7.3.

use url::Url;

use crate::loopback::is_loopback;
use crate::model::{ApplicationType, Client};

/// Longest redirect URI taken.
pub const REDIRECT_URI_CHARS_MAX: usize = 2048;

/// A redirect URI that its client has registered. Only [`RegisteredRedirectUri::find`] makes one,
/// so nothing can redirect to an address that was not compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredRedirectUri(String);

impl RegisteredRedirectUri {
    /// Compares with the client's registered URIs as plain strings; for a native client the port
    /// of a loopback literal (`http://127.0.0.1`, `http://[::1]`, `http://localhost`) may vary.
    /// Without `requested`, a single registered URI is meant.
    #[must_use]
    pub fn find(client: &Client, requested: Option<&str>) -> Option<Self> {
        let registered = &client.settings.redirect_uris;
        let Some(requested) = requested else {
            return match registered.as_slice() {
                [only] => Some(Self(only.clone())),
                _ => None,
            };
        };
        if requested.len() > REDIRECT_URI_CHARS_MAX {
            return None;
        }
        let native = client.settings.application_type == ApplicationType::Native;
        registered
            .iter()
            .any(|uri| uri == requested || (native && same_but_loopback_port(uri, requested)))
            .then(|| Self(requested.to_owned()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a redirect URI can't be registered, in words for the administrator.
///
/// # Errors
/// The reason.
pub fn check_registration(uri: &str, application_type: ApplicationType) -> Result<(), String> {
    if uri.len() > REDIRECT_URI_CHARS_MAX {
        return Err(format!("a redirect URI has at most {REDIRECT_URI_CHARS_MAX} characters"));
    }
    let url = Url::parse(uri).map_err(|_| "a redirect URI must be an absolute URI".to_owned())?;
    if url.fragment().is_some() {
        return Err("a redirect URI must not have a fragment (RFC 6749 §3.1.2)".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a redirect URI must not hold credentials".to_owned());
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => Err("an `http` redirect URI must name a loopback host; use `https`".to_owned()),
        "javascript" | "data" | "vbscript" | "file" | "blob" | "about" => {
            Err(format!("scheme `{}` can't receive a redirect", url.scheme()))
        }
        scheme if application_type == ApplicationType::Native && scheme.contains('.') => Ok(()),
        scheme => Err(format!(
            "scheme `{scheme}` is refused: a native client's private-use scheme is a reversed \
             domain name with a period, such as `com.example.app` (RFC 8252 §7.1)"
        )),
    }
}

fn same_but_loopback_port(registered: &str, requested: &str) -> bool {
    let (Ok(mut a), Ok(mut b)) = (Url::parse(registered), Url::parse(requested)) else {
        return false;
    };
    if a.scheme() != "http" || b.scheme() != "http" || !is_loopback(&a) {
        return false;
    }
    // Comparing the re-serialised URLs alone would forgive spellings; the tail must be identical.
    let tail = |uri: &str| uri.splitn(4, '/').nth(3).map(str::to_owned);
    if tail(registered) != tail(requested) || !b.username().is_empty() || b.password().is_some() {
        return false;
    }
    a.set_port(None).is_ok() && b.set_port(None).is_ok() && a == b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(registered: &str, requested: &str, native: bool, expected: bool) {
        let mut client = crate::testing::client();
        client.settings.redirect_uris = vec![registered.to_owned()];
        client.settings.application_type =
            if native { ApplicationType::Native } else { ApplicationType::Web };
        let found = RegisteredRedirectUri::find(&client, Some(requested));
        assert_eq!(found.is_some(), expected, "{registered} vs {requested}");
    }

    #[test]
    fn plain_strings_and_nothing_else() {
        check("https://a.example/cb", "https://a.example/cb", false, true);
        for other in [
            "https://a.example/cb/",
            "https://a.example/CB",
            "https://A.example/cb",
            "https://a.example:443/cb",
            "https://a.example/cb?x",
            "https://a.example/cb#f",
            "https://a.example/./cb",
            "https://evil.example/cb",
            "https://a.example@evil.example/cb",
        ] {
            check("https://a.example/cb", other, false, false);
        }
    }

    #[test]
    fn only_a_native_loopback_port_varies() {
        check("http://127.0.0.1/cb", "http://127.0.0.1:5123/cb", true, true);
        check("http://[::1]/cb", "http://[::1]:5123/cb", true, true);
        check("http://127.0.0.1/cb", "http://127.0.0.1:5123/cb", false, false);
        check("http://127.0.0.1/cb", "http://127.0.0.1:5123/cb/", true, false);
        check("http://127.0.0.1/cb", "http://127.0.0.1:5123/%63b", true, false);
        check("http://127.0.0.1/cb", "http://localhost:5123/cb", true, false);
        check("http://127.0.0.1/cb", "https://127.0.0.1:5123/cb", true, false);
        check("http://127.0.0.1/cb", "http://u@127.0.0.1:5123/cb", true, false);
        check("http://a.example/cb", "http://a.example:81/cb", true, false);
    }

    #[test]
    fn registration_says_what_is_wrong() {
        let web = |uri| check_registration(uri, ApplicationType::Web).is_ok();
        assert!(web("https://a.example/cb?x=1") && web("http://localhost:3000/cb"));
        assert!(!web("http://a.example/cb") && !web("javascript:alert(1)") && !web("/cb"));
        assert!(!web("https://a.example/cb#x") && !web("com.example:/cb"));
        assert!(check_registration("com.example.app:/cb", ApplicationType::Native).is_ok());
        assert!(check_registration("myapp:/cb", ApplicationType::Native).is_err());
    }
}
