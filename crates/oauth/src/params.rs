//! Parameters of a request: bounded, decoded, with duplicates refused.

use std::fmt;

/// Longest query string or form body read, in bytes. The longest honest request carries a
/// `client_assertion` and a long `state`; both fit eight times over.
pub const PARAMS_BYTES_MAX: usize = 32 * 1024;

/// Most parameters read. No endpoint knows more than 30.
pub const PARAMS_COUNT_MAX: usize = 64;

/// Parameters that may be sent more than once: RFC 8707 §2 and RFC 8693 §2.1.
const REPEATABLE: [&str; 2] = ["resource", "audience"];

/// The parameters of one request. Unknown ones are kept and ignored (OAuth 2.1 §3.1), an empty
/// value counts as absent, and one sent twice is refused.
#[derive(Clone, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
}

/// Why parameters were refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamsError {
    /// More than [`PARAMS_BYTES_MAX`] bytes.
    TooLong,
    /// More than [`PARAMS_COUNT_MAX`] parameters.
    TooMany,
    /// A parameter was sent twice.
    Duplicate(String),
    /// A name or value isn't UTF-8.
    NotUtf8,
}

impl fmt::Display for ParamsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the request is longer than {PARAMS_BYTES_MAX} bytes"),
            Self::TooMany => {
                write!(f, "the request has more than {PARAMS_COUNT_MAX} parameters")
            }
            Self::Duplicate(name) => write!(f, "parameter `{name}` was sent more than once"),
            Self::NotUtf8 => f.write_str("a parameter is not valid UTF-8"),
        }
    }
}

impl Params {
    /// Decodes `application/x-www-form-urlencoded` bytes: a query string or a form body.
    ///
    /// # Errors
    /// [`ParamsError`], naming the parameter where one is at fault.
    pub fn parse(encoded: &[u8]) -> Result<Self, ParamsError> {
        if encoded.len() > PARAMS_BYTES_MAX {
            return Err(ParamsError::TooLong);
        }
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if pairs.len() == PARAMS_COUNT_MAX {
                return Err(ParamsError::TooMany);
            }
            // The decoder replaces what is not UTF-8; a replaced character is never what was meant.
            if was_replaced(&name) || was_replaced(&value) {
                return Err(ParamsError::NotUtf8);
            }
            let repeatable = REPEATABLE.contains(&name.as_ref());
            if !repeatable && pairs.iter().any(|(seen, _)| *seen == name) {
                return Err(ParamsError::Duplicate(shorten(&name)));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self { pairs })
    }

    /// The value of a parameter; an empty one counts as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(seen, value)| seen == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// Every value of a repeatable parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs
            .iter()
            .filter(move |(seen, value)| seen == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Encodes the parameters again, for a form that carries a request through sign-in.
    #[must_use]
    pub fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.pairs).finish()
    }
}

/// Values may be codes and secrets; only names are shown.
impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.pairs.iter().map(|(name, _)| name)).finish()
    }
}

fn was_replaced(text: &str) -> bool {
    !text.is_ascii() && text.contains(char::REPLACEMENT_CHARACTER)
}

/// Cuts hostile input before it is echoed.
pub(crate) fn shorten(text: &str) -> String {
    const ECHO_CHARS_MAX: usize = 80;
    let mut short: String =
        text.chars().take(ECHO_CHARS_MAX).filter(|c| !c.is_control() && *c != '`').collect();
    if text.chars().nth(ECHO_CHARS_MAX).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(encoded: &str, expected: Result<&str, ParamsError>) {
        let got = Params::parse(encoded.as_bytes()).map(|params| params.encode());
        assert_eq!(got, expected.map(str::to_owned));
    }

    #[test]
    fn duplicates_are_refused_except_resource() {
        check("a=1&b=2", Ok("a=1&b=2"));
        check("a=1&a=1", Err(ParamsError::Duplicate("a".into())));
        check("resource=x&resource=y", Ok("resource=x&resource=y"));
        check("%61=1&a=2", Err(ParamsError::Duplicate("a".into())));
    }

    #[test]
    fn limits_hold_at_the_edge() {
        let many = |n: usize| (0..n).map(|i| format!("p{i}=1")).collect::<Vec<_>>().join("&");
        assert!(Params::parse(many(PARAMS_COUNT_MAX).as_bytes()).is_ok());
        check(&many(PARAMS_COUNT_MAX + 1), Err(ParamsError::TooMany));
        check(&"x".repeat(PARAMS_BYTES_MAX + 1), Err(ParamsError::TooLong));
        assert_eq!(Params::parse(b"a=%ff").unwrap_err(), ParamsError::NotUtf8);
    }

    #[test]
    fn empty_counts_as_absent_and_debug_hides_values() {
        let params = Params::parse(b"code=&state=s3cret").unwrap();
        assert_eq!(params.get("code"), None);
        assert_eq!(format!("{params:?}"), r#"["code", "state"]"#);
    }
}
