//! The lab: six ways to tell an API who calls, side by side. Only `counterfoil dev` serves it, at
//! `/lab` and at `/lab/callback`, where its public client `lab` receives the code.

use super::{Page, PageChrome, Texts, assets};
use askama::Template;
use askama::filters::HtmlSafe;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

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

    /// Tells the browser where the modules are that `lab.js` imports by their file names.
    fn import_map(&self) -> Json {
        let imports: BTreeMap<_, _> = assets::scripts("lab-").collect();
        Json::of(&BTreeMap::from([("imports", imports)]))
    }

    /// The messages that the scripts say.
    fn messages(&self) -> Json {
        Json::of(&self.t.family("lab.js."))
    }
}

/// JSON for a script element: no character in it can end the element or begin a comment.
struct Json(String);

impl Json {
    fn of(value: &impl Serialize) -> Self {
        let text = serde_json::to_string(value).unwrap_or_default();
        Self(text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Json {}

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
    use super::super::Locale;
    use super::{Json, LANES, Texts};

    const SCRIPTS: [&str; 6] = [
        include_str!("../../assets/lab.js"),
        include_str!("../../assets/lab-client.js"),
        include_str!("../../assets/lab-curl.js"),
        include_str!("../../assets/lab-lane.js"),
        include_str!("../../assets/lab-page.js"),
        include_str!("../../assets/lab-token.js"),
    ];

    #[test]
    fn every_text_of_the_scripts_and_lanes_is_a_message_and_every_message_is_used() {
        let english = Texts::of(Locale::English);
        for key in LANES.iter().flat_map(|lane| [lane.title, lane.how]) {
            assert!(english.find(key).is_some(), "no message `{key}`");
        }
        let mut unused = english.family("lab.js.");
        for (at, script) in
            SCRIPTS.iter().flat_map(|s| s.match_indices(" t(\"").map(move |(i, _)| (i, s)))
        {
            let key = script.split_at(at).1.split('"').nth(1).unwrap();
            assert!(english.find(&format!("lab.js.{key}")).is_some(), "no message `lab.js.{key}`");
            unused.remove(key);
        }
        unused
            .retain(|key, _| !SCRIPTS.iter().any(|script| script.contains(&format!("\"{key}\""))));
        assert!(unused.is_empty(), "nobody says {unused:?}");
    }

    #[test]
    fn json_cannot_end_its_element() {
        assert_eq!(Json::of(&["</script><!-- &"]).0, r#"["\u003c/script\u003e\u003c!-- \u0026"]"#);
    }
}
