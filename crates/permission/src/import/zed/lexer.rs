//! The words and signs of a schema.

use super::{Finding, FindingKind};
use crate::language::Position;

/// How much of a foreign word a finding repeats, in characters.
const QUOTE_LIMIT: usize = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    Word(&'a str),
    /// One character, `->` as `>` behind `-` is [`Kind::Arrow`].
    Sign(char),
    Arrow,
    /// `...`
    Ellipsis,
    End,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) position: Position,
}

/// The text from where the reader stands.
#[derive(Clone)]
pub(super) struct Lexer<'a> {
    rest: &'a str,
    position: Position,
}

impl Kind<'_> {
    pub(super) fn describe(self) -> String {
        match self {
            Self::Word(word) => format!("`{}`", quote(word)),
            Self::Sign(sign) => format!("`{}`", sign.escape_debug()),
            Self::Arrow => "`->`".to_owned(),
            Self::Ellipsis => "`...`".to_owned(),
            Self::End => "the end of the text".to_owned(),
        }
    }
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, position: Position { line: 1, column: 1 } }
    }

    pub(super) fn token(&mut self) -> Result<Token<'a>, Finding> {
        self.skip_space()?;
        let position = self.position;
        let Some(next) = self.peek() else { return Ok(Token { kind: Kind::End, position }) };
        let kind = if is_letter(next) {
            Kind::Word(self.take(is_letter))
        } else if self.skip("->") {
            Kind::Arrow
        } else if self.skip("...") {
            Kind::Ellipsis
        } else {
            self.bump();
            Kind::Sign(next)
        };
        Ok(Token { kind, position })
    }

    /// Reads the expression of a caveat and the `}` behind it.
    pub(super) fn expression(&mut self) -> Result<&'a str, Finding> {
        let (begin, position) = (self.rest, self.position);
        let unterminated =
            || Finding { position, kind: FindingKind::Unterminated("expression of the caveat") };
        let mut open = 0_usize;
        loop {
            let length = begin.len().saturating_sub(self.rest.len());
            let next = self.peek().ok_or_else(unterminated)?;
            match next {
                '}' if open == 0 => {
                    self.bump();
                    return Ok(begin.get(..length).unwrap_or_default().trim());
                }
                '"' | '\'' => {
                    if !self.skip_string(next) {
                        return Err(unterminated());
                    }
                    continue;
                }
                '/' if self.rest.starts_with("//") => {
                    self.skip_line();
                    continue;
                }
                '{' => open = open.saturating_add(1),
                '}' => open = open.saturating_sub(1),
                _ => {}
            }
            self.bump();
        }
    }

    /// Skips what stands in brackets behind an annotation's name, if any does.
    pub(super) fn skip_arguments(&mut self) -> Result<(), Finding> {
        self.skip_space()?;
        let position = self.position;
        if self.peek() != Some('(') {
            return Ok(());
        }
        while let Some(next) = self.peek() {
            match next {
                '"' | '\'' if self.skip_string(next) => {}
                ')' => {
                    self.bump();
                    return Ok(());
                }
                _ => {
                    self.bump();
                }
            }
        }
        Err(Finding { position, kind: FindingKind::Unterminated("bracket") })
    }

    fn skip_space(&mut self) -> Result<(), Finding> {
        while let Some(next) = self.peek() {
            let position = self.position;
            if next.is_whitespace() || next == ';' {
                self.bump();
            } else if self.rest.starts_with("//") {
                self.skip_line();
            } else if self.skip("/*") {
                while !self.skip("*/") {
                    if self.bump().is_none() {
                        let kind = FindingKind::Unterminated("comment");
                        return Err(Finding { position, kind });
                    }
                }
            } else {
                break;
            }
        }
        Ok(())
    }

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|next| next != '\n') {
            self.bump();
        }
    }

    /// Goes behind a string; `false` where it has no end. What a backslash is for in a raw string
    /// only matters before a quote, where people don't write one.
    fn skip_string(&mut self, quote: char) -> bool {
        self.bump();
        while let Some(next) = self.bump() {
            match next {
                '\\' => {
                    self.bump();
                }
                _ if next == quote => return true,
                _ => {}
            }
        }
        false
    }

    fn skip(&mut self, sign: &str) -> bool {
        let found = self.rest.starts_with(sign);
        if found {
            sign.chars().for_each(|_| {
                self.bump();
            });
        }
        found
    }

    fn take(&mut self, is_part: fn(char) -> bool) -> &'a str {
        let begin = self.rest;
        while self.peek().is_some_and(is_part) {
            self.bump();
        }
        let length = begin.len().saturating_sub(self.rest.len());
        begin.get(..length).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next()?;
        self.rest = chars.as_str();
        if next == '\n' {
            self.position = Position { line: self.position.line.saturating_add(1), column: 1 };
        } else {
            self.position.column = self.position.column.saturating_add(1);
        }
        Some(next)
    }
}

/// Whether the text is the expression of a caveat and nothing behind it.
pub(super) fn is_expression(text: &str) -> bool {
    let whole = format!("{text}\n}}");
    let mut lexer = Lexer::new(&whole);
    lexer.expression().is_ok_and(|read| read == text) && lexer.rest.is_empty()
}

fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

fn quote(word: &str) -> String {
    let mut quoted: String = word.chars().take(QUOTE_LIMIT).collect();
    if word.chars().nth(QUOTE_LIMIT).is_some() {
        quoted.push('…');
    }
    quoted
}
