use counterfoil_jose::UnixTime;
use counterfoil_oauth::model::{Change, IssuerId, Mode, Reason, Revision, Target};

use crate::list::limited;
use crate::row;
use crate::value::Value;
use crate::{Stamped, Store, StoreError, sql};

/// The most log rows or watermarks in one page; a larger limit is cut down to it.
pub const MAX_LOG_PAGE: usize = 1_000;

/// The most targets that one look-up of watermarks may name. A token has fewer than ten.
pub const MAX_TARGETS: usize = 32;

/// One committed change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its place: dense, in commit order.
    pub revision: Revision,
    /// What changed.
    pub change: Change,
    /// When it was committed, by the committing node's clock.
    pub at: UnixTime,
}

/// "Everything about this target issued before this revision is dead", or must be asked for again.
///
/// A target has at most one watermark of each mode: the newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredWatermark {
    /// About what.
    pub target: Target,
    /// Dead, or to be asked for again.
    pub mode: Mode,
    /// The revision of the newest such change; what was stamped with an older one is hit.
    pub not_before: Revision,
    /// Why.
    pub reason: Reason,
    /// When nothing that it could hit is alive any more.
    pub expires_at: UnixTime,
}

impl Store {
    /// Changes after a revision, in order and without a gap, at most [`MAX_LOG_PAGE`].
    ///
    /// # Errors
    /// [`StoreError::LogGap`] when the log was swept past that revision or has not reached it:
    /// load the live watermarks and follow from their stamp.
    pub async fn log_after(
        &self,
        iss: IssuerId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let params = vec![Value::revision(after), limited(limit, MAX_LOG_PAGE)];
        let page = self.many(iss, sql::LOG_AFTER, "changes", params, row::log_entry).await?;
        let gap = |oldest| Err(StoreError::LogGap { after, oldest });
        match page.value.first() {
            None if page.revision == after => {}
            None => return gap(None),
            Some(first) if first.revision.get() == after.get().saturating_add(1) => {}
            Some(first) => return gap(Some(first.revision)),
        }
        Ok(page.value)
    }

    /// Watermarks that have not expired, ordered by target; the cursor is the last one seen, and a
    /// page shorter than its limit (at most [`MAX_LOG_PAGE`]) is the last.
    ///
    /// A reader of several pages follows the log from the *first* page's stamp: whatever changed
    /// between the pages is there.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn live_watermarks(
        &self,
        iss: IssuerId,
        now: UnixTime,
        after: Option<&StoredWatermark>,
        limit: usize,
    ) -> Result<Stamped<Vec<StoredWatermark>>, StoreError> {
        let mut params = vec![Value::Int(now.as_secs()), limited(limit, MAX_LOG_PAGE)];
        let sql = match after {
            None => sql::LIVE_WATERMARKS,
            Some(last) => {
                params.push(Value::Int(last.target.kind().code()));
                params.push(Value::Blob(last.target.bytes()));
                params.push(Value::Int(row::mode_code(last.mode)));
                sql::LIVE_WATERMARKS_AFTER
            }
        };
        self.many(iss, sql, "watermarks", params, row::watermark).await
    }

    /// The watermarks of these targets, expired ones included, in no order.
    ///
    /// # Errors
    /// [`StoreError::Unstorable`] for more than [`MAX_TARGETS`]; see [`StoreError`].
    pub async fn watermarks_for(
        &self,
        iss: IssuerId,
        targets: &[Target],
    ) -> Result<Stamped<Vec<StoredWatermark>>, StoreError> {
        if targets.len() > MAX_TARGETS {
            return Err(StoreError::Unstorable(format!("a look-up of {} targets", targets.len())));
        }
        // Rounding up keeps the shapes few, so that they stay prepared.
        let shape = targets.len().max(1).next_power_of_two();
        let mut params = Vec::with_capacity(2 * shape);
        for target in targets.iter().cycle().take(shape) {
            params.push(Value::Int(target.kind().code()));
            params.push(Value::Blob(target.bytes()));
        }
        if params.is_empty() {
            params.extend([Value::Null, Value::Null]);
        }
        let sql = watermarks_of(shape);
        self.many(iss, &sql, "watermarks", params, row::watermark).await
    }
}

pub(crate) fn watermarks_of(count: usize) -> String {
    let mut sql = String::from(sql::WATERMARKS_FOR_HEAD);
    for place in 0..count {
        if place > 0 {
            sql.push_str(" OR ");
        }
        let kind = 2 + 2 * place;
        sql.push_str(&format!("(t.kind = ${kind} AND t.target = ${})", kind + 1));
    }
    sql.push_str(sql::WATERMARKS_FOR_TAIL);
    sql
}
