//! From a text to its definitions and caveats. Names are resolved once all are known.

use super::lexer::{Kind, Lexer, Token};
use super::{Finding, FindingKind, caveat, definition};
use crate::language::{ERROR_LIMIT, Position, TEXT_LIMIT};
use crate::model::{Condition, TypeDefinition};

/// What a text defines, and what is still to be looked up.
#[derive(Default)]
pub(super) struct Schema {
    pub(super) types: Vec<TypeDefinition>,
    pub(super) conditions: Vec<Condition>,
    /// Where each name is defined.
    pub(super) defined: Vec<(Position, Defined)>,
    /// Where each name is used.
    pub(super) used: Vec<(Position, Used)>,
    pub(super) notes: Vec<Finding>,
}

/// A name that is defined.
pub(super) enum Defined {
    Type(String),
    Relation { of: String, name: String },
    Caveat(String),
}

/// A name that is used.
pub(super) enum Used {
    Type(String),
    Relation {
        of: String,
        name: String,
    },
    Caveat(String),
    /// The relation that an arrow begins at.
    Tupleset {
        of: String,
        name: String,
    },
    /// What an arrow leads to, of whichever types it reaches.
    Arrowed(String),
}

pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    next: Token<'a>,
    pub(super) schema: Schema,
}

/// Reads a text. It stops at the first error of syntax; what a model can't say is collected.
pub(super) fn schema(text: &str) -> Result<Schema, Vec<Finding>> {
    let begin = Position { line: 1, column: 1 };
    if text.len() > TEXT_LIMIT {
        return Err(vec![Finding { position: begin, kind: FindingKind::TextTooLong }]);
    }
    let next = Token { kind: Kind::End, position: begin };
    let mut parser = Parser { lexer: Lexer::new(text), next, schema: Schema::default() };
    match parser.run() {
        Ok(()) => Ok(parser.schema),
        Err(finding) => Err(vec![finding]),
    }
}

impl<'a> Parser<'a> {
    fn run(&mut self) -> Result<(), Finding> {
        self.advance()?;
        loop {
            match self.next.kind {
                Kind::End => return Ok(()),
                Kind::Word("definition") => definition::read(self)?,
                Kind::Word("caveat") => caveat::read(self)?,
                Kind::Word("use") => {
                    self.advance()?;
                    self.word("a feature's name")?;
                }
                Kind::Sign('@') => self.annotation()?,
                Kind::Word(word @ ("import" | "partial")) => {
                    let kind = FindingKind::Composed(word.to_owned());
                    return Err(Finding { position: self.next.position, kind });
                }
                _ => return Err(self.unexpected("`definition`, `caveat` or `use`")),
            }
        }
    }

    pub(super) fn next(&self) -> Token<'a> {
        self.next
    }

    pub(super) fn advance(&mut self) -> Result<Token<'a>, Finding> {
        let token = self.next;
        self.next = self.lexer.token()?;
        Ok(token)
    }

    /// Goes on if this sign is next.
    pub(super) fn skip(&mut self, sign: char) -> Result<bool, Finding> {
        let found = self.next.kind == Kind::Sign(sign);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn sign(&mut self, sign: char, expected: &'static str) -> Result<(), Finding> {
        if self.skip(sign)? { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    pub(super) fn word(&mut self, expected: &'static str) -> Result<(&'a str, Position), Finding> {
        let Kind::Word(word) = self.next.kind else { return Err(self.unexpected(expected)) };
        Ok((word, self.advance()?.position))
    }

    /// A name with prefixes: `tenant/document`.
    pub(super) fn path(&mut self, expected: &'static str) -> Result<(String, Position), Finding> {
        let (first, position) = self.word(expected)?;
        let mut path = first.to_owned();
        while self.skip('/')? {
            path.push('/');
            path.push_str(self.word(expected)?.0);
        }
        Ok((path, position))
    }

    /// The expression of a caveat: the `{` in front of it is next.
    pub(super) fn expression(&mut self) -> Result<String, Finding> {
        if self.next.kind != Kind::Sign('{') {
            return Err(self.unexpected("`{` and the caveat's expression"));
        }
        let text = self.lexer.expression()?;
        self.next = self.lexer.token()?;
        Ok(text.to_owned())
    }

    /// `@deprecated(warn, "…")`
    pub(super) fn annotation(&mut self) -> Result<(), Finding> {
        let position = self.advance()?.position;
        let Kind::Word(_) = self.next.kind else { return Err(self.unexpected("an annotation")) };
        self.lexer.skip_arguments()?;
        self.next = self.lexer.token()?;
        self.note(position, FindingKind::DeprecationLeftOut);
        Ok(())
    }

    pub(super) fn note(&mut self, position: Position, kind: FindingKind) {
        if self.schema.notes.len() < ERROR_LIMIT {
            self.schema.notes.push(Finding { position, kind });
        }
    }

    pub(super) fn unexpected(&self, expected: &'static str) -> Finding {
        let found = self.next.kind.describe();
        Finding { position: self.next.position, kind: FindingKind::Unexpected { found, expected } }
    }
}
