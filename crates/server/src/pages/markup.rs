//! Reads rendered pages strictly, so that tests can say what a page must not hold.

use std::collections::{BTreeMap, BTreeSet};

/// Elements that have no end tag.
const VOID: [&str; 5] = ["meta", "link", "input", "br", "img"];

/// An element in the order of its start tag.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: BTreeMap<String, String>,
    /// The text between its tags, without that of elements inside.
    pub(super) text: String,
    /// Indexes of the elements around it, outermost first.
    pub(super) ancestors: Vec<usize>,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

/// Cuts a page into elements.
///
/// # Errors
/// The first thing that is not well formed: only what our templates use is.
pub(super) fn parse(html: &str) -> Result<Vec<Element>, String> {
    let mut rest = html.strip_prefix("<!doctype html>").ok_or("no doctype")?;
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    while let Some((text, tail)) = rest.split_once('<') {
        add_text(&mut elements, &open, text)?;
        let (tag, tail) = cut_tag(tail)?;
        rest = tail;
        if let Some(name) = tag.strip_prefix('/') {
            let top = open.pop().ok_or_else(|| format!("</{name}> closes nothing"))?;
            if elements[top].name != name {
                return Err(format!("</{name}> closes <{}>", elements[top].name));
            }
            continue;
        }
        let (name, attributes) = parse_tag(tag)?;
        let raw = matches!(name.as_str(), "script" | "style");
        let void = VOID.contains(&name.as_str());
        elements.push(Element { name, attributes, text: String::new(), ancestors: open.clone() });
        if !void {
            open.push(elements.len() - 1);
        }
        if raw {
            let last = elements.last_mut().unwrap();
            let end = format!("</{}>", last.name);
            let (text, tail) = rest.split_once(&end).ok_or("a raw element without an end")?;
            last.text.push_str(text);
            open.pop();
            rest = tail;
        }
    }
    match open.last() {
        Some(&top) => Err(format!("<{}> is not closed", elements[top].name)),
        None => Ok(elements),
    }
}

/// Every rule that all pages keep; the answer names what is broken.
pub(super) fn broken_rules(elements: &[Element]) -> Vec<String> {
    let mut broken = Vec::new();
    let ids: Vec<&str> = elements.iter().filter_map(|e| e.attribute("id")).collect();
    let known: BTreeSet<&str> = ids.iter().copied().collect();
    if known.len() != ids.len() {
        broken.push("an id stands twice".to_owned());
    }
    if elements.iter().filter(|e| e.name == "h1").count() != 1 {
        broken.push("a page has one h1".to_owned());
    }
    let labelled: BTreeSet<&str> = elements.iter().filter_map(|e| e.attribute("for")).collect();
    for element in elements {
        let name = &element.name;
        for (attribute, value) in &element.attributes {
            if attribute.starts_with("on") || attribute == "style" {
                broken.push(format!("<{name}> has `{attribute}`"));
            }
            let refers = ["for", "aria-describedby", "aria-labelledby", "aria-controls"];
            let missing = |id: &&str| !known.contains(id);
            if refers.contains(&attribute.as_str()) && value.split(' ').any(|id| missing(&id)) {
                broken.push(format!("<{name} {attribute}> refers to nothing: {value}"));
            }
            let leads = ["href", "src", "action", "formaction"].contains(&attribute.as_str());
            let scheme = value.split(['/', '?', '#']).next().unwrap_or_default();
            if leads && scheme.contains(':') && scheme != "https:" && scheme != "http:" {
                broken.push(format!("<{name} {attribute}> leads to {value}"));
            }
        }
        broken.extend(broken_rule_of(element, &labelled));
    }
    broken.extend(broken_heading_order(elements));
    broken
}

fn broken_rule_of(element: &Element, labelled: &BTreeSet<&str>) -> Option<String> {
    let has = |name| element.attributes.contains_key(name);
    match element.name.as_str() {
        "input" | "textarea" | "select" if element.attribute("type") != Some("hidden") => {
            let id = element.attribute("id").unwrap_or_default();
            (!labelled.contains(id)).then(|| format!("a field without a label: {id}"))
        }
        "button" if !has("type") => Some("a button without a type".to_owned()),
        "script" if !has("src") && !has("nonce") => Some("a script without a nonce".to_owned()),
        "script" if has("src") && !element.text.trim().is_empty() => {
            Some("a script with both source and content".to_owned())
        }
        "style" | "iframe" | "object" | "embed" | "base" => {
            Some(format!("<{}> has no place here", element.name))
        }
        "form" if !matches!(element.attribute("method"), Some("post" | "dialog")) => {
            Some("a form that does not post".to_owned())
        }
        _ => None,
    }
}

fn broken_heading_order(elements: &[Element]) -> Option<String> {
    let mut last = 0;
    for element in elements {
        let level = match element.name.as_str() {
            "h1" => 1,
            "h2" => 2,
            "h3" => 3,
            "h4" => 4,
            _ => continue,
        };
        if level > last + 1 {
            return Some(format!("h{level} follows h{last}"));
        }
        last = level;
    }
    None
}

fn add_text(elements: &mut [Element], open: &[usize], text: &str) -> Result<(), String> {
    if text.contains('>') {
        return Err(format!("a bare `>` in {text:?}"));
    }
    match open.last() {
        Some(&top) => elements[top].text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(format!("text outside the document: {text:?}")),
    }
    Ok(())
}

/// Splits at the `>` that ends a tag, which a quoted value may hold as well.
fn cut_tag(rest: &str) -> Result<(&str, &str), String> {
    let mut quoted = false;
    for (at, c) in rest.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => {
                let (tag, tail) = rest.split_at(at);
                return Ok((tag, tail.strip_prefix('>').unwrap_or(tail)));
            }
            '<' => break,
            _ => {}
        }
    }
    Err(format!("a tag without an end: {:?}", rest.chars().take(40).collect::<String>()))
}

fn parse_tag(tag: &str) -> Result<(String, BTreeMap<String, String>), String> {
    let (name, mut rest) = tag.split_once([' ', '\n']).unwrap_or((tag, ""));
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()) {
        return Err(format!("not an element: <{tag}>"));
    }
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok((name.to_owned(), attributes));
        }
        let end = rest.find(['=', ' ', '\n']).unwrap_or(rest.len());
        let (attribute, tail) = rest.split_at(end);
        if !attribute.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit()) {
            return Err(format!("not an attribute: {attribute:?} in <{tag}>"));
        }
        let (value, tail) = match tail.strip_prefix('=') {
            Some(quoted) => quoted
                .strip_prefix('"')
                .and_then(|text| text.split_once('"'))
                .ok_or_else(|| format!("a value without quotes in <{tag}>"))?,
            None => ("", tail),
        };
        if attributes.insert(attribute.to_owned(), value.to_owned()).is_some() {
            return Err(format!("`{attribute}` twice in <{tag}>"));
        }
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::{broken_rules, parse};

    #[test]
    fn the_reader_finds_what_it_must_find() {
        for (html, expected) in [
            ("<p>", "no doctype"),
            ("<!doctype html><p><b></p></b>", "</p> closes <b>"),
            ("<!doctype html><p>", "<p> is not closed"),
            ("<!doctype html><p id=x></p>", "a value without quotes in <p id=x>"),
            ("<!doctype html></p>", "</p> closes nothing"),
        ] {
            assert_eq!(parse(html).unwrap_err(), expected, "{html}");
        }
        let html = "<!doctype html><h2 onclick=\"x\" style=\"y\"></h2><input id=\"a\"><button>\
            </button><a href=\"javascript:x\"></a><script></script><form></form>";
        insta::assert_snapshot!(broken_rules(&parse(html).unwrap()).join("\n"), @r#"
        a page has one h1
        <h2> has `onclick`
        <h2> has `style`
        a field without a label: a
        a button without a type
        <a href> leads to javascript:x
        a script without a nonce
        a form that does not post
        h2 follows h0
        "#);
    }
}
