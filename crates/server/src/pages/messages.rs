//! The message files: every text that a page shows.
//!
//! A file holds one message a line, `key = text`; a line that begins with a blank goes on the
//! message before it, `#` begins a comment, and `{name}` is a place for a value.

use super::locale::Locale;
use askama::filters::{Escaper as _, Html, HtmlSafe};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

const ENGLISH: &str = include_str!("../../messages/en.ftl");
const GERMAN: &str = include_str!("../../messages/de.ftl");

static ENGLISH_MESSAGES: LazyLock<Messages> = LazyLock::new(|| Messages::load(ENGLISH));
static GERMAN_MESSAGES: LazyLock<Messages> = LazyLock::new(|| Messages::load(GERMAN));

/// The messages of one locale.
#[derive(Clone, Copy, Debug)]
pub struct Texts {
    locale: Locale,
    messages: &'static Messages,
}

impl Texts {
    pub(super) fn of(locale: Locale) -> Self {
        let messages = match locale {
            Locale::English => &ENGLISH_MESSAGES,
            Locale::German => &GERMAN_MESSAGES,
        };
        Self { locale, messages }
    }

    /// The language tag for `lang`.
    pub(super) const fn tag(self) -> &'static str {
        self.locale.tag()
    }

    /// A message without places. A key that no file has shows as itself; a test finds it.
    pub(super) fn text(self, key: &str) -> &str {
        self.find(key).unwrap_or(key)
    }

    /// A message with a value as plain text, for places that take no markup.
    pub(super) fn plain(self, key: &str, name: &str, value: impl AsRef<str>) -> String {
        let value = Some((name, value.as_ref()));
        let text: String = pieces(self.text(key)).map(|piece| piece.resolve(value)).collect();
        text.chars().filter(|&c| !steers_text(c)).collect()
    }

    /// A message with a value as markup: the value escaped and set apart, so that neither its
    /// characters nor its writing direction leak into the sentence around it.
    pub(super) fn rich<'a>(
        self,
        key: &'a str,
        name: &'a str,
        value: &'a (impl AsRef<str> + ?Sized),
    ) -> Rich<'a> {
        Rich { text: self.text(key), value: (name, value.as_ref()) }
    }

    /// Text from outside, for an element of its own that isolates its writing direction.
    pub(super) fn shown<'a>(self, text: &'a (impl AsRef<str> + ?Sized)) -> Shown<'a> {
        Shown(text.as_ref())
    }

    /// A message if there is one, for keys that are made out of a value.
    pub(super) fn find(self, key: &str) -> Option<&'static str> {
        self.messages.get(key)
    }

    /// Every message whose key begins with `prefix`, by the rest of its key.
    pub(super) fn family(self, prefix: &str) -> BTreeMap<&'static str, &'static str> {
        let all = self.messages.by_key.iter();
        all.filter_map(|(key, text)| Some((key.strip_prefix(prefix)?, text.as_str()))).collect()
    }
}

/// A message with a marked-up value; it escapes what it writes.
#[derive(Debug)]
pub(super) struct Rich<'a> {
    text: &'a str,
    value: (&'a str, &'a str),
}

impl fmt::Display for Rich<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in pieces(self.text) {
            let text = piece.resolve(Some(self.value));
            match piece {
                Piece::Literal(_) => Html.write_escaped_str(&mut *f, text)?,
                Piece::Place(_) => write!(f, "<bdi class=\"value\">{}</bdi>", Shown(text))?,
            }
        }
        Ok(())
    }
}

impl HtmlSafe for Rich<'_> {}

/// Text from outside, escaped, without the characters that steer the text around it.
#[derive(Debug)]
pub(super) struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.0.split(steers_text);
        kept.into_iter().try_for_each(|text| Html.write_escaped_str(&mut *f, text))
    }
}

impl HtmlSafe for Shown<'_> {}

/// Whether a character is a control: among them are the directional ones, and an unclosed isolate
/// in a value would take the markup's own close for its own and spill into the sentence
/// ([UAX #9 §3.1](https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings)).
fn steers_text(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[derive(Debug, Default)]
pub(super) struct Messages {
    by_key: BTreeMap<&'static str, String>,
}

impl Messages {
    fn load(file: &'static str) -> Self {
        Self::parse(file).unwrap_or_else(|error| {
            tracing::error!(%error, "a message file cannot be read: {error}");
            Self::default()
        })
    }

    fn parse(file: &'static str) -> Result<Self, MessageError> {
        let mut by_key: BTreeMap<&'static str, String> = BTreeMap::new();
        let mut last: Option<&'static str> = None;
        for (index, line) in file.lines().enumerate() {
            let number = index + 1;
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if line.starts_with(' ') {
                let text = last.and_then(|key| by_key.get_mut(key));
                let text = text.ok_or(MessageError { number, what: "goes on nothing" })?;
                text.push(' ');
                text.push_str(line.trim());
                continue;
            }
            let (key, text) =
                line.split_once('=').ok_or(MessageError { number, what: "has no `=`" })?;
            let key = key.trim();
            if by_key.insert(key, text.trim().to_owned()).is_some() {
                return Err(MessageError { number, what: "repeats a key" });
            }
            last = Some(key);
        }
        Ok(Self { by_key })
    }

    fn get(&'static self, key: &str) -> Option<&'static str> {
        self.by_key.get(key).map(String::as_str)
    }
}

/// Why a message file cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MessageError {
    number: usize,
    what: &'static str,
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} {}", self.number, self.what)
    }
}

impl std::error::Error for MessageError {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Literal(&'a str),
    Place(&'a str),
}

impl<'a> Piece<'a> {
    /// What the piece says; a place without a value says nothing.
    fn resolve(self, value: Option<(&str, &'a str)>) -> &'a str {
        match self {
            Self::Literal(text) => text,
            Self::Place(name) => {
                value.filter(|(known, _)| *known == name).map_or("", |(_, value)| value)
            }
        }
    }
}

/// Cuts a message into literals and places; an unclosed `{` is literal.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((name, after)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            rest = after;
            return Some(Piece::Place(name));
        }
        let end =
            rest.char_indices().skip(1).find(|(_, c)| *c == '{').map_or(rest.len(), |(at, _)| at);
        let (literal, after) = rest.split_at(end);
        rest = after;
        Some(Piece::Literal(literal))
    })
}

#[cfg(test)]
mod tests {
    use super::super::locale::Locale;
    use super::{ENGLISH, GERMAN, Messages, Piece, Rich, Texts, pieces};
    use std::collections::BTreeSet;

    fn places(text: &str) -> BTreeSet<String> {
        pieces(text)
            .filter_map(|piece| match piece {
                Piece::Place(name) => Some(name.to_owned()),
                Piece::Literal(_) => None,
            })
            .collect()
    }

    #[test]
    fn every_locale_has_every_key_with_the_same_places() {
        let english = Messages::parse(ENGLISH).unwrap();
        let german = Messages::parse(GERMAN).unwrap();
        let keys = |messages: &Messages| messages.by_key.keys().copied().collect::<Vec<_>>();
        assert_eq!(keys(&english), keys(&german));
        for (key, text) in &english.by_key {
            assert_eq!(places(text), places(&german.by_key[key]), "{key}");
            assert!(!text.is_empty() && !german.by_key[key].is_empty(), "{key} is empty");
        }
    }

    #[test]
    fn a_file_that_is_not_messages_is_refused_by_line() {
        for (file, expected) in [
            ("a = 1\nb", "line 2 has no `=`"),
            ("a = 1\n\na = 2", "line 3 repeats a key"),
            ("# note\n on = nothing", "line 2 goes on nothing"),
        ] {
            assert_eq!(Messages::parse(file).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn values_are_escaped_and_set_apart_where_markup_is_allowed() {
        let rich = Rich { text: "to {client} & {x} {", value: ("client", "<b>\"A\"") };
        insta::assert_snapshot!(rich.to_string(), @r#"to <bdi class="value">&#60;b&#62;&#34;A&#34;</bdi> &#38; <bdi class="value"></bdi> {"#);
        let plain = Texts::of(Locale::English).plain("{a}-{b}", "a", "{b}");
        assert_eq!(plain, "{b}-");
    }
}
