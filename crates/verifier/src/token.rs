use counterfoil_oauth::token::{authorization_code, opaque, refresh};

/// What a text looks like, before anything of it is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Begins like a Counterfoil opaque access token.
    Opaque,
    /// A refresh token or an authorization code, and its name.
    NotAnAccessToken(&'static str),
    /// Three parts.
    Signed,
    /// Five parts.
    Encrypted,
    /// No dots: an opaque token of somebody else.
    Foreign,
    /// Nothing known.
    Unknown,
}

impl Form {
    /// Looks at the prefix and at no more than five dots.
    pub(crate) fn of(token: &str) -> Self {
        if token.starts_with(opaque::PREFIX) {
            return Self::Opaque;
        }
        if token.starts_with(refresh::PREFIX) {
            return Self::NotAnAccessToken("a refresh token");
        }
        if token.starts_with(authorization_code::PREFIX) {
            return Self::NotAnAccessToken("an authorization code");
        }
        match memchr::memchr_iter(b'.', token.as_bytes()).take(5).count() {
            // A JSON serialization can have any number of dots; the signed path names it.
            _ if token.starts_with('{') => Self::Signed,
            0 if !token.is_empty() => Self::Foreign,
            2 => Self::Signed,
            4 => Self::Encrypted,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (token, form) in [
            ("cf_at_x", Form::Opaque),
            ("cf_rt_x", Form::NotAnAccessToken("a refresh token")),
            ("a.b.c", Form::Signed),
            ("a.b.c.d.e", Form::Encrypted),
            ("a.b.c.d.e.f", Form::Unknown),
            ("a.b", Form::Unknown),
            ("abc", Form::Foreign),
            ("", Form::Unknown),
            ("{}", Form::Signed),
        ] {
            assert_eq!(Form::of(token), form, "{token}");
        }
        assert_eq!(Form::of(&".".repeat(1_000_000)), Form::Unknown);
    }
}
