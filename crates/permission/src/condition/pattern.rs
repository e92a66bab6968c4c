//! Regular expressions as Go reads them (RE2), on an engine that reads a little more.
//!
//! Both match in time linear in the text. What Go reads otherwise is rewritten: `\d`, `\w`, `\s` and
//! `\b` know ASCII alone, and within brackets `[`, `&` and `~` are letters.

use regex::{Regex, RegexBuilder};

/// How large a compiled pattern may be, in bytes: some thousand repetitions of plain letters.
const PROGRAM_BYTES_MAX: usize = 1 << 20;
/// How deep groups of a pattern may nest.
const NESTING_MAX: u32 = 64;

/// Reads a pattern; what is wrong with it otherwise, in one line.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(&translated(pattern))
        .size_limit(PROGRAM_BYTES_MAX)
        .dfa_size_limit(PROGRAM_BYTES_MAX)
        .nest_limit(NESTING_MAX)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
            other => last_line(&other.to_string()),
        })
}

fn last_line(text: &str) -> String {
    let last = text.lines().last().unwrap_or_default();
    super::error::quote(last.trim_start_matches("error: "))
}

fn translated(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut in_class = false;
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, in_class) {
            ('\\', _) => match letters.next() {
                Some('Q') => in_quotes(&mut letters, &mut text),
                Some(escaped) => push_escape(&mut text, escaped, in_class),
                None => text.push('\\'),
            },
            ('[', false) => {
                in_class = true;
                text.push('[');
                if letters.next_if_eq(&'^').is_some() {
                    text.push('^');
                }
                if letters.next_if_eq(&']').is_some() {
                    text.push_str("\\]");
                }
            }
            ('[', true) if letters.peek() == Some(&':') => {
                // `[:alpha:]`, up to its own bracket.
                text.push('[');
                for inner in letters.by_ref() {
                    text.push(inner);
                    if inner == ']' {
                        break;
                    }
                }
            }
            ('[' | '&' | '~', true) => {
                text.push('\\');
                text.push(letter);
            }
            (']', true) => {
                in_class = false;
                text.push(']');
            }
            (other, _) => text.push(other),
        }
    }
    text
}

fn push_escape(text: &mut String, escaped: char, in_class: bool) {
    let ascii = match (escaped, in_class) {
        ('d', false) => "[0-9]",
        ('d', true) => "0-9",
        ('D', _) => "[^0-9]",
        ('w', false) => "[0-9A-Za-z_]",
        ('w', true) => "0-9A-Za-z_",
        ('W', _) => "[^0-9A-Za-z_]",
        ('s', false) => "[\\t\\n\\f\\r ]",
        ('s', true) => "\\t\\n\\f\\r ",
        ('S', _) => "[^\\t\\n\\f\\r ]",
        ('b', false) => "(?-u:\\b)",
        ('B', false) => "(?-u:\\B)",
        _ => {
            text.push('\\');
            text.push(escaped);
            return;
        }
    };
    text.push_str(ascii);
}

/// Letters that mean themselves, up to `\E`.
fn in_quotes(letters: &mut std::iter::Peekable<std::str::Chars<'_>>, text: &mut String) {
    while let Some(letter) = letters.next() {
        if letter == '\\' && letters.next_if_eq(&'E').is_some() {
            return;
        }
        text.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4])));
    }
}
