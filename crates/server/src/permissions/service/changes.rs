//! Changes of tuples, in the order in which they were committed.

use counterfoil_jose::UnixTime;
use counterfoil_permission::tuple::TypeName;
use counterfoil_store::permission::{Op, StoreRevision};

use super::{
    Answer, Asker, of_store,
    tuples::{shown, shown_key},
    view::revision_token,
};
use crate::permissions::{
    auth::Need,
    error::ApiError,
    moment, schema,
    wire::{ChangesAnswer, PageSize, TupleChange},
};

impl Asker<'_> {
    /// A page of changes of one type, or of all, after a token or since a moment.
    pub(crate) async fn changes(
        &self,
        store: &str,
        of_type: &str,
        (size, token): (PageSize, &str),
        start_ms: Option<i64>,
    ) -> Result<Answer<ChangesAnswer>, ApiError> {
        const MESSAGE: schema::Message = "ReadChangesRequest";
        let id = self.store(MESSAGE, Need::Read, store)?;
        if !of_type.is_empty() && !schema::is_type(of_type) {
            let reason = r#"value does not match regex pattern "^[^:#\\s]{1,254}$""#;
            return Err(ApiError::schema(MESSAGE, "Type", reason));
        }
        let size = schema::page_size(MESSAGE, size)?;
        schema::continuation_token(MESSAGE, token)?;
        if start_ms.is_some_and(|start| start > self.state.now_ms()) {
            return Err(ApiError::schema(MESSAGE, "StartTime", "value must be less than now"));
        }
        let filter = TypeName::parse(of_type).ok();
        let tokens = &self.state.permission_api.tokens;
        let db = self.state.permissions.db();
        let after = match (tokens.read_changes(store, of_type, token)?, start_ms) {
            (Some((after, count)), _) => (StoreRevision::new(after), count),
            (None, None) => (StoreRevision::ZERO, 0),
            (None, Some(start)) => {
                let moment = UnixTime::from_secs(start.div_euclid(1_000));
                (db.revision_before(id, moment).await.map_err(of_store)?, 0)
            }
        };
        let limit = usize::try_from(size).unwrap_or(usize::MAX);
        let page = db.changes(id, after, filter.as_ref(), limit).await.map_err(of_store)?;
        // At the end the same token comes back, so that a poller need not notice.
        let continuation_token = if page.changes.is_empty() && page.next == after {
            token.to_owned()
        } else {
            let (after, count) = page.next;
            tokens.make_changes(store, of_type, (after.get(), count))
        };
        let changes = page.changes.iter().filter_map(|(revision, at, op)| {
            Some(TupleChange { revision: Some(revision_token(id, *revision)), ..change(*at, op)? })
        });
        Ok(Answer::plain(ChangesAnswer { changes: changes.collect(), continuation_token }))
    }
}

/// One change; a new model is none of a tuple.
pub(crate) fn change(at: UnixTime, op: &Op) -> Option<TupleChange> {
    let (tuple_key, operation) = match op {
        Op::Write(tuple) => (shown(tuple), "TUPLE_OPERATION_WRITE"),
        Op::Delete(key) => (shown_key(key), "TUPLE_OPERATION_DELETE"),
        Op::Model(_) => return None,
    };
    let timestamp = moment::format(at.as_secs() * 1_000);
    Some(TupleChange { tuple_key, operation, timestamp, revision: None })
}
