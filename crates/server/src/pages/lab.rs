//! The lab: six ways to tell an API who calls, side by side. Only `counterfoil dev` serves it, at
//! `/lab` and at `/lab/callback`, where its public client `lab` receives the code.

use super::{Page, PageChrome, Texts};
use askama::Template;

/// The lab's page. Everything on it that is not text comes from `/dev/setup.json`, the token
/// endpoint and the demo API, by the page's own script.
#[derive(Clone, Copy, Debug)]
pub struct Lab;

/// The lanes, in the order in which they are shown.
const LANES: [&str; 6] = [
    "claims-in-jwt",
    "userinfo-per-request",
    "introspection-per-request",
    "encrypted-jwt",
    "fresh",
    "fresh-jwt",
];

#[derive(Template)]
#[template(path = "lab.html")]
struct View<'a> {
    t: Texts,
    chrome: &'a PageChrome<'a>,
}

impl View<'_> {
    fn lanes(&self) -> [&'static str; 6] {
        LANES
    }
}

impl Page for Lab {
    fn write(&self, t: Texts, chrome: &PageChrome<'_>) -> Result<String, askama::Error> {
        View { t, chrome }.render()
    }

    fn samples() -> Vec<Self> {
        vec![Self]
    }
}
