//! The page that carries an authorization response to the client by a form post
//! ([OAuth 2.0 Form Post Response Mode](https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html)).

use super::samples::HOSTILE;
use super::{Page, PageChrome, Texts, web_uri};
use askama::Template;

/// A form that sends itself, with a button for browsers without JavaScript.
///
/// Its policy needs [`form_target`](super::form_target) of `action`.
#[derive(Clone, Debug)]
pub struct FormPost<'a> {
    /// The client's redirect URI. The page offers no form unless it is `http` or `https`.
    pub action: &'a str,
    /// The response's parameters, in order.
    pub fields: Vec<(&'a str, &'a str)>,
}

impl<'a> FormPost<'a> {
    fn target(&self) -> Option<&'a str> {
        web_uri(self.action)
    }
}

#[derive(Template)]
#[template(path = "form_post.html")]
struct View<'a> {
    page: &'a FormPost<'a>,
    t: Texts,
    chrome: &'a PageChrome<'a>,
}

impl Page for FormPost<'_> {
    fn write(&self, t: Texts, chrome: &PageChrome<'_>) -> Result<String, askama::Error> {
        View { page: self, t, chrome }.render()
    }

    fn samples() -> Vec<Self> {
        vec![
            FormPost {
                action: "https://orders.example/callback",
                fields: vec![("code", "Y29kZQ"), ("state", "xyz"), ("iss", "https://id.example")],
            },
            FormPost {
                action: "https://a.example/\"><script>alert(1)</script>",
                fields: vec![(HOSTILE, HOSTILE)],
            },
            FormPost { action: "javascript:alert(1)", fields: vec![("code", "Y29kZQ")] },
        ]
    }
}
