use counterfoil_jose::UnixTime;

use super::plan::{Act, Decided};
use super::rows::NumberedTuple;
use super::{PermissionDb, PermissionStoreId, StoreRevision, TupleFilter, TupleKey};
use crate::head::Head;
use crate::list::limited;
use crate::value::{Step, Value};
use crate::{CommitError, StoreError, sql};

/// Tuples that one write of a deletion by filter or of a sweep takes, so that it holds up no other
/// write for more than some milliseconds.
pub const DELETES_PER_WRITE: usize = 500;

/// The most rows of each table that one purge removes.
const PURGE_MAX: usize = 2_000;

/// What a deletion by filter did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// How many tuples are gone.
    pub deleted: u64,
    /// The revision of the last write, or the head if nothing fitted.
    pub revision: StoreRevision,
}

impl PermissionDb {
    /// Deletes the tuples that fit a filter, in several writes of [`DELETES_PER_WRITE`] if they are
    /// many: others may see some gone and some not, and a failure leaves what was done done. What is
    /// written meanwhile may stay.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn delete_by_filter(
        &self,
        id: PermissionStoreId,
        filter: &TupleFilter,
    ) -> Result<Deleted, StoreError> {
        let store = self.number(id).await?;
        let mut done = Deleted { deleted: 0, revision: StoreRevision::ZERO };
        let mut after = None;
        loop {
            let page = self.numbered_page(store, filter, after.as_ref(), DELETES_PER_WRITE).await?;
            done.revision = done.revision.max(page.revision);
            if let Some((gone, revision)) = self.delete_rows(store, page.rows).await? {
                done.deleted += gone;
                done.revision = revision;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(done),
            }
        }
    }

    /// Deletes some tuples that have expired by then, at most [`DELETES_PER_WRITE`], with their
    /// place in the log. Returns how many; as many as that means that there may be more.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sweep_expired(
        &self,
        id: PermissionStoreId,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        let store = self.number(id).await?;
        let params = [
            Value::Int(self.iss.get()),
            Value::Int(store),
            Value::Int(now.as_secs()),
            limited(DELETES_PER_WRITE, DELETES_PER_WRITE),
        ];
        let rows = self.store.query(&expired_text(), &params).await?;
        let order = super::filter::Order::Object;
        let page = super::read::decode_page(rows, order, usize::MAX)?;
        Ok(self.delete_rows(store, page.rows).await?.map_or(0, |(gone, _)| gone))
    }

    /// Removes rows of deleted stores, at most so many of each table. True if there may be more.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn purge_deleted(&self, limit: usize) -> Result<bool, StoreError> {
        let iss = Value::Int(self.iss.get());
        let one = [iss.clone(), Value::Int(1)];
        let rows = self.store.query(sql::permission::DELETED_STORES, &one).await?;
        let Some(store) = rows.into_iter().next().and_then(|row| row.into_iter().next()) else {
            return Ok(false);
        };
        let page = limited(limit, PURGE_MAX);
        let own = vec![iss, store];
        let bounded: Vec<Value> = own.iter().cloned().chain([page]).collect();
        let steps = [sql::permission::PURGE_TUPLES, sql::permission::PURGE_LOG]
            .into_iter()
            .chain([sql::permission::PURGE_NAMES])
            .map(|text| Step::plain(text, bounded.clone()));
        let done = self.store.write(steps.collect()).await?;
        if done.iter().any(|outcome| outcome.affected > 0) {
            return Ok(true);
        }
        let last = [sql::permission::PURGE_MODELS, sql::permission::PURGE_ASSERTIONS]
            .into_iter()
            .chain([sql::permission::PURGE_STORE])
            .map(|text| Step::plain(text, own.clone()));
        self.store.write(last.collect()).await?;
        Ok(true)
    }

    /// Deletes rows as they were read; when some were changed meanwhile, one by one those that were
    /// not. None if none is left.
    async fn delete_rows(
        &self,
        store: i64,
        rows: Vec<NumberedTuple>,
    ) -> Result<Option<(u64, StoreRevision)>, StoreError> {
        let head = Head::Permissions(self.iss, store);
        let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        if let Some(revision) = self.delete_at_once(head, &rows).await? {
            return Ok((count > 0).then_some((count, revision)));
        }
        let mut done = None;
        for row in rows {
            if let Some(revision) = self.delete_at_once(head, std::slice::from_ref(&row)).await? {
                done = Some((done.map_or(0, |(gone, _)| gone) + 1, revision));
            }
        }
        Ok(done)
    }

    /// Deletes all of these rows, or none if one of them is not as it was read.
    async fn delete_at_once(
        &self,
        head: Head,
        rows: &[NumberedTuple],
    ) -> Result<Option<StoreRevision>, StoreError> {
        if rows.is_empty() {
            return Ok(Some(StoreRevision::ZERO));
        }
        let act = |row: &NumberedTuple| {
            Act::Delete(row.key, row.stored.revision, TupleKey::of(&row.stored.tuple))
        };
        let decided = Decided { acts: rows.iter().map(act).collect(), ..Decided::default() };
        match self.store.commit_plan(decided.plan(head)?).await {
            Ok(done) => Ok(Some(StoreRevision::new(done.revision.get()))),
            Err(CommitError::Conflict(_)) => Ok(None),
            Err(CommitError::Overloaded) => Err(StoreError::Overloaded),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}

/// The statement that finds what has expired.
pub(crate) fn expired_text() -> String {
    format!(
        "{}t.iss = $1 AND t.store = $2 AND t.expires_at <= $3 ORDER BY t.expires_at LIMIT $4{}2",
        sql::permission::NAMED_HEAD,
        sql::permission::NAMED_TAIL
    )
}
