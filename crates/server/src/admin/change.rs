//! Changing calls: commit, wait as asked, answer with the change's place in the log.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderValue, Response, header, request::Parts},
};
use counterfoil_jose::UnixTime;
use counterfoil_oauth::{
    grants::authorization_code::WATERMARK_SECS,
    model::{Batch, Change, Mode, Reason, Revision, Target},
};
use counterfoil_store::CommitError;
use serde_json::{Map, Value, json};

use super::{
    etag::{self, IfMatch},
    guard::AdminCaller,
    problem::{Code, Problem},
    query::Query,
    reply,
};
use crate::{
    feed::{self, Wait},
    state::State,
};

/// How often a change is decided anew after it lost a race. The second try sees what the winner
/// did; more losses than this mean that something else is wrong.
pub(super) const ATTEMPTS: usize = 4;

/// Header that bears the change's place in the log.
const SEQ_HEADER: &str = "counterfoil-seq";

/// A changing call: who asks, what they wait for, and which version they mean.
pub(super) struct Changing {
    caller: AdminCaller,
    wait: Wait,
    pub(super) if_match: IfMatch,
}

/// What a changing call answers besides its receipt.
#[derive(Default)]
pub(super) struct Done {
    /// The change's place in the log.
    pub(super) seq: Revision,
    /// The resource, or nothing.
    pub(super) body: Map<String, Value>,
    /// The resource's version.
    pub(super) version: Option<Revision>,
    /// The path of what was made.
    pub(super) made: Option<String>,
}

impl FromRequestParts<Arc<State>> for Changing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Problem> {
        let caller = AdminCaller::from_request_parts(parts, state).await?;
        let Ok(query) = Query::from_request_parts(parts, state).await;
        let parameters = query.only(&["wait"])?;
        let wait = Wait::parse(parameters.get("wait")).ok_or_else(|| {
            Problem::new(Code::InvalidParameter, "`wait` must be `committed` or `effective`")
        })?;
        Ok(Self { caller, wait, if_match: IfMatch::read(&parts.headers)? })
    }
}

impl Changing {
    /// Waits as asked and answers.
    pub(super) async fn answer(self, state: &Arc<State>, done: Done) -> Response<Body> {
        let mut status = if done.made.is_some() { 201 } else { 200 };
        let mut receipt = json!({ "seq": done.seq.get(), "epoch": state.epoch() });
        if self.wait == Wait::Effective {
            match feed::wait_for(state, done.seq, self.caller.client_id()).await {
                Some(view) => receipt = json!(view),
                None => {
                    status = 202;
                    if let Some(receipt) = receipt.as_object_mut() {
                        let detail = "committed, and not yet known to be in force everywhere";
                        receipt.insert("detail".to_owned(), json!(detail));
                    }
                }
            }
        }
        let mut body = done.body;
        body.insert("receipt".to_owned(), receipt);
        let mut response = reply(status, &Value::Object(body));
        let headers = response.headers_mut();
        headers.insert(SEQ_HEADER, HeaderValue::from(done.seq.get()));
        let location = done.made.map(|path| format!("{}{path}", state.issuer()));
        if let Some(Ok(location)) = location.map(|url| HeaderValue::from_str(&url)) {
            headers.insert(header::LOCATION, location);
        }
        if let Some(version) = done.version {
            etag::put(&mut response, version);
        }
        response
    }
}

/// Commits. `None`: a guard didn't hold or an effect found another state; load and decide anew.
pub(super) async fn commit(state: &State, batch: Batch) -> Result<Option<Revision>, Problem> {
    match state.commit(batch).await {
        Ok(committed) => Ok(Some(committed.revision)),
        Err(CommitError::Conflict(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A request that kept losing races.
pub(super) fn gave_up() -> Problem {
    Problem::new(Code::Conflict, "others keep changing it; load it again and try once more")
}

/// Everything about this target that was issued before is dead.
pub(super) fn ended(target: Target, reason: Reason, now: UnixTime) -> Change {
    Change { target, mode: Mode::Hard, reason, expires_at: watermark_end(now) }
}

/// What was learned about this target before must be asked for again.
pub(super) fn refetch(target: Target, now: UnixTime) -> Change {
    Change { target, mode: Mode::Soft, reason: Reason::Updated, expires_at: watermark_end(now) }
}

/// A row of the log that bears no watermark: no guard needs to know.
pub(super) const fn noted(target: Target, reason: Reason) -> Change {
    Change { target, mode: Mode::Soft, reason, expires_at: None }
}

fn watermark_end(now: UnixTime) -> Option<UnixTime> {
    Some(now.plus_secs(WATERMARK_SECS))
}
