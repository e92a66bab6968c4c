//! Paging: the cursor is the last id seen. Ids are in the order of making to the millisecond; what
//! is made within the cursor's own millisecond may be missed by a listing that is under way.

use axum::{body::Body, http::Response};
use serde_json::{Map, Value, json};

use super::{
    problem::{Code, Problem},
    query::Parameters,
    reply,
};

/// Items in a page unless asked otherwise.
const LIMIT_DEFAULT: usize = 50;

/// Most items in a page: a page of the largest users stays under two megabytes.
const LIMIT_MAX: usize = 100;

/// Which page is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    limit: usize,
    /// The last id that the caller has seen.
    pub(super) after: Option<i64>,
}

impl Page {
    /// Reads `limit` and `cursor`.
    pub(super) fn read(parameters: &Parameters) -> Result<Self, Problem> {
        let limit = match parameters.get("limit") {
            None => LIMIT_DEFAULT,
            Some(text) => {
                text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)).ok_or_else(
                    || {
                        let detail = format!("`limit` must be a number from 1 to {LIMIT_MAX}");
                        Problem::new(Code::InvalidParameter, detail)
                    },
                )?
            }
        };
        let after = parameters.id("cursor").map_err(|_| {
            let detail = "`cursor` must be the last page's `next_cursor`";
            Problem::new(Code::InvalidParameter, detail)
        })?;
        Ok(Self { limit, after })
    }

    /// How many rows to load: one more than are shown tells whether there is a next page.
    pub(super) const fn rows(self) -> usize {
        self.limit + 1
    }

    /// The answer from the loaded rows, each with its id.
    pub(super) fn answer(self, mut rows: Vec<(i64, Value)>) -> Response<Body> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let mut body = Map::new();
        if let Some((last, _)) = rows.last().filter(|_| more) {
            body.insert("next_cursor".to_owned(), json!(last.to_string()));
        }
        body.insert("items".to_owned(), rows.into_iter().map(|(_, view)| view).collect());
        reply(200, &Value::Object(body))
    }
}
