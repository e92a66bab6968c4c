//! Reads the language by recursive descent: one function a construct.

mod condition;
mod items;
mod rewrite;

use super::error::{SyntaxError, SyntaxErrorKind, SyntaxErrors};
use super::lexer::{Cursor, Token, TokenKind};
use super::limits::{ERROR_LIMIT, TEXT_LIMIT};
use super::module::Module;
use super::name::Named;
use super::positions::Positions;
use crate::model::{Model, Origin};

pub(super) type Parsed<T> = Result<T, SyntaxError>;

pub(super) struct Parser<'a> {
    cursor: Cursor<'a>,
    token: Token<'a>,
    errors: Vec<SyntaxError>,
    positions: Positions,
}

/// Reads a model from OpenFGA's modelling language, schema 1.1 or 1.2.
///
/// What is read is the text, not its sense: whether the names in it exist is the validator's
/// question. Comments are not kept. The text may have [`TEXT_LIMIT`] bytes and
/// [`NESTING_LIMIT`](super::NESTING_LIMIT) levels of parentheses.
///
/// Beyond what OpenFGA's own parser reads, parameters may be of type `any` and of nested lists and
/// maps, and conditions may have no parameters, as its JSON form allows.
///
/// # Errors
/// Everything found wrong, up to [`ERROR_LIMIT`]: reading goes on at the next type,
/// relation or condition.
///
/// ```
/// use counterfoil_permission::language::parse;
///
/// let model = parse(
///     "model
///   schema 1.1
///
/// type user
///
/// type order
///   relations
///     define owner: [user]
///     define viewer: [user, user:*] or owner
/// ",
/// )?;
/// assert_eq!(model.types[1].relations[1].name, "viewer");
///
/// let errors = parse("model\n  schema 1.1\ntype a b\n").unwrap_err();
/// assert_eq!(
///     errors.to_string(),
///     "line 3, column 8: found `b`, expected the end of the line: \
///      put what follows on a line of its own",
/// );
/// # Ok::<(), counterfoil_permission::language::SyntaxErrors>(())
/// ```
pub fn parse(text: &str) -> Result<Model, SyntaxErrors> {
    parse_located(text).map(|(model, _)| model)
}

/// [`parse`], and where the text says what.
///
/// # Errors
/// As [`parse`].
pub fn parse_located(text: &str) -> Result<(Model, Positions), SyntaxErrors> {
    let mut parser = Parser::begin(text, None)?;
    let schema = match parser.model_header() {
        Ok(schema) => schema,
        Err(error) => return Err(SyntaxErrors::new(vec![error])),
    };
    let items = parser.items(None);
    let (types, conditions) = (items.types, items.conditions);
    parser.finish(Model { schema, types, conditions })
}

/// Reads a file that begins with `module`. `file` is its path, which the model will name.
///
/// ```
/// use counterfoil_permission::language::parse_module;
///
/// let module = parse_module("module shop\n\ntype order\n", "shop.fga")?;
/// assert_eq!(module.name, "shop");
/// # Ok::<(), counterfoil_permission::language::SyntaxErrors>(())
/// ```
///
/// # Errors
/// As [`parse`].
pub fn parse_module(text: &str, file: &str) -> Result<Module, SyntaxErrors> {
    parse_module_located(text, file).map(|(module, _)| module)
}

/// [`parse_module`], and where the text says what.
///
/// # Errors
/// As [`parse`].
pub fn parse_module_located(text: &str, file: &str) -> Result<(Module, Positions), SyntaxErrors> {
    let mut parser = Parser::begin(text, Some(file))?;
    let name = match parser.module_header() {
        Ok(name) => name,
        Err(error) => return Err(SyntaxErrors::new(vec![error])),
    };
    let origin = Origin { module: Some(name.clone()), file: Some(file.to_owned()) };
    let items = parser.items(Some(&origin));
    let (types, extensions, conditions) = (items.types, items.extensions, items.conditions);
    parser.finish(Module { name, types, extensions, conditions })
}

impl<'a> Parser<'a> {
    fn begin(text: &'a str, file: Option<&str>) -> Result<Self, SyntaxErrors> {
        let mut cursor = Cursor::new(text);
        if text.len() > TEXT_LIMIT {
            let position = cursor.position();
            let error = SyntaxError { position, kind: SyntaxErrorKind::TextTooLong };
            return Err(SyntaxErrors::new(vec![error]));
        }
        let token = cursor.token(None);
        Ok(Self { cursor, token, errors: Vec::new(), positions: Positions::of(file) })
    }

    fn finish<T>(self, read: T) -> Result<(T, Positions), SyntaxErrors> {
        if self.errors.is_empty() {
            Ok((read, self.positions))
        } else {
            Err(SyntaxErrors::new(self.errors))
        }
    }

    fn advance(&mut self) {
        self.token = self.cursor.token(Some(self.token.kind));
    }

    fn fail(&self, kind: SyntaxErrorKind) -> SyntaxError {
        SyntaxError { position: self.token.position, kind }
    }

    fn unexpected(&self, expected: &'static str, fix: &'static str) -> SyntaxError {
        let found = self.token.kind.describe();
        self.fail(SyntaxErrorKind::Unexpected { found, expected, fix })
    }

    fn at_word(&self, word: &str) -> bool {
        self.token.kind == TokenKind::Word(word)
    }

    fn at_sign(&self, sign: char) -> bool {
        self.token.kind == TokenKind::Sign(sign)
    }

    fn take_sign(&mut self, sign: char) -> bool {
        let found = self.at_sign(sign);
        if found {
            self.advance();
        }
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn skip_line_ends(&mut self) {
        while self.token.kind == TokenKind::EndOfLine {
            self.advance();
        }
    }

    fn end_of_line(&mut self) -> Parsed<()> {
        match self.token.kind {
            TokenKind::EndOfLine => self.advance(),
            TokenKind::End => {}
            TokenKind::Word(_) | TokenKind::Sign(_) => {
                return Err(
                    self.unexpected("the end of the line", "put what follows on a line of its own")
                );
            }
        }
        Ok(())
    }

    fn name(&mut self, named: Named) -> Parsed<String> {
        let TokenKind::Word(word) = self.token.kind else {
            let expected = match named {
                Named::Type => "the name of a type",
                Named::Relation => "the name of a relation",
                Named::Condition => "the name of a condition",
                Named::Parameter => "the name of a parameter",
                Named::Module => "the name of a module",
            };
            return Err(self.unexpected(expected, "write it here"));
        };
        let quoted = || super::error::quote(word);
        let kind = if !named.has_shape(word) {
            SyntaxErrorKind::NotAName { word: quoted(), named }
        } else if named.reserves(word) {
            SyntaxErrorKind::Reserved { word: quoted(), named }
        } else if word.len() > named.limit() {
            SyntaxErrorKind::NameTooLong { named }
        } else {
            self.advance();
            return Ok(word.to_owned());
        };
        Err(self.fail(kind))
    }

    /// Notes an error and goes to the line where the next item or relation begins.
    fn recover(&mut self, error: SyntaxError) {
        self.errors.push(error);
        let begins_item = |word: &str| matches!(word, "type" | "extend" | "condition" | "define");
        loop {
            match self.token.kind {
                TokenKind::End => return,
                TokenKind::Word(word) if self.token.starts_line && begins_item(word) => return,
                TokenKind::Word(_) | TokenKind::Sign(_) | TokenKind::EndOfLine => self.advance(),
            }
        }
    }

    fn gives_up(&self) -> bool {
        self.errors.len() >= ERROR_LIMIT
    }
}
