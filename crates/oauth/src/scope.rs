//! Scopes: lists of tokens as RFC 6749 §3.3 defines them, and what the standard ones release.

/// The OpenID scopes that the issuer itself understands.
pub const OPENID_SCOPES: [&str; 6] =
    ["openid", "profile", "email", "address", "phone", "offline_access"];

/// Scope for a refresh token: OpenID Connect Core §11.
pub const OFFLINE_ACCESS: &str = "offline_access";

/// Makes a request an OpenID Connect one: OpenID Connect Core §3.1.2.1.
pub const OPENID: &str = "openid";

/// Most scopes read from one request; a grant can't hold more.
pub const SCOPES_MAX: usize = 64;

/// The claims that a standard scope releases: OpenID Connect Core §5.4.
#[must_use]
pub fn claims_of(scope: &str) -> &'static [&'static str] {
    match scope {
        "profile" => &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
        "email" => &["email", "email_verified"],
        "address" => &["address"],
        "phone" => &["phone_number", "phone_number_verified"],
        _ => &[],
    }
}

/// The standard scope that releases a claim, if one does.
#[must_use]
pub fn scope_of(claim: &str) -> Option<&'static str> {
    OPENID_SCOPES.into_iter().find(|scope| claims_of(scope).contains(&claim))
}

/// Splits a `scope` value. Each scope once, in the order sent; `None` when a token has a character
/// that RFC 6749 §3.3 forbids or there are more than [`SCOPES_MAX`].
#[must_use]
pub fn parse(value: &str) -> Option<Vec<String>> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in value.split(' ').filter(|scope| !scope.is_empty()) {
        if !is_scope_token(scope) || scopes.len() == SCOPES_MAX {
            return None;
        }
        if !scopes.iter().any(|seen| seen == scope) {
            scopes.push(scope.to_owned());
        }
    }
    Some(scopes)
}

/// Whether this is one scope token: printable ASCII without space, quote and backslash.
#[must_use]
pub fn is_scope_token(scope: &str) -> bool {
    !scope.is_empty() && scope.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_and_refuses() {
        assert_eq!(parse("openid  a openid"), Some(vec!["openid".into(), "a".into()]));
        assert_eq!(parse("a\"b"), None);
        assert_eq!(parse("a\tb"), None);
        assert_eq!(parse(""), Some(vec![]));
        let many: Vec<String> = (0..65).map(|i| format!("s{i}")).collect();
        assert_eq!(parse(&many.join(" ")), None);
    }

    #[test]
    fn standard_claims_have_their_scope() {
        assert_eq!(scope_of("email_verified"), Some("email"));
        assert_eq!(scope_of("https://example.com/plan"), None);
    }
}
