//! Pages that are programs: how their scripts find each other and their texts.

use super::{Texts, assets};
use askama::filters::HtmlSafe;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// The messages that `page.js` says on any page.
const SHARED: &str = "page.js.";

/// Tells the browser where the modules are that scripts import by their file names: those of one
/// page, and those that pages share.
pub(super) fn import_map(prefix: &str) -> Json {
    let own = assets::scripts(prefix);
    let shared = ["page.js", "request.js"].map(|name| (name, assets::path(name)));
    let imports: BTreeMap<_, _> = own.chain(shared).collect();
    Json::of(&BTreeMap::from([("imports", imports)]))
}

/// The messages that the scripts of one page say, those that pages share among them.
pub(super) fn messages(t: Texts, family: &str) -> Json {
    let mut messages = t.family(SHARED);
    messages.append(&mut t.family(family));
    Json::of(&messages)
}

/// JSON for a script element: no character in it can end the element or begin a comment.
pub(super) struct Json(String);

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

/// Asserts that every text which the scripts of a page name is a message, and that every message
/// of the page and of those that pages share is named.
#[cfg(test)]
pub(super) fn assert_scripts_say_what_there_is(stem: &str, family: &str) {
    let english = Texts::of(super::Locale::English);
    let own = format!("{stem}-");
    let main = format!("{stem}.js");
    let scripts: Vec<&str> = assets::texts()
        .filter(|(name, _)| name.starts_with(&own) || *name == main || *name == "page.js")
        .map(|(_, text)| text)
        .collect();
    let mut known = english.family(SHARED);
    known.append(&mut english.family(family));
    let called = scripts.iter().flat_map(|s| s.match_indices(" t(\"").map(move |(i, _)| (i, s)));
    for (at, script) in called {
        let key = script.split_at(at).1.split('"').nth(1).unwrap_or_default();
        assert!(known.contains_key(key), "no message `{family}{key}`");
    }
    known.retain(|key, _| !scripts.iter().any(|script| script.contains(&format!("\"{key}\""))));
    assert!(known.is_empty(), "nobody says {known:?}");
}

#[cfg(test)]
mod tests {
    use super::Json;

    #[test]
    fn json_cannot_end_its_element() {
        assert_eq!(Json::of(&["</script><!-- &"]).0, r#"["\u003c/script\u003e\u003c!-- \u0026"]"#);
    }
}
