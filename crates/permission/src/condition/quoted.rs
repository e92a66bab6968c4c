//! Strings and bytes in quotes.

use super::syntax::Literal;

const NO_END: &str = "the string that begins here has no end";
const BAD_ESCAPE: &str = "the string that begins here has an escape that means nothing";

/// Reads what begins with a quote, and says how many bytes it took.
pub(super) fn read(text: &str, raw: bool, bytes: bool) -> Result<(Literal, usize), &'static str> {
    let quote = text.chars().next().ok_or(NO_END)?;
    let triple = text.chars().take(3).filter(|letter| *letter == quote).count() == 3;
    let width = if triple { 3 } else { 1 };
    let close: String = std::iter::repeat_n(quote, width).collect();
    let mut rest = text.get(width..).ok_or(NO_END)?;
    let mut read = Content { string: String::new(), bytes: Vec::new(), is_bytes: bytes };
    loop {
        if let Some(after) = rest.strip_prefix(close.as_str()) {
            return Ok((read.literal(), text.len() - after.len()));
        }
        let mut letters = rest.chars();
        let letter = letters.next().ok_or(NO_END)?;
        if width == 1 && matches!(letter, '\n' | '\r') {
            return Err(NO_END);
        }
        if letter != '\\' || raw {
            read.push(letter);
            rest = letters.as_str();
            continue;
        }
        rest = read.escape(letters.as_str())?;
    }
}

struct Content {
    string: String,
    bytes: Vec<u8>,
    is_bytes: bool,
}

impl Content {
    fn literal(self) -> Literal {
        if self.is_bytes { Literal::Bytes(self.bytes) } else { Literal::String(self.string) }
    }

    fn push(&mut self, letter: char) {
        if self.is_bytes {
            self.bytes.extend(letter.encode_utf8(&mut [0; 4]).bytes());
        } else {
            self.string.push(letter);
        }
    }

    /// Reads what follows a backslash, and returns what follows that.
    fn escape<'a>(&mut self, text: &'a str) -> Result<&'a str, &'static str> {
        let mut letters = text.chars();
        let letter = letters.next().ok_or(NO_END)?;
        let simple = match letter {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '\\' | '?' | '"' | '\'' | '`' => letter,
            'x' | 'X' => return self.coded(letters.as_str(), 2, 16),
            'u' if !self.is_bytes => return self.coded(letters.as_str(), 4, 16),
            'U' if !self.is_bytes => return self.coded(letters.as_str(), 8, 16),
            '0'..='3' => return self.coded(text, 3, 8),
            _ => return Err(BAD_ESCAPE),
        };
        self.push(simple);
        Ok(letters.as_str())
    }

    fn coded<'a>(
        &mut self,
        text: &'a str,
        digits: usize,
        radix: u32,
    ) -> Result<&'a str, &'static str> {
        let (digits, rest) = text.split_at_checked(digits).ok_or(BAD_ESCAPE)?;
        if !digits.chars().all(|digit| digit.is_digit(radix)) {
            return Err(BAD_ESCAPE);
        }
        let code = u32::from_str_radix(digits, radix).map_err(|_| BAD_ESCAPE)?;
        if self.is_bytes {
            self.bytes.push(u8::try_from(code).map_err(|_| BAD_ESCAPE)?);
        } else {
            self.string.push(char::from_u32(code).ok_or(BAD_ESCAPE)?);
        }
        Ok(rest)
    }
}
