//! What happened, step by step.

use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde_json::Value;

use super::discover::Target;
use crate::{client::Token, say, token::Inspection};

/// Tells the steps on standard error as they happen, if it was asked for.
pub(super) struct Story {
    aloud: bool,
    steps: Vec<String>,
}

impl Story {
    pub(super) fn new(aloud: bool) -> Self {
        Self { aloud, steps: Vec::new() }
    }

    pub(super) fn step(&mut self, text: &str) {
        if self.aloud {
            say::talk(text);
            self.steps.push(text.to_owned());
        }
    }

    /// What was told, for programs.
    pub(super) fn told(&self) -> &[String] {
        &self.steps
    }

    pub(super) fn token(&mut self, target: &Target, token: &Token) {
        let Target { resource, issuer } = target;
        let come_by = if token.refreshed { "asked for just now" } else { "kept from before" };
        self.step(&format!(
            "token for {resource} from {issuer}: {come_by}, good for {} s more",
            token.left_secs
        ));
        let inspection = Inspection::of(&token.text);
        self.step(&format!("it is {}: {}", article(inspection.name()), shortened(&token.text)));
        self.step(&format!("a thief of it learns: {}", inspection.thief()));
        let header = "authorization: Bearer ".len() + token.text.len() + "\r\n".len();
        self.step(&format!("it takes {header} bytes of every request's header"));
    }

    pub(super) fn answer(
        &mut self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        target: Option<&Target>,
    ) {
        let get = |name| {
            headers.get(name).and_then(|value: &reqwest::header::HeaderValue| value.to_str().ok())
        };
        self.step(&format!("the API answers {status}"));
        let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
        if let Some(caller) = body.get("caller") {
            self.step(&format!("it learned about its caller: {caller}"));
        }
        for (name, what) in [
            ("learned_by", "it learned that by"),
            ("issuer_calls", "calls to the issuer for this request:"),
            ("verify_micros", "microseconds to verify:"),
        ] {
            match body.get(name) {
                Some(Value::String(text)) => self.step(&format!("{what} {text}")),
                Some(value) => self.step(&format!("{what} {value}")),
                None => {}
            }
        }
        if let Some(challenge) = get(WWW_AUTHENTICATE) {
            self.step(&format!("its challenge: {challenge}"));
        }
        if let Some(hint) = hint(status, get(RETRY_AFTER), target) {
            self.step(&format!("hint: {hint}"));
        }
    }
}

fn hint(status: StatusCode, retry_after: Option<&str>, target: Option<&Target>) -> Option<String> {
    let (resource, issuer) = target.map_or(("", ""), |target| (&target.resource, &target.issuer));
    match status.as_u16() {
        401 if target.is_none() => {
            Some("the API wants a token but doesn't say whose: add --resource".to_owned())
        }
        401 => Some(format!(
            "the API refuses the token: it was revoked, its user suspended, or it is for another \
             API. `counterfoil token introspect --explain` with the API's own client tells which. \
             The next call asks for a new one; where there is none, `counterfoil login --issuer \
             {issuer}` starts over"
        )),
        403 => Some(format!(
            "the token is good but not for this: a scope or a permission is missing. `counterfoil \
             login --issuer {issuer} --resource {resource} --scope …` asks for more"
        )),
        503 => Some(format!(
            "the API can't know whether the token still holds, most likely because it has lost \
             touch with {issuer}. It says no rather than guess; try again{}",
            retry_after.map(|secs| format!(" in {secs} s")).unwrap_or_default()
        )),
        _ => None,
    }
}

fn article(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'I']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// Its beginning and its last characters: enough to tell tokens apart, not to use one.
fn shortened(token: &str) -> String {
    let count = token.chars().count();
    let head: String = token.chars().take(6).collect();
    let tail: String = token.chars().skip(count.saturating_sub(4)).collect();
    format!("{head}…{tail} ({count} characters)")
}
