//! The root page.

use super::{Page, PageChrome, Texts};
use askama::Template;

/// Says what answers at this address, and where its documents are.
#[derive(Clone, Copy, Debug)]
pub struct Home;

#[derive(Template)]
#[template(path = "home.html")]
struct View<'a> {
    t: Texts,
    chrome: &'a PageChrome<'a>,
}

impl Page for Home {
    fn write(&self, t: Texts, chrome: &PageChrome<'_>) -> Result<String, askama::Error> {
        View { t, chrome }.render()
    }

    fn samples() -> Vec<Self> {
        vec![Self]
    }
}
