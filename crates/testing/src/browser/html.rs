//! As much of HTML as our pages need: forms with their fields and buttons.

/// A form on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Where it goes, as written.
    pub action: String,
    /// `get` or `post`.
    pub method: String,
    /// Its fields with their values, in order; buttons are apart.
    pub fields: Vec<(String, String)>,
    /// Its submit buttons that have a name: `(name, value)`.
    pub buttons: Vec<(String, String)>,
}

impl Form {
    /// Fills in a field, which must be there.
    ///
    /// # Panics
    /// When the form has no such field.
    #[track_caller]
    pub fn fill(&mut self, name: &str, value: &str) {
        let field = self.fields.iter_mut().find(|(field, _)| field == name);
        #[expect(clippy::panic, reason = "test ground")]
        let Some(field) = field else { panic!("the form has no field `{name}`") };
        value.clone_into(&mut field.1);
    }

    /// Presses a named button, which must be there: it goes with the form.
    ///
    /// # Panics
    /// When the form has no such button.
    #[track_caller]
    pub fn press(&mut self, name: &str, value: &str) {
        let button = (name.to_owned(), value.to_owned());
        assert!(self.buttons.contains(&button), "the form has no button `{name}={value}`");
        self.fields.push(button);
    }

    /// Whether it has a field of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| field == name)
    }
}

/// Every form of a page.
pub(super) fn forms(html: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut open: Option<Form> = None;
    for tag in tags(html) {
        let get = |name: &str| tag.attribute(name).unwrap_or_default();
        match tag.name.as_str() {
            "form" => {
                let method = get("method").to_lowercase();
                let form = Form {
                    action: get("action"),
                    method: if method.is_empty() { "get".to_owned() } else { method },
                    fields: Vec::new(),
                    buttons: Vec::new(),
                };
                forms.extend(open.replace(form));
            }
            "/form" => forms.extend(open.take()),
            "input" | "button" => {
                let Some(form) = &mut open else { continue };
                let pair = (get("name"), get("value"));
                if pair.0.is_empty() {
                    continue;
                }
                let is_button = tag.name == "button" || get("type") == "submit";
                if is_button { form.buttons.push(pair) } else { form.fields.push(pair) }
            }
            _ => {}
        }
    }
    forms.extend(open);
    forms
}

/// The text between `<title>` and `</title>`.
pub(super) fn title(html: &str) -> String {
    let after = html.split_once("<title>").map_or("", |(_, rest)| rest);
    unescape(after.split_once("</title>").map_or("", |(title, _)| title))
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn attribute(&self, name: &str) -> Option<String> {
        let (_, value) = self.attributes.iter().find(|(attribute, _)| attribute == name)?;
        Some(value.clone())
    }
}

fn tags(html: &str) -> impl Iterator<Item = Tag> {
    html.split('<').skip(1).map(|rest| {
        let end = rest.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        Tag { name: name.to_lowercase(), attributes: attributes(rest) }
    })
}

/// Reads `a="1" b c=d` up to the closing bracket.
fn attributes(mut rest: &str) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            return attributes;
        }
        let stop = |c: char| c.is_whitespace() || matches!(c, '=' | '>');
        let (name, after) = rest.split_at(rest.find(stop).unwrap_or(rest.len()));
        let Some(after) = after.trim_start().strip_prefix('=') else {
            attributes.push((name.to_lowercase(), String::new()));
            rest = after;
            continue;
        };
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => {
                let inner = after.get(1..).unwrap_or_default();
                inner.split_once(quote).unwrap_or((inner, ""))
            }
            None => after.split_at(after.find([' ', '\n', '>']).unwrap_or(after.len())),
        };
        attributes.push((name.to_lowercase(), unescape(value)));
        rest = after;
    }
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let decoded = after.split_once(';').and_then(|(name, tail)| Some((entity(name)?, tail)));
        match decoded {
            Some((c, tail)) => {
                out.push(c);
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_with_fields_and_buttons() {
        let page = r#"<title>Sign in &#38; on</title><form class=x method="POST"
            action="/a?b=1&amp;c=2"><input type="hidden" name="i" value="&quot;&#x27;&#60;">
            <input name='u' required><input type="submit" name="s" value="go">
            <button name="decision" value="allow">Yes</button></form><form><input name=q value=1>"#;
        let found = forms(page);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            found,
            [
                Form {
                    action: "/a?b=1&c=2".to_owned(),
                    method: "post".to_owned(),
                    fields: vec![pair("i", "\"'<"), pair("u", "")],
                    buttons: vec![pair("s", "go"), pair("decision", "allow")],
                },
                Form {
                    action: String::new(),
                    method: "get".to_owned(),
                    fields: vec![pair("q", "1")],
                    buttons: vec![],
                },
            ]
        );
        assert_eq!(title(page), "Sign in & on");
    }
}
