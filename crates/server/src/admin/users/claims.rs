//! A user's claims: standard ones typed as OpenID Connect Core §5.1 has them, registered lists,
//! and custom attributes under a URI of their owner.

use counterfoil_oauth::{model::ClaimMap, release::RESERVED_CLAIMS};
use serde_json::Value;
use url::Url;

use crate::admin::{
    problem::{Code, Problem},
    schema, suggest,
};

/// Most bytes of all claims of one user together, as JSON: they must fit a token and a header.
const CLAIMS_BYTES_MAX: usize = 16 * 1024;

/// Deepest custom attribute, in levels of arrays and objects: consumers list attributes flat.
const DEPTH_MAX: usize = 3;

/// Longest name of a custom attribute, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// Checks what the schema of claims can't say.
pub(super) fn check(claims: &ClaimMap) -> Result<(), Problem> {
    let size = serde_json::to_vec(claims).map_or(usize::MAX, |json| json.len());
    if size > CLAIMS_BYTES_MAX {
        let detail = format!("all claims together have at most {CLAIMS_BYTES_MAX} bytes as JSON");
        return Err(Problem::member("/claims", detail));
    }
    for (name, value) in claims {
        let at = schema::pointer("/claims", name);
        check_name(name, &at)?;
        check_value(name, value, &at)?;
    }
    Ok(())
}

/// Whether a claim may bear this name: a standard or registered one, or a URI.
pub(crate) fn check_name(name: &str, at: &str) -> Result<(), Problem> {
    if RESERVED_CLAIMS.contains(&name) {
        let detail = format!("claim `{name}` is the issuer's to write");
        return Err(Problem::at(Code::ReservedClaim, at, detail));
    }
    let known = schema::members("UserClaims");
    if known.contains(&name) {
        return Ok(());
    }
    let is_uri = Url::parse(name).is_ok_and(|url| url.has_host() || url.scheme() == "urn");
    if is_uri && name.len() <= NAME_BYTES_MAX && !name.chars().any(char::is_control) {
        return Ok(());
    }
    let detail = format!(
        "{}; a claim of your own bears a URI of yours, such as `https://example.com/{}`",
        suggest::unknown("claim", name, &known),
        name.chars().filter(char::is_ascii_alphanumeric).take(32).collect::<String>()
    );
    Err(Problem::at(Code::UnknownMember, at, detail))
}

fn check_value(name: &str, value: &Value, at: &str) -> Result<(), Problem> {
    if depth(value) > DEPTH_MAX {
        let detail = format!("is nested deeper than {DEPTH_MAX} levels");
        return Err(Problem::member(at, detail));
    }
    if value.is_null() {
        return Err(Problem::member(at, "is null; leave the claim out instead"));
    }
    let Some(text) = value.as_str() else { return Ok(()) };
    let wrong = |detail: &str| Err(Problem::member(at, detail));
    match name {
        "email" if !is_email(text) => wrong("must be an e-mail address"),
        "profile" | "picture" | "website" if !is_web_page(text) => {
            wrong("must be an absolute http or https URL")
        }
        "birthdate" if !is_birthdate(text) => {
            wrong("must be `YYYY-MM-DD`, `0000-MM-DD` or `YYYY` (OpenID Connect Core §5.1)")
        }
        _ => Ok(()),
    }
}

/// Levels of arrays and objects. Recursion is bounded by the parser of the body.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Enough to catch a slip; whether it receives mail, only mail can tell.
fn is_email(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn is_web_page(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn is_birthdate(text: &str) -> bool {
    let number = |part: &str, digits: usize| {
        (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u16>().ok())
            .flatten()
    };
    match text.split('-').collect::<Vec<_>>().as_slice() {
        [year] => number(year, 4).is_some(),
        [year, month, day] => {
            number(year, 4).is_some()
                && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
                && number(day, 2).is_some_and(|day| (1..=31).contains(&day))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn refused(claims: &Value, code: Code) {
        let problem = check(claims.as_object().unwrap()).unwrap_err();
        assert_eq!(problem.code(), code, "{claims}: {problem:?}");
    }

    #[test]
    fn names_and_values() {
        let good = json!({"email": "a@b.example", "groups": ["a"], "birthdate": "0000-02-29",
            "https://example.com/plan": {"tier": ["gold"]}, "urn:example:team": 7});
        check(good.as_object().unwrap()).unwrap();
        refused(&json!({"sub": "x"}), Code::ReservedClaim);
        refused(&json!({"plan": "gold"}), Code::UnknownMember);
        refused(&json!({"e-mail": "a@b"}), Code::UnknownMember);
        refused(&json!({"javascript:x": 1}), Code::UnknownMember);
        refused(&json!({"email": "nobody"}), Code::InvalidMember);
        refused(&json!({"birthdate": "1.1.1970"}), Code::InvalidMember);
        refused(&json!({"website": "javascript:alert(1)"}), Code::InvalidMember);
        refused(&json!({"https://example.com/x": null}), Code::InvalidMember);
        refused(&json!({"https://example.com/x": [[[[1]]]]}), Code::InvalidMember);
        refused(&json!({"https://example.com/x": "y".repeat(20_000)}), Code::InvalidMember);
    }
}
