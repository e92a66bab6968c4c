//! The lab: six ways to tell an API who calls, side by side. Only `counterfoil dev` serves it, at
//! `/lab` and at `/lab/callback`, where its public client `lab` receives the code.

use super::program::{self, Json};
use super::{Page, PageChrome, Texts};
use askama::Template;

/// The lab's page. Everything on it that is not text comes from `/dev/setup.json`, the token
/// endpoint and the demo API, by the page's own script.
#[derive(Clone, Copy, Debug)]
pub struct Lab;

/// A lane's place on the page, and the keys of its texts.
struct Lane {
    name: &'static str,
    title: &'static str,
    how: &'static str,
    /// Whether it is one of the two that this product is about.
    ours: bool,
}

/// The lanes in the order in which they are shown: the two to look at come last.
const LANES: [Lane; 6] = [
    Lane {
        name: "claims-in-jwt",
        title: "lab.lane.claims-in-jwt",
        how: "lab.lane.claims-in-jwt.how",
        ours: false,
    },
    Lane {
        name: "userinfo-per-request",
        title: "lab.lane.userinfo-per-request",
        how: "lab.lane.userinfo-per-request.how",
        ours: false,
    },
    Lane {
        name: "introspection-per-request",
        title: "lab.lane.introspection-per-request",
        how: "lab.lane.introspection-per-request.how",
        ours: false,
    },
    Lane {
        name: "encrypted-jwt",
        title: "lab.lane.encrypted-jwt",
        how: "lab.lane.encrypted-jwt.how",
        ours: false,
    },
    Lane { name: "fresh", title: "lab.lane.fresh", how: "lab.lane.fresh.how", ours: true },
    Lane {
        name: "fresh-jwt",
        title: "lab.lane.fresh-jwt",
        how: "lab.lane.fresh-jwt.how",
        ours: true,
    },
];

/// Who asks for the shared order: names of the demo world.
const PEOPLE: [&str; 2] = ["alice", "bob"];

#[derive(Template)]
#[template(path = "lab.html")]
struct View<'a> {
    t: Texts,
    chrome: &'a PageChrome<'a>,
}

impl View<'_> {
    fn lanes(&self) -> &'static [Lane] {
        &LANES
    }

    fn people(&self) -> &'static [&'static str] {
        &PEOPLE
    }

    fn import_map(&self) -> Json {
        program::import_map("lab-")
    }

    fn messages(&self) -> Json {
        program::messages(self.t, "lab.js.")
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

#[cfg(test)]
mod tests {
    use super::super::{Locale, program};
    use super::{LANES, Texts};

    #[test]
    fn every_text_of_the_scripts_and_lanes_is_a_message_and_every_message_is_used() {
        let english = Texts::of(Locale::English);
        for key in LANES.iter().flat_map(|lane| [lane.title, lane.how]) {
            assert!(english.find(key).is_some(), "no message `{key}`");
        }
        program::assert_scripts_say_what_there_is("lab", "lab.js.");
    }
}
