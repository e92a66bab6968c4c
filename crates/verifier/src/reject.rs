use crate::Reason;
use counterfoil_jose::ClaimError;
use std::borrow::Cow;
use std::fmt;

/// The most characters of foreign text that a description repeats.
const MAX_QUOTED: usize = 128;

/// A token that was refused: 401 `invalid_token` ([RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    reason: Reason,
    description: Cow<'static, str>,
}

impl Reject {
    /// Refuses with what the reason says by itself.
    #[must_use]
    pub const fn new(reason: Reason) -> Self {
        Self { reason, description: Cow::Borrowed(reason.text()) }
    }

    /// Refuses with a sentence that says what was expected, what came, and the way out.
    ///
    /// Characters that `error_description` may not have are replaced.
    #[must_use]
    pub fn explained(reason: Reason, description: &str) -> Self {
        Self { reason, description: Cow::Owned(description.chars().map(plain).collect()) }
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The sentence for `error_description`: only characters that RFC 6750 §3 allows there.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }
}

impl From<Reason> for Reject {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}

impl From<ClaimError> for Reject {
    fn from(error: ClaimError) -> Self {
        Self::explained(Reason::from(&error), &error.to_string())
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.description)
    }
}

impl std::error::Error for Reject {}

/// Shortens foreign text for a description.
pub(crate) fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_QUOTED).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}

/// RFC 6750 §3: `error_description` has %x20-21 / %x23-5B / %x5D-7E alone.
fn plain(character: char) -> char {
    match character {
        ' ' | '!' | '#'..='[' | ']'..='~' => character,
        '"' => '\'',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_leave_the_header() {
        let text = format!("aud is `{}`", cut("a\"\r\nX-Evil: 1\\ü\0"));
        let reject = Reject::explained(Reason::AudMismatch, &text);
        assert_eq!(reject.description(), "aud is `a'??X-Evil: 1???`");
        assert_eq!(cut(&"x".repeat(200)).len(), MAX_QUOTED + 3);
    }
}
