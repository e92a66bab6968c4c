//! The consent page. Its form posts `interaction`, `csrf` and `decision` (`allow` or `deny`) to
//! `/consent`.

use super::samples::{HOSTILE, LONG};
use super::{Page, PageChrome, Texts};
use askama::Template;

/// The consent page: what the client gets for itself, and what each API will learn.
#[derive(Clone, Debug)]
pub struct Consent<'a> {
    /// The client that asks, by its registered name.
    pub client_name: &'a str,
    /// The host of the client's own site.
    pub client_uri_host: Option<&'a str>,
    /// Who is signed in.
    pub username: &'a str,
    /// The authorization request, sealed, for the hidden field.
    pub interaction: &'a str,
    /// The token against cross-site posts.
    pub csrf: &'a str,
    /// What the client itself may read.
    pub own: Vec<ScopeLine>,
    /// The APIs that it wants to call.
    pub apis: Vec<ApiSection>,
    /// Whether it may go on while the person is away.
    pub offline: bool,
}

/// A scope and what it allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeLine {
    /// Its name on the wire.
    pub name: String,
    /// Its registered description. When it is empty, the page describes the OpenID scopes itself
    /// and shows others by name.
    pub description: String,
}

/// One API that the client wants to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSection {
    /// Its registered name.
    pub name: String,
    /// Its `resource` URI.
    pub resource: String,
    /// What the client may do there.
    pub scopes: Vec<ScopeLine>,
    /// What the API learns of the person. Empty: nothing but an opaque id, and the page says so.
    pub learns: Vec<LearnLine>,
}

/// A claim that an API will learn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnLine {
    /// The claim's name.
    pub claim: String,
    /// Its present value, if people may see it here.
    pub value_preview: Option<String>,
}

impl ScopeLine {
    fn label<'a>(&'a self, t: &Texts) -> &'a str {
        if !self.description.is_empty() {
            return &self.description;
        }
        t.find(&format!("scope.{}", self.name)).unwrap_or(&self.name)
    }
}

impl LearnLine {
    fn label(&self, t: &Texts) -> &str {
        t.find(&format!("claim.{}", self.claim)).unwrap_or(&self.claim)
    }
}

#[derive(Template)]
#[template(path = "consent.html")]
struct View<'a> {
    page: &'a Consent<'a>,
    t: Texts,
    chrome: &'a PageChrome<'a>,
}

impl Page for Consent<'_> {
    fn write(&self, t: Texts, chrome: &PageChrome<'_>) -> Result<String, askama::Error> {
        View { page: self, t, chrome }.render()
    }

    fn samples() -> Vec<Self> {
        let full = Consent {
            client_name: "Orders",
            client_uri_host: Some("orders.example"),
            username: "alice",
            interaction: "c2VhbGVk",
            csrf: "dG9rZW4",
            own: vec![
                scope("openid", ""),
                scope("profile", ""),
                scope("email", "Read your e-mail address"),
            ],
            apis: vec![
                ApiSection {
                    name: "Order desk".to_owned(),
                    resource: "https://orders.example/api".to_owned(),
                    scopes: vec![
                        scope("orders:read", "See your orders"),
                        scope("orders:write", ""),
                    ],
                    learns: vec![
                        learn("email", Some("alice@example.com")),
                        learn("name", Some("Alice Archer")),
                        learn("https://orders.example/claims/tier", None),
                    ],
                },
                ApiSection {
                    name: "Parcel tracking".to_owned(),
                    resource: "https://parcels.example".to_owned(),
                    scopes: vec![scope("parcels:track", "Follow a parcel")],
                    learns: Vec::new(),
                },
            ],
            offline: true,
        };
        let hostile = Consent {
            client_name: HOSTILE,
            client_uri_host: Some(HOSTILE),
            username: HOSTILE,
            interaction: HOSTILE,
            csrf: HOSTILE,
            own: vec![scope(HOSTILE, ""), scope("x", HOSTILE)],
            apis: vec![ApiSection {
                name: HOSTILE.to_owned(),
                resource: HOSTILE.to_owned(),
                scopes: vec![scope(LONG, LONG)],
                learns: vec![learn(HOSTILE, Some(HOSTILE)), learn(LONG, Some(LONG))],
            }],
            offline: false,
        };
        let bare = Consent {
            client_uri_host: None,
            own: vec![scope("openid", "")],
            apis: Vec::new(),
            offline: false,
            ..full.clone()
        };
        vec![full, hostile, bare]
    }
}

fn scope(name: &str, description: &str) -> ScopeLine {
    ScopeLine { name: name.to_owned(), description: description.to_owned() }
}

fn learn(claim: &str, value: Option<&str>) -> LearnLine {
    LearnLine { claim: claim.to_owned(), value_preview: value.map(str::to_owned) }
}
