//! What a token is, by its form alone.

use counterfoil_jose::b64;
use counterfoil_oauth::token::{authorization_code, opaque, refresh};
use serde_json::{Map, Value, json};

/// Claims that the protocol itself needs; whatever else a token holds is about somebody.
const PROTOCOL: [&str; 21] = [
    "iss",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "client_id",
    "azp",
    "scope",
    "nonce",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "auth_time",
    "amr",
    "acr",
    "principal",
    "cf_epoch",
    "cf_rev",
    "cf_keys",
];

/// Claims that are seconds since 1970.
const MOMENTS: [&str; 5] = ["exp", "iat", "nbf", "auth_time", "updated_at"];

/// What a token is, and what follows.
pub(crate) struct Inspection {
    pub(crate) kind: Kind,
    chars: usize,
    header: Option<Value>,
    claims: Option<Map<String, Value>>,
    trouble: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Opaque,
    Refresh,
    Code,
    Interaction,
    AccessJwt,
    IdToken,
    Jwt,
    Jwe,
    Unknown,
}

impl Inspection {
    /// Looks at a token. Nothing is verified: without the issuer's keys nobody could.
    pub(crate) fn of(token: &str) -> Self {
        let mut inspection = Self {
            kind: Kind::Unknown,
            chars: token.chars().count(),
            header: None,
            claims: None,
            trouble: None,
        };
        let parts: Vec<&str> = token.split('.').collect();
        inspection.kind = match parts.as_slice() {
            [_] if token.starts_with(opaque::PREFIX) => Kind::Opaque,
            [_] if token.starts_with(refresh::PREFIX) => Kind::Refresh,
            [_] if token.starts_with(authorization_code::PREFIX) => Kind::Code,
            [_] if token.starts_with("cf_in_") => Kind::Interaction,
            [header, payload, _] => return inspection.jws(header, payload),
            [header, _, _, _, _] => return inspection.jwe(header),
            _ => {
                inspection.trouble = Some(unknown(token, parts.len()));
                Kind::Unknown
            }
        };
        inspection
    }

    fn jws(mut self, header: &str, payload: &str) -> Self {
        match (part(header, "the header"), part(payload, "the payload")) {
            (Ok(header), Ok(Value::Object(claims))) => {
                self.kind = signed_kind(&header, &claims);
                self.header = Some(header);
                self.claims = Some(claims);
            }
            (Ok(_), Ok(_)) => self.trouble = Some("the payload is not a JSON object".to_owned()),
            (Err(trouble), _) | (_, Err(trouble)) => self.trouble = Some(trouble),
        }
        self
    }

    fn jwe(mut self, header: &str) -> Self {
        match part(header, "the header") {
            Ok(header) => {
                self.kind = Kind::Jwe;
                self.header = Some(header);
            }
            Err(trouble) => self.trouble = Some(trouble),
        }
        self
    }

    pub(crate) fn is_known(&self) -> bool {
        self.kind != Kind::Unknown
    }

    /// In a few words.
    pub(crate) const fn name(&self) -> &'static str {
        match self.kind {
            Kind::Opaque => "opaque access token of Counterfoil",
            Kind::Refresh => "refresh token of Counterfoil",
            Kind::Code => "authorization code of Counterfoil",
            Kind::Interaction => "state of a Counterfoil sign-in page",
            Kind::AccessJwt => "signed access token (JWT, RFC 9068)",
            Kind::IdToken => "ID token (JWT, OpenID Connect)",
            Kind::Jwt => "signed token (JWT)",
            Kind::Jwe => "encrypted token (JWE)",
            Kind::Unknown => "not a token known here",
        }
    }

    /// The claims that tell something about a person.
    fn personal(&self) -> Vec<&str> {
        let claims = self.claims.iter().flatten().map(|(name, _)| name.as_str());
        claims.filter(|name| !PROTOCOL.contains(name) && *name != "sub").collect()
    }

    /// What whoever finds the token can read out of it, without any key.
    pub(crate) fn thief(&self) -> String {
        match self.kind {
            Kind::Opaque => {
                "nothing to decode: the payload is sealed to the issuer, and the length is the \
                 same for everyone"
                    .to_owned()
            }
            Kind::Refresh => "nothing about the user; the number of its grant".to_owned(),
            Kind::Code | Kind::Interaction => "nothing to decode: sealed to the issuer".to_owned(),
            Kind::Jwe => "nothing but the header: the content is encrypted to the API".to_owned(),
            Kind::Unknown => "unknown".to_owned(),
            Kind::AccessJwt | Kind::IdToken | Kind::Jwt => {
                let named = self.named();
                if named.is_empty() { "nothing".to_owned() } else { named.join(", ") }
            }
        }
    }

    /// What the claims give away, in words.
    fn named(&self) -> Vec<&str> {
        const WORDS: [(&str, &str); 7] = [
            ("sub", "which user or service (`sub`)"),
            ("iss", "the issuer"),
            ("aud", "the APIs it is for"),
            ("client_id", "the client"),
            ("azp", "the client"),
            ("scope", "the scopes"),
            ("auth_time", "when the user signed in"),
        ];
        let has = |name| self.claims.as_ref().is_some_and(|claims| claims.contains_key(name));
        let mut named: Vec<&str> =
            WORDS.iter().filter(|(name, _)| has(*name)).map(|(_, words)| *words).collect();
        named.dedup();
        named.extend(self.personal());
        named
    }

    /// How an API can tell whether it is good.
    pub(crate) const fn verify(&self) -> &'static str {
        match self.kind {
            Kind::Opaque => {
                "a guard kept fresh by the issuer, or introspection (`counterfoil token \
                 introspect`). It is no JWT: a library that says `jwt malformed` expects one, so \
                 set the API's `format` to `jwt` or use a guard"
            }
            Kind::Refresh => {
                "not at all: it is for the token endpoint alone. Never send it to an API"
            }
            Kind::Code => {
                "not at all: redeem it at the token endpoint, once, with its `code_verifier`"
            }
            Kind::Interaction => "not at all: it belongs to a page of the issuer",
            Kind::AccessJwt => {
                "signature by the issuer's JWKS, then `typ`, `iss`, `aud` and `exp`. That doesn't \
                 tell whether it was revoked: a guard or introspection does"
            }
            Kind::IdToken => {
                "the client that it names in `aud`, and nobody else. For APIs there is the access token"
            }
            Kind::Jwt => "signature by its issuer's keys, then `iss`, `aud` and `exp`",
            Kind::Jwe => {
                "the API decrypts it with its private key, then checks the signed token inside"
            }
            Kind::Unknown => "by whoever issued it",
        }
    }

    /// For people.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("kind: {} ({} characters)", self.name(), self.chars)];
        if let Some(trouble) = &self.trouble {
            lines.push(format!("trouble: {trouble}"));
            return lines;
        }
        if let Some(header) = &self.header {
            lines.push(format!("header: {header}"));
        }
        for (name, value) in self.claims.iter().flatten() {
            lines.push(format!("claim {name}: {}", readable(name, value)));
        }
        lines.push(format!("a thief learns: {}", self.thief()));
        lines.push(format!("verified by: {}", self.verify()));
        lines.push("nothing was verified here, and nothing left this machine".to_owned());
        lines
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        json!({
            "kind": self.name(),
            "characters": self.chars,
            "header": self.header,
            "claims": self.claims,
            "personal_claims": self.personal(),
            "thief_learns": self.thief(),
            "verified_by": self.verify(),
            "trouble": self.trouble,
        })
    }
}

fn signed_kind(header: &Value, claims: &Map<String, Value>) -> Kind {
    let typ = header.get("typ").and_then(Value::as_str).unwrap_or_default();
    if counterfoil_jose::same_media_type(typ, "at+jwt") {
        return Kind::AccessJwt;
    }
    let is_id_token = claims.contains_key("nonce") || claims.contains_key("at_hash");
    if is_id_token { Kind::IdToken } else { Kind::Jwt }
}

/// Reads a part of a compact token, or says what is wrong with it.
fn part(text: &str, name: &str) -> Result<Value, String> {
    let bytes = b64::decode(text).map_err(|_| match text {
        "" => format!("{name} is empty"),
        _ if text.contains('=') => format!("{name} is padded with `=`; JWTs are not"),
        _ if text.contains(['+', '/']) => format!("{name} is base64, not base64url"),
        _ => format!("{name} is not base64url: part of it is missing, or something was added"),
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|_| format!("{name} is not JSON: the token was cut or is none"))
}

fn unknown(token: &str, parts: usize) -> String {
    if token.starts_with("cf_") {
        return "it begins like a token of Counterfoil, but is of no kind that this version knows"
            .to_owned();
    }
    if token.starts_with('{') {
        return "this is JSON: pass the value of `access_token` alone".to_owned();
    }
    if token.contains(char::is_whitespace) {
        return "there is white space in it: pass the token alone".to_owned();
    }
    match parts {
        1 | 2 if token.starts_with("eyJ") => {
            format!("it begins like a signed JWT, which has 3 parts, but {parts} came: it was cut")
        }
        1 => "it has no dots, so it is an opaque token of somebody else; only its issuer can \
              tell what it is (introspection). Libraries that expect a JWT say `jwt malformed`"
            .to_owned(),
        _ => format!("it has {parts} parts; a signed JWT has 3, an encrypted one 5"),
    }
}

/// A claim's value with moments spelt out.
pub(crate) fn readable(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if MOMENTS.contains(&name) => match number.as_i64() {
            Some(secs) => format!("{secs} ({})", moment(secs)),
            None => number.to_string(),
        },
        other => other.to_string(),
    }
}

/// `2026-11-22 06:02:00 UTC`, by the civil calendar of days since 1970.
fn moment(secs: i64) -> String {
    let (days, of_day) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
    // Eras of 400 years of 146,097 days, counted from 1 March of year 0.
    let days = days.saturating_add(719_468);
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era.saturating_mul(400) + year_of_era + i64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (secs, expected) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_827_696, "2000-02-29 12:34:56 UTC"),
            (1_795_327_320, "2026-11-22 06:02:00 UTC"),
            (-1, "1969-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(moment(secs), expected);
        }
    }
}
