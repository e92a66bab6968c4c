//! Reads CEL by recursive descent, operators by their precedence.

use super::error::{ExpressionError, ExpressionErrorKind, quote};
use super::syntax::{Call, Expr, Fold, FoldKind, Kind, Literal};
use super::token::{Lexer, Token, is_reserved};
use super::{DEPTH_MAX, EXPRESSION_BYTES_MAX, NESTING_MAX};
use crate::language::Position;

/// Operators of two operands by precedence, the weakest first.
const LEVELS: [&[&str]; 5] =
    [&["||"], &["&&"], &["==", "!=", "<", "<=", ">", ">=", "in"], &["+", "-"], &["*", "/", "%"]];

type Parsed<T> = Result<T, (usize, ExpressionErrorKind)>;

/// Reads an expression.
pub(super) fn parse(text: &str) -> Result<Expr, ExpressionError> {
    if text.len() > EXPRESSION_BYTES_MAX {
        return Err(error_at(text, 0, ExpressionErrorKind::TooLong));
    }
    let mut parser = Parser { lexer: Lexer::new(text), token: Token::End, at: 0, nesting: 0 };
    parser.whole().map_err(|(at, kind)| error_at(text, at, kind))
}

/// An error at a byte of the text.
pub(super) fn error_at(text: &str, at: usize, kind: ExpressionErrorKind) -> ExpressionError {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    ExpressionError { position: Position { line, column }, kind }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token,
    at: usize,
    nesting: usize,
}

impl Parser<'_> {
    fn whole(&mut self) -> Parsed<Expr> {
        self.advance()?;
        let read = self.expression()?;
        match self.token {
            Token::End => Ok(read),
            Token::Name(_) | Token::Literal(_) | Token::Sign(_) => {
                Err(self.unexpected("an operator or the end of the expression"))
            }
        }
    }

    fn advance(&mut self) -> Parsed<()> {
        (self.token, self.at) = self.lexer.next()?;
        Ok(())
    }

    fn unexpected(&self, expected: &'static str) -> (usize, ExpressionErrorKind) {
        let found = self.token.describe();
        (self.at, ExpressionErrorKind::Unexpected { found, expected })
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.token, Token::Sign(found) if found == sign)
    }

    fn take(&mut self, sign: &str) -> Parsed<bool> {
        let found = self.is(sign);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn need(&mut self, sign: &str, expected: &'static str) -> Parsed<()> {
        if self.take(sign)? { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn name(&mut self, expected: &'static str) -> Parsed<String> {
        let Token::Name(name) = &self.token else { return Err(self.unexpected(expected)) };
        let name = name.clone();
        self.advance()?;
        Ok(name)
    }

    fn expression(&mut self) -> Parsed<Expr> {
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err((self.at, ExpressionErrorKind::TooDeep));
        }
        let condition = self.binary(0)?;
        let at = self.at;
        let read = if self.take("?")? {
            let yes = self.binary(0)?;
            self.need(":", "`:` and what holds otherwise")?;
            let no = self.expression()?;
            made(at, Kind::Choose(Box::new([condition, yes, no])))?
        } else {
            condition
        };
        self.nesting -= 1;
        Ok(read)
    }

    fn binary(&mut self, level: usize) -> Parsed<Expr> {
        let Some(signs) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        loop {
            let Token::Sign(sign) = self.token else { return Ok(left) };
            if !signs.contains(&sign) {
                return Ok(left);
            }
            let at = self.at;
            self.advance()?;
            let right = self.binary(level + 1)?;
            left = made(at, joined(sign, left, right))?;
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let (at, mut negations) = (self.at, 0_usize);
        if self.is("!") {
            while self.take("!")? {
                negations += 1;
            }
            let operand = self.member()?;
            return if negations % 2 == 0 { Ok(operand) } else { call(at, "!", vec![operand]) };
        }
        while self.take("-")? {
            negations += 1;
        }
        let negative = negations % 2 == 1;
        if let (true, Token::Literal(literal)) = (negative, &self.token) {
            let negated = match literal {
                // The lexer gives the least number for the one beyond the greatest.
                Literal::Int(number) => Some(Literal::Int(number.wrapping_neg())),
                Literal::Double(number) => Some(Literal::Double(-number)),
                _ => None,
            };
            if let Some(negated) = negated {
                self.token = Token::Literal(negated);
                return self.member();
            }
        } else if self.token == Token::Literal(Literal::Int(i64::MIN)) {
            let digits = i64::MIN.unsigned_abs().to_string();
            return Err((self.at, ExpressionErrorKind::BadNumber(digits)));
        }
        let operand = self.member()?;
        if negative { call(at, "-", vec![operand]) } else { Ok(operand) }
    }

    fn member(&mut self) -> Parsed<Expr> {
        let mut read = self.primary()?;
        loop {
            let at = self.at;
            if self.is(".?") || self.is("[?") {
                return Err((at, ExpressionErrorKind::Unsupported("optional values")));
            }
            if self.take("[")? {
                let index = self.expression()?;
                self.need("]", "`]`")?;
                read = call(at, "[]", vec![read, index])?;
            } else if self.take(".")? {
                let field = self.name("the name of a field or function")?;
                read = if self.take("(")? {
                    let arguments = self.arguments(")")?;
                    member_call(at, read, field, arguments)?
                } else {
                    made(at, Kind::Select { operand: Box::new(read), field })?
                };
            } else {
                return Ok(read);
            }
        }
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let at = self.at;
        if let Token::Literal(literal) = &self.token {
            let literal = literal.clone();
            self.advance()?;
            return Ok(Expr::leaf(at, Kind::Literal(literal)));
        }
        if self.take("(")? {
            let inner = self.expression()?;
            self.need(")", "`)`")?;
            return Ok(inner);
        }
        if self.take("[")? {
            let items = self.arguments("]")?;
            return made(at, Kind::List(items));
        }
        if self.take("{")? {
            return self.entries(at);
        }
        let rooted = self.take(".")?;
        let name = self.name("a value")?;
        if is_reserved(&name) {
            return Err((at, ExpressionErrorKind::Reserved(name)));
        }
        if self.is("{") {
            return Err((self.at, ExpressionErrorKind::Unsupported("messages")));
        }
        if self.take("(")? {
            let arguments = self.arguments(")")?;
            return global_call(at, name, arguments);
        }
        Ok(Expr::leaf(at, Kind::Name(if rooted { format!(".{name}") } else { name })))
    }

    /// Expressions with commas between them, and the sign that closes them.
    fn arguments(&mut self, close: &'static str) -> Parsed<Vec<Expr>> {
        let mut arguments = Vec::new();
        loop {
            if (arguments.is_empty() || close == "]") && self.take(close)? {
                return Ok(arguments);
            }
            arguments.push(self.expression()?);
            if self.take(close)? {
                return Ok(arguments);
            }
            self.need(",", "`,` or what closes the list")?;
        }
    }

    fn entries(&mut self, at: usize) -> Parsed<Expr> {
        let mut entries = Vec::new();
        while !self.take("}")? {
            let key = self.expression()?;
            self.need(":", "`:` between key and value")?;
            entries.push((key, self.expression()?));
            if !self.is("}") {
                self.need(",", "`,` or `}`")?;
            }
        }
        made(at, Kind::Map(entries))
    }
}

fn made(at: usize, kind: Kind) -> Parsed<Expr> {
    let mut read = Expr { at, height: 1, kind };
    read.height += read.children().iter().map(|child| child.height).max().unwrap_or(0);
    if read.height > DEPTH_MAX { Err((at, ExpressionErrorKind::TooDeep)) } else { Ok(read) }
}

fn call(at: usize, function: &str, arguments: Vec<Expr>) -> Parsed<Expr> {
    made(at, Kind::Call(Call { function: function.to_owned(), member: false, arguments }))
}

/// Two operands of an operator: a chain of `&&` or `||` becomes one part, however long.
fn joined(sign: &str, left: Expr, right: Expr) -> Kind {
    match (sign, left.kind) {
        ("&&", Kind::All(mut operands)) => {
            operands.push(right);
            Kind::All(operands)
        }
        ("||", Kind::Any(mut operands)) => {
            operands.push(right);
            Kind::Any(operands)
        }
        ("&&", kind) => Kind::All(vec![Expr { kind, ..left }, right]),
        ("||", kind) => Kind::Any(vec![Expr { kind, ..left }, right]),
        (_, kind) => Kind::Call(Call {
            function: sign.to_owned(),
            member: false,
            arguments: vec![Expr { kind, ..left }, right],
        }),
    }
}

fn global_call(at: usize, name: String, arguments: Vec<Expr>) -> Parsed<Expr> {
    if name != "has" {
        return call(at, &name, arguments);
    }
    let mut arguments = arguments.into_iter();
    match (arguments.next().map(|first| first.kind), arguments.next()) {
        (Some(Kind::Select { operand, field }), None) => made(at, Kind::Has { operand, field }),
        _ => Err((at, ExpressionErrorKind::BadMacro(name))),
    }
}

fn member_call(at: usize, target: Expr, name: String, arguments: Vec<Expr>) -> Parsed<Expr> {
    let fold = FoldKind::of(&name)
        .filter(|kind| arguments.len() == 2 || (*kind == FoldKind::Map && arguments.len() == 3));
    let Some(kind) = fold else {
        let arguments = std::iter::once(target).chain(arguments).collect();
        return made(at, Kind::Call(Call { function: name, member: true, arguments }));
    };
    let mut arguments = arguments.into_iter();
    let bad = || (at, ExpressionErrorKind::BadMacro(quote(&name)));
    let Some(Kind::Name(variable)) = arguments.next().map(|first| first.kind) else {
        return Err(bad());
    };
    if variable.starts_with('.') {
        return Err(bad());
    }
    let first = arguments.next().ok_or_else(bad)?;
    let (filter, body) = match arguments.next() {
        Some(body) => (Some(first), body),
        None => (None, first),
    };
    made(at, Kind::Fold(Box::new(Fold { kind, range: target, variable, filter, body })))
}
