//! The Content-Security-Policy of a page.

use std::fmt::Write as _;
use url::{Host, Url};

/// What one page's policy allows beyond the common ground, which is: our own scripts, styles and
/// icon, scripts with the nonce, no frames, no plug-ins, no base, no inline style.
#[derive(Clone, Copy, Debug)]
pub struct ContentPolicy<'a> {
    /// The nonce of [`PageChrome`](super::PageChrome), base64 or base64url, new for each response.
    pub nonce: &'a str,
    /// Where a form on the page may lead besides the issuer, as [`form_target`] spells it.
    /// Browsers hold the redirects after a form's post to this too, so sign-in and consent need
    /// the client's redirect URI here, and a form post its action.
    pub form_targets: &'a [String],
    /// Origins that the page's script may call besides the issuer: the lab needs its demo API's.
    pub connect_to: &'a [String],
}

impl ContentPolicy<'_> {
    /// The value of the `Content-Security-Policy` header.
    ///
    /// Spec: [CSP Level 3](https://www.w3.org/TR/CSP3/). A source that could end a directive is
    /// left out, which allows less.
    #[must_use]
    pub fn header_value(&self) -> String {
        let mut value = format!(
            "default-src 'none'; script-src 'self' 'nonce-{}'; style-src 'self'; img-src 'self'; \
             base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
             trusted-types 'none'",
            self.nonce
        );
        push_directive(&mut value, "form-action", self.form_targets);
        push_directive(&mut value, "connect-src", self.connect_to);
        value
    }
}

fn push_directive(value: &mut String, name: &str, sources: &[String]) {
    let _ = write!(value, "; {name} 'self'");
    for source in sources.iter().filter(|source| is_source(source)) {
        let _ = write!(value, " {source}");
    }
}

fn is_source(source: &str) -> bool {
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, ';' | ',' | '\'' | '"');
    !source.is_empty() && source.chars().all(fits)
}

/// Spells where a redirect URI leads as a source expression for `form-action`: its origin, or its
/// scheme where an origin cannot say it (native schemes, and IPv6 hosts, which the grammar lacks).
#[must_use]
pub fn form_target(redirect_uri: &str) -> Option<String> {
    let uri = Url::parse(redirect_uri).ok()?;
    match (uri.scheme(), uri.host()) {
        ("javascript" | "data" | "blob" | "about", _) => None,
        ("http" | "https", Some(Host::Domain(_) | Host::Ipv4(_))) => {
            Some(uri.origin().ascii_serialization())
        }
        (scheme, _) => Some(format!("{scheme}:")),
    }
}

#[cfg(test)]
mod tests {
    use super::{ContentPolicy, form_target};

    #[test]
    fn the_policy_names_what_the_page_needs_and_no_more() {
        let form_targets = form_target("https://app.example/callback?x=1").into_iter().collect();
        let sneaky = vec!["https://a.example; script-src *".to_owned(), String::new()];
        let all: Vec<String> = [form_targets, sneaky].concat();
        let policy = ContentPolicy { nonce: "bm9uY2U", form_targets: &all, connect_to: &[] };
        insta::assert_snapshot!(policy.header_value().replace("; ", "\n"), @r"
        default-src 'none'
        script-src 'self' 'nonce-bm9uY2U'
        style-src 'self'
        img-src 'self'
        base-uri 'none'
        frame-ancestors 'none'
        require-trusted-types-for 'script'
        trusted-types 'none'
        form-action 'self' https://app.example
        connect-src 'self'
        ");
    }

    #[test]
    fn a_form_target_is_an_origin_or_a_scheme() {
        for (uri, expected) in [
            ("https://app.example/cb", Some("https://app.example")),
            ("https://app.example:8443/cb", Some("https://app.example:8443")),
            ("http://127.0.0.1:51004/cb", Some("http://127.0.0.1:51004")),
            ("http://[::1]:51004/cb", Some("http:")),
            ("com.example.app:/cb", Some("com.example.app:")),
            ("javascript:alert(1)", None),
            ("not a uri", None),
        ] {
            assert_eq!(form_target(uri).as_deref(), expected, "{uri}");
        }
    }
}
