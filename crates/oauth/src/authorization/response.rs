//! How an authorization response reaches its client.

use crate::redirect_uri::RegisteredRedirectUri;

/// `response_mode`: OAuth 2.0 Multiple Response Types §2.1, OAuth 2.0 Form Post Response Mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query, the default of `code`.
    #[default]
    Query,
    /// In the fragment.
    Fragment,
    /// By a form that posts itself.
    FormPost,
}

impl ResponseMode {
    /// The mode with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "query" => Some(Self::Query),
            "fragment" => Some(Self::Fragment),
            "form_post" => Some(Self::FormPost),
            _ => None,
        }
    }
}

/// An answer on its way to a registered redirect URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationResponse {
    /// Where.
    pub redirect_uri: RegisteredRedirectUri,
    /// How.
    pub mode: ResponseMode,
    /// What, in order; `iss` (RFC 9207) is always among them.
    pub parameters: Vec<(&'static str, String)>,
}

impl AuthorizationResponse {
    /// The URL to redirect to; for `form_post` the URL to post to.
    #[must_use]
    pub fn location(&self) -> String {
        let uri = self.redirect_uri.as_str();
        let encoded = || encode(&self.parameters);
        match self.mode {
            // A registered query is kept: RFC 6749 §3.1.2.
            ResponseMode::Query if uri.contains('?') => format!("{uri}&{}", encoded()),
            ResponseMode::Query => format!("{uri}?{}", encoded()),
            ResponseMode::Fragment => format!("{uri}#{}", encoded()),
            ResponseMode::FormPost => uri.to_owned(),
        }
    }
}

/// Encodes a query. Most values, the long code above all, are safe as they are, and looking for
/// what is not costs the encoder more than anything else in the answer.
fn encode(parameters: &[(&'static str, String)]) -> String {
    let mut query = String::with_capacity(512);
    for (name, value) in parameters {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        if value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            query.push_str(value);
        } else {
            query.extend(form_urlencoded::byte_serialize(value.as_bytes()));
        }
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_is_the_long_one() {
        for value in ["cf_ac_aB-9", "", "a b&c=d", "https://i/", "100%", "é~*."] {
            let parameters = vec![("code", value.to_owned()), ("state", value.to_owned())];
            let mut long = form_urlencoded::Serializer::new(String::new());
            assert_eq!(encode(&parameters), long.extend_pairs(&parameters).finish());
        }
    }
}
