use std::fmt;

/// The token is good, but what the client may ask for does not cover this: 403
/// `insufficient_scope` ([RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsufficientScope {
    required: String,
}

impl InsufficientScope {
    pub(crate) fn new(required: &[&str]) -> Self {
        Self { required: required.join(" ") }
    }

    /// Every scope that is needed, separated by spaces, for the `scope` attribute.
    #[must_use]
    pub fn required(&self) -> &str {
        &self.required
    }
}

impl fmt::Display for InsufficientScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the token needs these scopes: `{}`", self.required)
    }
}

impl std::error::Error for InsufficientScope {}
