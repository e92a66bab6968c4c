//! The permissions page: a model, its relationships, and questions that turn live.

use super::program::{self, Json};
use super::{Page, PageChrome, Texts};
use askama::Template;

/// The permissions page. Everything on it that is not text comes from the permission API, by the
/// page's own script.
#[derive(Clone, Copy, Debug)]
pub struct Permissions;

/// The ways to look at a model, each with the key of its text: the same content in each.
const VIEWS: [(&str, &str); 3] =
    [("text", "perm.view.text"), ("graph", "perm.view.graph"), ("table", "perm.view.table")];

#[derive(Template)]
#[template(path = "permissions.html")]
struct View<'a> {
    t: Texts,
    chrome: &'a PageChrome<'a>,
}

impl View<'_> {
    fn views(&self) -> &'static [(&'static str, &'static str)] {
        &VIEWS
    }

    fn import_map(&self) -> Json {
        program::import_map("perm-")
    }

    fn messages(&self) -> Json {
        program::messages(self.t, "perm.js.")
    }
}

impl Page for Permissions {
    fn write(&self, t: Texts, chrome: &PageChrome<'_>) -> Result<String, askama::Error> {
        View { t, chrome }.render()
    }

    fn samples() -> Vec<Self> {
        vec![Self]
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Locale, program};
    use super::{Texts, VIEWS};

    #[test]
    fn every_text_of_the_scripts_and_views_is_a_message_and_every_message_is_used() {
        let english = Texts::of(Locale::English);
        for (_, key) in VIEWS {
            assert!(english.find(key).is_some(), "no message `{key}`");
        }
        program::assert_scripts_say_what_there_is("perm", "perm.js.");
    }
}
