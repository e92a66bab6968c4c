//! The words and signs of CEL.

use super::error::{ExpressionErrorKind, quote};
use super::quoted;
use super::syntax::Literal;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    Literal(Literal),
    Sign(&'static str),
    End,
}

/// Signs, the longer before those that they begin with.
const SIGNS: [&str; 26] = [
    "==", "!=", "<=", ">=", "&&", "||", ".?", "[?", "(", ")", "[", "]", "{", "}", ",", ".", ":",
    "?", "<", ">", "!", "+", "-", "*", "/", "%",
];

/// Words that cannot name anything.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

type Lexed<T> = Result<T, (usize, ExpressionErrorKind)>;

impl Token {
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Name(name) => format!("`{}`", quote(name)),
            Self::Literal(_) => "a constant".to_owned(),
            Self::Sign(sign) => format!("`{sign}`"),
            Self::End => "the end of the expression".to_owned(),
        }
    }
}

pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next token, and the byte that it begins at.
    pub(super) fn next(&mut self) -> Lexed<(Token, usize)> {
        self.skip_blanks();
        let at = self.at;
        let rest = self.rest();
        let mut letters = rest.chars();
        let Some(first) = letters.next() else { return Ok((Token::End, at)) };
        let second = letters.next();
        if let Some(literal) = self.quoted()? {
            return Ok((Token::Literal(literal), at));
        }
        let dotted = first == '.' && second.is_some_and(|letter| letter.is_ascii_digit());
        if first.is_ascii_digit() || dotted {
            return Ok((Token::Literal(self.number()?), at));
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let name = self.take(|letter| letter.is_ascii_alphanumeric() || letter == '_');
            return Ok((word(name), at));
        }
        match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => {
                self.at += sign.len();
                Ok((Token::Sign(sign), at))
            }
            None => Err((at, ExpressionErrorKind::UnknownCharacter(first))),
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with("//") {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|letter| !wanted(letter)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// A string or bytes, if one begins here.
    fn quoted(&mut self) -> Lexed<Option<Literal>> {
        let rest = self.rest();
        let Some(quote) = rest.find(['"', '\'']).filter(|place| *place <= 2) else {
            return Ok(None);
        };
        let prefix = rest.get(..quote).unwrap_or_default().to_ascii_lowercase();
        let (raw, bytes) = match prefix.as_str() {
            "" => (false, false),
            "r" => (true, false),
            "b" => (false, true),
            "br" | "rb" => (true, true),
            _ => return Ok(None),
        };
        let body = rest.get(quote..).unwrap_or_default();
        let at = self.at;
        let (read, length) = quoted::read(body, raw, bytes)
            .map_err(|why| (at, ExpressionErrorKind::BadString(why)))?;
        self.at += quote + length;
        Ok(Some(read))
    }

    fn number(&mut self) -> Lexed<Literal> {
        let at = self.at;
        let rest = self.rest();
        let literal = if rest.starts_with("0x") {
            self.at += 2;
            let digits = self.take(|letter| letter.is_ascii_hexdigit());
            self.whole(digits, 16)
        } else {
            let digits = self.take(|letter| letter.is_ascii_digit());
            if self.fraction() {
                let text = rest.get(..self.at - at).unwrap_or_default();
                text.parse().ok().filter(|number: &f64| number.is_finite()).map(Literal::Double)
            } else {
                self.whole(digits, 10)
            }
        };
        let text = || quote(rest.get(..self.at - at).unwrap_or_default());
        literal.ok_or_else(|| (at, ExpressionErrorKind::BadNumber(text())))
    }

    /// Goes behind `.5e-7`, if that is what follows.
    fn fraction(&mut self) -> bool {
        let mut found = false;
        let is_digit = |letter: char| letter.is_ascii_digit();
        let mut after = self.rest().chars();
        if after.next() == Some('.') && after.next().is_some_and(is_digit) {
            self.at += 1;
            self.take(is_digit);
            found = true;
        }
        let rest = self.rest();
        if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.starts_with(is_digit) {
                self.at += rest.len() - digits.len();
                self.take(is_digit);
                found = true;
            }
        }
        found
    }

    /// An integer; one without a sign may be one beyond the greatest, for `-` to stand before.
    fn whole(&mut self, digits: &str, radix: u32) -> Option<Literal> {
        if self.rest().starts_with(['u', 'U']) {
            self.at += 1;
            return u64::from_str_radix(digits, radix).ok().map(Literal::Uint);
        }
        let number = u64::from_str_radix(digits, radix).ok()?;
        if number == i64::MIN.unsigned_abs() {
            return Some(Literal::Int(i64::MIN));
        }
        i64::try_from(number).ok().map(Literal::Int)
    }
}

fn word(name: &str) -> Token {
    match name {
        "true" => Token::Literal(Literal::Bool(true)),
        "false" => Token::Literal(Literal::Bool(false)),
        "null" => Token::Literal(Literal::Null),
        "in" => Token::Sign("in"),
        _ => Token::Name(name.to_owned()),
    }
}
