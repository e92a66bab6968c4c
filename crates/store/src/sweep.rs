use std::sync::PoisonError;

use counterfoil_feed::{Revision as FeedRevision, block_start};
use counterfoil_jose::UnixTime;
use counterfoil_oauth::model::{IssuerId, Revision};

use crate::list::limited;
use crate::value::{Row, Step, Value};
use crate::{Store, StoreError, sql};

/// How long rows stay after they died, in seconds: two days. The longest access token lives one
/// day, so whatever hangs on a dead grant or session is dead too, and a reader of the log that was
/// away for a weekend's night goes on where it was.
pub const KEEP_SECS: i64 = 2 * 86_400;

/// The most rows of each table that one sweep looks at or deletes, so that it never delays a
/// request by more than a few milliseconds.
pub const MAX_SWEEP: usize = 500;

/// What one sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Used assertion ids that had expired.
    pub assertions: u64,
    /// Sessions that had ended or expired [`KEEP_SECS`] ago.
    pub sessions: u64,
    /// Grants that had died [`KEEP_SECS`] ago. Living standing grants stay for ever.
    pub grants: u64,
    /// Watermarks that nothing living could be hit by.
    pub watermarks: u64,
    /// Log rows older than [`KEEP_SECS`].
    pub changes: u64,
    /// Whether there may be more to do at once.
    pub more: bool,
}

/// How far this process has looked through the tables that have no index on expiry. Ids grow with
/// time, so a walk along them is a walk from old to new; a restart just begins again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cursors {
    sessions: i64,
    grants: i64,
}

/// The next stretch of ids to look through.
struct Window {
    after: i64,
    upto: i64,
    last: bool,
}

impl Store {
    /// Deletes a bounded number of rows that nothing needs any more. Call again while there is
    /// `more`, from one node at a time (see [`Store::try_lease`]).
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sweep(
        &self,
        iss: IssuerId,
        now: UnixTime,
        limit: usize,
    ) -> Result<SweepReport, StoreError> {
        let cursors = self.sweep_cursors(iss, None);
        let sessions = self.window(iss, sql::SESSION_WINDOW, cursors.sessions, limit).await?;
        let grants = self.window(iss, sql::GRANT_WINDOW, cursors.grants, limit).await?;
        let (oldest, kept_from) = self.log_ends(iss).await?;
        let (iss_value, page) = (Value::Int(iss.get()), limited(limit, MAX_SWEEP));
        let now_value = Value::Int(now.as_secs());
        let dead = Value::Int(now.plus_secs(-KEEP_SECS).as_secs());
        let by_expiry = vec![iss_value.clone(), now_value, page.clone()];
        let walk = |window: &Window| {
            let (after, upto) = (Value::Int(window.after), Value::Int(window.upto));
            vec![iss_value.clone(), after, upto, dead.clone()]
        };
        let upto = match page {
            Value::Int(page) => oldest.saturating_add(page).saturating_sub(1),
            _ => oldest,
        };
        let upto = upto.min(kept_from);
        let steps = vec![
            Step::plain(sql::SWEEP_ASSERTIONS, by_expiry.clone()),
            Step::plain(sql::SWEEP_SESSIONS, walk(&sessions)),
            Step::plain(sql::SWEEP_GRANTS, walk(&grants)),
            Step::plain(sql::SWEEP_WATERMARKS, by_expiry),
            Step::plain(
                sql::SWEEP_CHANGES,
                vec![iss_value.clone(), Value::Int(upto), dead.clone()],
            ),
        ];
        let swept: Vec<u64> =
            self.write(steps).await?.iter().map(|outcome| outcome.affected).collect();
        let [assertions, sessions_swept, grants_swept, watermarks, changes] = swept[..] else {
            return Err(StoreError::Engine("a sweep came back in another shape".to_owned()));
        };
        let ends = Cursors { sessions: sessions.end(), grants: grants.end() };
        self.sweep_cursors(iss, Some(ends));
        let page = u64::try_from(limit.clamp(1, MAX_SWEEP)).unwrap_or(1);
        let full = assertions >= page || watermarks >= page || changes >= page;
        Ok(SweepReport {
            assertions,
            sessions: sessions_swept,
            grants: grants_swept,
            watermarks,
            changes,
            more: full || !sessions.last || !grants.last,
        })
    }

    async fn window(
        &self,
        iss: IssuerId,
        sql: &'static str,
        after: i64,
        limit: usize,
    ) -> Result<Window, StoreError> {
        let params = [Value::Int(iss.get()), Value::Int(after), limited(limit, MAX_SWEEP)];
        let rows = self.query(sql, &params).await?;
        let upto = first_int(rows.last()).unwrap_or(after);
        Ok(Window { after, upto, last: rows.len() < limit.clamp(1, MAX_SWEEP) })
    }

    /// The oldest revision still in the log, and the last one that may be swept: a feed's chain
    /// is rebuilt from the beginning of its present block, so that much of the log stays.
    async fn log_ends(&self, iss: IssuerId) -> Result<(i64, i64), StoreError> {
        let params = [Value::Int(iss.get()), Value::Int(0), Value::Int(1)];
        let rows = self.query(sql::LOG_AFTER, &params).await?;
        let row = rows.first().ok_or(StoreError::UnknownIssuer(iss))?;
        let number = |at: usize| match row.get(at) {
            Some(Value::Int(number)) => *number,
            _ => 0,
        };
        let head = Revision::new(u64::try_from(number(0)).unwrap_or(0));
        let block = block_start(FeedRevision::new(head.get())).get();
        Ok((number(1), i64::try_from(block).unwrap_or(0)))
    }

    /// Reads the cursors, or stores new ones.
    fn sweep_cursors(&self, iss: IssuerId, new: Option<Cursors>) -> Cursors {
        let mut all = self.cursors().lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(new) = new {
            all.insert(iss, new);
        }
        all.get(&iss).copied().unwrap_or_default()
    }
}

impl Window {
    /// Where the next look begins: after this stretch, or from the start again.
    const fn end(&self) -> i64 {
        if self.last { 0 } else { self.upto }
    }
}

fn first_int(row: Option<&Row>) -> Option<i64> {
    match row?.first()? {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}
