//! Query parameters: each known, each once.

use std::{convert::Infallible, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{
    problem::{Code, Problem},
    suggest,
};
use crate::state::State;

/// Longest query read, in bytes: the longest filter is a `resource` of two kilobytes, encoded.
const QUERY_BYTES_MAX: usize = 8 * 1024;

/// Most parameters read; no route knows more than four.
const PARAMETERS_MAX: usize = 16;

/// The query of a request, not looked at yet.
pub(super) struct Query(String);

/// Parameters that the route knows.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, String)>);

impl FromRequestParts<Arc<State>> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<State>) -> Result<Self, Infallible> {
        Ok(Self(parts.uri.query().unwrap_or_default().to_owned()))
    }
}

impl Query {
    /// Reads parameters and refuses those that the route doesn't know: a misspelt filter must not
    /// list everybody.
    pub(super) fn only(&self, known: &[&str]) -> Result<Parameters, Problem> {
        if self.0.len() > QUERY_BYTES_MAX {
            let detail = format!("a query has at most {QUERY_BYTES_MAX} bytes");
            return Err(Problem::new(Code::InvalidParameter, detail));
        }
        let mut parameters: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(self.0.as_bytes()) {
            if parameters.len() == PARAMETERS_MAX {
                let detail = format!("a query has at most {PARAMETERS_MAX} parameters");
                return Err(Problem::new(Code::InvalidParameter, detail));
            }
            if !known.contains(&name.as_ref()) {
                let detail = suggest::unknown("parameter", &name, known);
                return Err(Problem::new(Code::UnknownParameter, detail));
            }
            if parameters.iter().any(|(seen, _)| *seen == name) {
                let detail = format!("parameter `{name}` was sent more than once");
                return Err(Problem::new(Code::InvalidParameter, detail));
            }
            // The decoder replaces what is not UTF-8; a replaced character is never meant.
            if value.contains('\u{fffd}') {
                let detail = format!("parameter `{name}` is not valid UTF-8");
                return Err(Problem::new(Code::InvalidParameter, detail));
            }
            parameters.push((name.into_owned(), value.into_owned()));
        }
        Ok(Parameters(parameters))
    }
}

impl Parameters {
    /// The value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(seen, _)| seen == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that is an id.
    pub(super) fn id(&self, name: &str) -> Result<Option<i64>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let id = text.parse::<i64>().ok().filter(|id| *id > 0).ok_or_else(|| {
            let detail = format!("parameter `{name}` must be an id: a decimal number");
            Problem::new(Code::InvalidParameter, detail)
        })?;
        Ok(Some(id))
    }
}
