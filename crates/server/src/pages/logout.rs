//! The two logout pages. The first one's form posts `interaction` and `csrf` to `/logout`.

use super::samples::{HOSTILE, LONG};
use super::{Page, PageChrome, Texts, web_uri};
use askama::Template;

/// Asks whether to sign out: a link alone must not do it.
#[derive(Clone, Debug)]
pub struct LogoutConfirm<'a> {
    /// The client that asked for it, if one did.
    pub client_name: Option<&'a str>,
    /// Who is signed in.
    pub username: &'a str,
    /// The logout request, sealed, for the hidden field.
    pub interaction: &'a str,
    /// The token against cross-site posts.
    pub csrf: &'a str,
}

/// Says that the session has ended.
#[derive(Clone, Copy, Debug)]
pub struct SignedOut<'a> {
    /// Where the person came from, if that is known and registered.
    pub return_uri: Option<&'a str>,
}

impl<'a> SignedOut<'a> {
    fn link(&self) -> Option<&'a str> {
        self.return_uri.and_then(web_uri)
    }

    fn link_host(&self) -> &'a str {
        let rest = self.link().and_then(|uri| uri.split_once("://")).map_or("", |(_, rest)| rest);
        rest.split(['/', '?', '#']).next().unwrap_or(rest)
    }
}

#[derive(Template)]
#[template(path = "logout_confirm.html")]
struct ConfirmView<'a> {
    page: &'a LogoutConfirm<'a>,
    t: Texts,
    chrome: &'a PageChrome<'a>,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutView<'a> {
    page: &'a SignedOut<'a>,
    t: Texts,
    chrome: &'a PageChrome<'a>,
}

impl Page for LogoutConfirm<'_> {
    fn write(&self, t: Texts, chrome: &PageChrome<'_>) -> Result<String, askama::Error> {
        ConfirmView { page: self, t, chrome }.render()
    }

    fn samples() -> Vec<Self> {
        let plain = LogoutConfirm {
            client_name: None,
            username: "alice",
            interaction: "c2VhbGVk",
            csrf: "dG9rZW4",
        };
        vec![
            LogoutConfirm { client_name: Some("Orders"), ..plain.clone() },
            LogoutConfirm {
                client_name: Some(HOSTILE),
                username: HOSTILE,
                interaction: HOSTILE,
                csrf: HOSTILE,
            },
            LogoutConfirm { username: LONG, ..plain.clone() },
            plain,
        ]
    }
}

impl Page for SignedOut<'_> {
    fn write(&self, t: Texts, chrome: &PageChrome<'_>) -> Result<String, askama::Error> {
        SignedOutView { page: self, t, chrome }.render()
    }

    fn samples() -> Vec<Self> {
        [
            None,
            Some("https://orders.example/bye?from=counterfoil"),
            Some("javascript:alert(1)"),
            Some("https://a.example/\"><script>alert(1)</script>"),
        ]
        .into_iter()
        .map(|return_uri| SignedOut { return_uri })
        .collect()
    }
}
