use super::error::{Position, quote};

/// The text from where the reader stands.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    rest: &'a str,
    position: Position,
}

/// A word or sign of the language.
#[derive(Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind<'a>,
    pub(super) position: Position,
    /// Whether it is the first of its line.
    pub(super) starts_line: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind<'a> {
    Word(&'a str),
    Sign(char),
    EndOfLine,
    End,
}

impl TokenKind<'_> {
    pub(super) fn describe(self) -> String {
        match self {
            Self::Word(word) => format!("`{}`", quote(word)),
            Self::Sign(sign) => format!("`{}`", sign.escape_debug()),
            Self::EndOfLine => "the end of the line".to_owned(),
            Self::End => "the end of the text".to_owned(),
        }
    }
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, position: Position { line: 1, column: 1 } }
    }

    pub(super) fn position(&self) -> Position {
        self.position
    }

    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next()?;
        self.rest = chars.as_str();
        let ends_line = next == '\n' || (next == '\r' && !self.rest.starts_with('\n'));
        if ends_line {
            self.position = Position { line: self.position.line.saturating_add(1), column: 1 };
        } else {
            self.position.column = self.position.column.saturating_add(1);
        }
        Some(next)
    }

    /// Goes to the end of the line, not beyond.
    pub(super) fn skip_line(&mut self) {
        while self.peek().is_some_and(|next| !is_line_end(next)) {
            self.bump();
        }
    }

    /// Reads the next token. `previous` is the one before it, if any.
    pub(super) fn token(&mut self, previous: Option<TokenKind<'_>>) -> Token<'a> {
        let starts_line = previous.is_none_or(|kind| kind == TokenKind::EndOfLine);
        let mut after_space = starts_line;
        let mut line_end = None;
        loop {
            let position = self.position;
            match self.peek() {
                None => return Token { kind: TokenKind::End, position, starts_line },
                Some('#') if after_space => self.skip_line(),
                Some(next) if is_line_end(next) => {
                    line_end.get_or_insert(position);
                    after_space = true;
                    self.bump();
                }
                Some(' ' | '\t' | '\u{c}') => {
                    after_space = true;
                    self.bump();
                }
                Some(next) => {
                    if let (Some(position), false) = (line_end, starts_line) {
                        return Token { kind: TokenKind::EndOfLine, position, starts_line };
                    }
                    let kind = self.word_or_sign(next);
                    return Token { kind, position, starts_line };
                }
            }
        }
    }

    fn word_or_sign(&mut self, next: char) -> TokenKind<'a> {
        let begin = self.rest;
        if !next.is_ascii_alphanumeric() && next != '_' {
            self.bump();
            return TokenKind::Sign(next);
        }
        let in_word = |letter: char| {
            letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/')
        };
        while self.peek().is_some_and(in_word) {
            self.bump();
        }
        let length = begin.len().saturating_sub(self.rest.len());
        TokenKind::Word(begin.get(..length).unwrap_or_default())
    }
}

pub(super) fn is_line_end(letter: char) -> bool {
    matches!(letter, '\n' | '\r')
}
