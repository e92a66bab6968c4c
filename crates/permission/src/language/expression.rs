//! The text of a CEL expression: where it begins and ends, not what it says.

use super::error::{Position, SyntaxError, SyntaxErrorKind};
use super::lexer::{Cursor, is_line_end};

/// Reads an expression and the `}` behind it; the cursor stands behind the `{`, which is at
/// `begin`. Comments of the language (`#`) are left out, those of CEL (`//`) stay.
pub(super) fn read(
    cursor: &mut Cursor<'_>,
    begin: Position,
) -> Result<(String, Position), SyntaxError> {
    let mut text = String::new();
    let mut first = None;
    let mut open = 0_usize;
    loop {
        let position = cursor.position();
        let rest = cursor.rest();
        let Some(next) = cursor.peek() else {
            return Err(SyntaxError {
                position: begin,
                kind: SyntaxErrorKind::UnterminatedExpression,
            });
        };
        match next {
            '}' if open == 0 => {
                cursor.bump();
                return Ok((text.trim().to_owned(), first.unwrap_or(begin)));
            }
            '#' if text.chars().next_back().is_some_and(char::is_whitespace) => {
                cursor.skip_line();
                continue;
            }
            '/' if rest.starts_with("//") => cursor.skip_line(),
            '"' | '\'' => {
                if !skip_string(cursor, next, is_raw(&text)) {
                    return Err(SyntaxError {
                        position,
                        kind: SyntaxErrorKind::UnterminatedString,
                    });
                }
            }
            _ => {
                open = match next {
                    '{' => open.saturating_add(1),
                    '}' => open.saturating_sub(1),
                    _ => open,
                };
                cursor.bump();
            }
        }
        if first.is_none() && !next.is_whitespace() {
            first = Some(position);
        }
        let length = rest.len().saturating_sub(cursor.rest().len());
        text.push_str(rest.get(..length).unwrap_or_default());
    }
}

/// Whether the text of a condition can hold the expression as it is.
pub(super) fn is_sayable(expression: &str) -> bool {
    let text = format!(" {expression}\n}}");
    let mut cursor = Cursor::new(&text);
    let begin = cursor.position();
    read(&mut cursor, begin).is_ok_and(|(read, _)| read == expression) && cursor.peek().is_none()
}

/// Whether the word right before a quote says that backslashes are letters.
fn is_raw(text: &str) -> bool {
    let mut letters = text.chars().rev();
    let raw = matches!(letters.next(), Some('r' | 'R'));
    let before = letters.next();
    let before = if matches!(before, Some('b' | 'B')) { letters.next() } else { before };
    raw && !before.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Goes behind a string; `false` where it has no end.
fn skip_string(cursor: &mut Cursor<'_>, quote: char, raw: bool) -> bool {
    let is_triple =
        |rest: &str| rest.chars().take(3).filter(|letter| *letter == quote).count() == 3;
    let width = if is_triple(cursor.rest()) { 3 } else { 1 };
    for _ in 0..width {
        cursor.bump();
    }
    while let Some(next) = cursor.peek() {
        if next == quote && (width == 1 || is_triple(cursor.rest())) {
            for _ in 0..width {
                cursor.bump();
            }
            return true;
        }
        if width == 1 && is_line_end(next) {
            return false;
        }
        cursor.bump();
        if next == '\\' && !raw && !cursor.peek().is_some_and(is_line_end) {
            cursor.bump();
        }
    }
    false
}
