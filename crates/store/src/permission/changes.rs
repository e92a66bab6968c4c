use counterfoil_jose::UnixTime;
use counterfoil_permission::tuple::TypeName;

use super::ops::{self, Op};
use super::{PermissionDb, PermissionStoreId, StoreRevision};
use crate::list::limited;
use crate::row::Fields;
use crate::value::Value;
use crate::{StoreError, sql};

/// The most revisions in one page of the log; a larger limit is cut down to it.
pub const MAX_STORE_LOG_PAGE: usize = 1_000;
/// About how many bytes of changes one page of the log holds at most; a single revision may be
/// larger, so that there always is one.
pub const MAX_STORE_LOG_BYTES: i64 = 4 << 20;
/// The most changes in one page; a larger limit is cut down to it.
pub const MAX_CHANGES_PAGE: usize = 1_000;

/// One revision of a permission store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// Its place: dense, in commit order.
    pub revision: StoreRevision,
    /// When it was committed, by the committing node's clock.
    pub at: UnixTime,
    /// What changed, in order: deletes first.
    pub ops: Vec<Op>,
}

/// A page of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Changes of tuples with the revision and the time of each, in commit order.
    pub changes: Vec<(StoreRevision, UnixTime, Op)>,
    /// After which change to go on: everything up to this revision was read, if the second number
    /// is 0; else all before this revision and so many of its own changes. It moves past what a
    /// filter left out, and stays where it was at the end of the log.
    pub next: (StoreRevision, usize),
    /// Whether this was the end of the log.
    pub end: bool,
}

impl PermissionDb {
    /// The store's newest committed revision, read from the database.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn head(&self, id: PermissionStoreId) -> Result<StoreRevision, StoreError> {
        let store = self.number(id).await?;
        let params = [Value::Int(self.iss.get()), Value::Int(store)];
        let rows = self.store.query(sql::permission::HEAD_REVISION, &params).await?;
        let row = rows.into_iter().next().ok_or(StoreError::UnknownPermissionStore)?;
        let revision = Fields::plain("permission_stores", row).revision("revision")?;
        Ok(StoreRevision::new(revision.get()))
    }

    /// Revisions after one, in order and without a gap, at most [`MAX_STORE_LOG_PAGE`] and about
    /// [`MAX_STORE_LOG_BYTES`]. Empty only at the end of the log.
    ///
    /// # Errors
    /// [`StoreError::LogGap`] when the log has not reached that revision or begins after it.
    pub async fn log_after(
        &self,
        id: PermissionStoreId,
        after: StoreRevision,
        limit: usize,
    ) -> Result<Vec<LogRow>, StoreError> {
        let store = self.number(id).await?;
        let number =
            |revision: StoreRevision| Value::Int(i64::try_from(revision.get()).unwrap_or(i64::MAX));
        let own = [Value::Int(self.iss.get()), Value::Int(store)];
        let mut params = own.to_vec();
        params.extend([number(after), limited(limit, MAX_STORE_LOG_PAGE)]);
        let sizes = self.store.query(sql::permission::LOG_SIZES, &params).await?;
        let Some(last) = self.last_that_fits(after, sizes)? else { return Ok(Vec::new()) };
        let mut params = own.to_vec();
        params.extend([number(after), number(last)]);
        let mut log = Vec::new();
        for row in self.store.query(sql::permission::LOG_ROWS, &params).await? {
            let mut row = Fields::plain("permission_log", row);
            let revision = row.revision("revision")?.get();
            let at = row.time("at")?;
            let key = i64::try_from(revision).unwrap_or(i64::MAX);
            let ops = ops::decode(key, &row.blob("ops")?)?;
            log.push(LogRow { revision: StoreRevision::new(revision), at, ops });
        }
        Ok(log)
    }

    /// What tells a revision of this store from one of the same number in another history, as after
    /// a restore; none for a revision that isn't in the log.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn log_mark(
        &self,
        id: PermissionStoreId,
        revision: StoreRevision,
    ) -> Result<Option<[u8; 32]>, StoreError> {
        let store = self.number(id).await?;
        let last = i64::try_from(revision.get()).unwrap_or(i64::MAX);
        let own = [Value::Int(self.iss.get()), Value::Int(store)];
        let params: Vec<Value> =
            own.into_iter().chain([Value::Int(last.saturating_sub(1)), Value::Int(last)]).collect();
        let rows = self.store.query(sql::permission::LOG_ROWS, &params).await?;
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let mut row = Fields::plain("permission_log", row);
        let (revision, at) = (row.int("revision")?, row.int("at")?);
        let mut bytes = [revision.to_be_bytes(), at.to_be_bytes()].concat();
        bytes.extend(row.blob("ops")?);
        Ok(Some(counterfoil_jose::crypto::sha256(&bytes)))
    }

    /// The last revision of a page of sizes that still fits; `None` at the end of the log.
    fn last_that_fits(
        &self,
        after: StoreRevision,
        sizes: Vec<crate::value::Row>,
    ) -> Result<Option<StoreRevision>, StoreError> {
        let gap = |oldest: Option<u64>| StoreError::LogGap {
            after: counterfoil_oauth::model::Revision::new(after.get()),
            oldest: oldest.map(counterfoil_oauth::model::Revision::new),
        };
        let (mut last, mut total, mut head) = (None, 0i64, None);
        for row in sizes {
            let (found, fields) = Fields::after_head("permission_log", row)?;
            head = Some(found.get());
            let Some(mut row) = fields else { break };
            let (revision, size) = (row.revision("revision")?.get(), row.int("size")?);
            if last.is_none() && revision != after.get().saturating_add(1) {
                return Err(gap(Some(revision)));
            }
            total = total.saturating_add(size);
            if last.is_some() && total > MAX_STORE_LOG_BYTES {
                break;
            }
            last = Some(StoreRevision::new(revision));
        }
        let head = head.ok_or(StoreError::UnknownPermissionStore)?;
        if last.is_none() && head != after.get() {
            return Err(gap(None));
        }
        Ok(last)
    }

    /// Changes of tuples after a place of the log, those of one type of object if one is given, in
    /// commit order, at most [`MAX_CHANGES_PAGE`].
    ///
    /// # Errors
    /// As [`PermissionDb::log_after`].
    pub async fn changes(
        &self,
        id: PermissionStoreId,
        after: (StoreRevision, usize),
        type_name: Option<&TypeName>,
        limit: usize,
    ) -> Result<Changes, StoreError> {
        let limit = limit.clamp(1, MAX_CHANGES_PAGE);
        let fits = |op: &Op| {
            let of = match op {
                Op::Write(tuple) => tuple.object().type_name(),
                Op::Delete(key) => key.object.type_name(),
                Op::Model(_) => return false,
            };
            type_name.is_none_or(|wanted| wanted.as_str() == of)
        };
        let mut page = Changes { changes: Vec::new(), next: after, end: false };
        // A place within a revision is found again by reading that revision once more.
        let (mut base, mut skip) = after;
        if skip > 0 {
            base = StoreRevision::new(base.get().saturating_sub(1));
        }
        loop {
            let log = self.log_after(id, base, limit).await?;
            if log.is_empty() {
                page.end = true;
                return Ok(page);
            }
            for row in log {
                base = row.revision;
                for (place, op) in row.ops.into_iter().enumerate().skip(skip) {
                    if page.changes.len() == limit {
                        page.next = if place == 0 {
                            (StoreRevision::new(base.get().saturating_sub(1)), 0)
                        } else {
                            (base, place)
                        };
                        return Ok(page);
                    }
                    if fits(&op) {
                        page.changes.push((base, row.at, op));
                    }
                }
                skip = 0;
            }
            page.next = (base, 0);
            if page.changes.len() == limit {
                return Ok(page);
            }
        }
    }

    /// The place in the log after which everything was committed at that moment or later, as far as
    /// the committing nodes' clocks agree.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn revision_before(
        &self,
        id: PermissionStoreId,
        moment: UnixTime,
    ) -> Result<StoreRevision, StoreError> {
        let store = self.number(id).await?;
        let (mut low, mut high) = (0u64, self.head(id).await?.get());
        // The revisions up to `low` are older; those after `high` are not.
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let params = [
                Value::Int(self.iss.get()),
                Value::Int(store),
                Value::Int(i64::try_from(middle).unwrap_or(i64::MAX)),
            ];
            let rows = self.store.query(sql::permission::LOG_AT, &params).await?;
            let Some(row) = rows.into_iter().next() else { break };
            if Fields::plain("permission_log", row).time("at")? < moment {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Ok(StoreRevision::new(low))
    }
}
