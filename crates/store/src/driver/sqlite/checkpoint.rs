//! Moving pages from the log to the database file, beside the writer instead of in its way.
//!
//! Moving pages keeps the disk busy, and a writer that does it itself holds everybody up. So another
//! thread moves most of them, a few at a time, since a commit's own pages wait behind them at the disk;
//! and the writer moves the few that came meanwhile: once all are moved, the log starts over.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};

use rusqlite::Connection;

use super::engine;
use crate::StoreError;

/// Pages in the log from which on they are moved: 4 MiB. More would be moved less often, each once for
/// several groups that wrote it, but would keep a commit waiting for longer than it takes itself.
const PAGES: i64 = 1_024;

/// The writer moves pages itself when they are at most this part of the log: 64, in a millisecond,
/// and more only if the disk can't keep up and the log has grown.
const PART_FEW: i64 = 16;

/// How often the thread goes on with what came while it moved pages, which is less each time.
const PASSES_MAX: u32 = 4;

/// Where the log may not grow further: the writer waits for the pages to be moved. 256 MiB, which a
/// crash leaves to be read again in a second.
const PAGES_MAX: i64 = 65_536;

/// The thread that moves pages, as the writer sees it. Dropping it ends the thread.
pub(super) struct Checkpoints {
    ask: SyncSender<()>,
    done: Receiver<()>,
    asked: bool,
}

impl Checkpoints {
    /// Starts the thread with a connection of its own, and has the writer move nothing unasked.
    pub(super) fn start(writer: &Connection, connection: Connection) -> Result<Self, StoreError> {
        for known in [writer, &connection] {
            known.pragma_update(None, "wal_autocheckpoint", 0).map_err(engine)?;
        }
        let (ask, asked) = sync_channel(1);
        let (tell, done) = sync_channel(1);
        let work = move || {
            while asked.recv().is_ok() {
                for _ in 0..PASSES_MAX {
                    move_pages(&connection);
                    if log(&connection).is_none_or(|log| log.has_few()) {
                        break;
                    }
                }
                if tell.send(()).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(work)
            .map_err(|error| StoreError::Engine(error.to_string()))?;
        Ok(Self { ask, done, asked: false })
    }

    /// After a commit: sees to it that the log does not grow for ever. It is always seen whether the
    /// thread is done, and only if `is_due` how large the log is, which costs more.
    pub(super) fn look(&mut self, writer: &Connection, is_due: bool) {
        if !self.asked && !is_due {
            return;
        }
        if self.asked {
            match self.done.try_recv() {
                Err(TryRecvError::Empty) => {
                    if is_due && log(writer).is_some_and(|log| log.pages > PAGES_MAX) {
                        self.asked = self.done.recv().is_err();
                        move_pages(writer);
                    }
                    return;
                }
                Ok(()) | Err(TryRecvError::Disconnected) => self.asked = false,
            }
        }
        let Some(log) = log(writer).filter(|log| log.pages >= PAGES) else { return };
        if log.has_few() {
            move_pages(writer);
            return;
        }
        match self.ask.try_send(()) {
            Ok(()) => self.asked = true,
            Err(TrySendError::Full(())) => {}
            // Without the thread the writer does it.
            Err(TrySendError::Disconnected(())) => move_pages(writer),
        }
    }
}

/// The log: how many pages it has, and how many of them were moved.
struct Log {
    pages: i64,
    moved: i64,
}

impl Log {
    /// Whether so few pages are left that moving them holds nobody up.
    const fn has_few(&self) -> bool {
        self.pages - self.moved <= self.pages / PART_FEW
    }
}

/// Looks without moving anything.
fn log(connection: &Connection) -> Option<Log> {
    checkpoint(connection, "PRAGMA wal_checkpoint(NOOP)")
}

/// Moves all pages that no reader still needs, waiting for nobody.
fn move_pages(connection: &Connection) {
    let _log = checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)");
}

/// What could not be moved is moved the next time, so a failure is only told.
fn checkpoint(connection: &Connection, sql: &str) -> Option<Log> {
    let found = connection.prepare_cached(sql).and_then(|mut statement| {
        statement.query_row([], |row| Ok(Log { pages: row.get(1)?, moved: row.get(2)? }))
    });
    found.inspect_err(|error| tracing::warn!(%error, "pages stay in the log")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More commits than the log has room for.
    const COMMITS: i64 = PAGES_MAX / 8;

    #[test]
    fn the_log_starts_over_although_commits_never_pause() {
        let directory = counterfoil_testing::scratch::Dir::new("log").unwrap();
        let path = directory.join("log.db");
        let writer = Connection::open(&path).unwrap();
        writer.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (b BLOB)").unwrap();
        let mut checkpoints =
            Checkpoints::start(&writer, Connection::open(&path).unwrap()).unwrap();
        let mut before = 0;
        let started_over = (0..COMMITS).any(|_| {
            writer.execute("INSERT INTO t VALUES (zeroblob(40000))", ()).unwrap();
            checkpoints.look(&writer, true);
            let now = log(&writer).unwrap().pages;
            assert!(now < PAGES_MAX + 100, "{now}");
            now < std::mem::replace(&mut before, now)
        });
        assert!(started_over, "{before}");
        let rows: i64 = writer.query_row("SELECT COUNT(*) FROM t", (), |row| row.get(0)).unwrap();
        let check: String =
            writer.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
        assert_eq!((rows > 0, check.as_str()), (true, "ok"));
    }
}
