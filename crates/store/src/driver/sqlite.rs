//! SQLite: one thread that writes, a few connections that read in place.
//!
//! A prepared point read takes a few microseconds, less than handing it to another thread and
//! back. So reads run on the caller's task, each under the lock of one of the reading connections,
//! which is never held across an `await`. In WAL mode they wait neither for the writer nor for a
//! checkpoint.

mod checkpoint;
mod writer;

use std::fmt;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};
use tokio::sync::{mpsc, oneshot};

use crate::StoreError;
use crate::group::{Job, MAX_QUEUE, StepError};
use crate::migrate::{self, Applied, Engine, Migration};
use crate::options::SqliteOptions;
use crate::value::{Outcome, Row, Value};
use crate::wake::Wakes;
use checkpoint::Checkpoints;
use writer::Writer;

/// SQLite before 3.51.3 can lose a commit when a writer meets a checkpoint that resets the log.
const OLDEST_VERSION: i32 = 3_051_003;

/// More than all fixed texts and the usual shapes of guards.
const PREPARED_STATEMENTS: usize = 192;

/// Connections of ended sessions that are kept for the next ones.
const IDLE_SESSIONS: usize = 8;

/// An embedded database file.
pub(crate) struct Sqlite {
    queue: mpsc::Sender<Job>,
    /// Whether the thread that writes has something to do.
    is_busy: Arc<AtomicBool>,
    readers: Vec<Mutex<Connection>>,
    next_reader: AtomicUsize,
    /// How to make one more connection, and those that no session uses at the moment.
    path: PathBuf,
    options: SqliteOptions,
    idle: Arc<Mutex<Vec<Connection>>>,
    settings: Vec<(&'static str, String)>,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("readers", &self.readers.len()).finish_non_exhaustive()
    }
}

impl Sqlite {
    /// Opens the file on the thread that will write it, migrates it and starts the committer.
    pub(crate) async fn open(
        path: &Path,
        options: SqliteOptions,
        wakes: Arc<Wakes>,
    ) -> Result<Self, StoreError> {
        if !(1..=64).contains(&options.readers) {
            return Err(StoreError::Options("`readers` must be 1 to 64".to_owned()));
        }
        let (queue, jobs) = mpsc::channel(MAX_QUEUE);
        let (ready, opened) = oneshot::channel();
        let (path, idle) = (path.to_owned(), Arc::default());
        let is_busy = Arc::new(AtomicBool::new(false));
        let busy = Arc::clone(&is_busy);
        let (to_open, open_options) = (path.clone(), options.clone());
        let work = move || match open(&to_open, &open_options) {
            Ok(Opened { writer, checkpoints, readers, settings }) => {
                if ready.send(Ok((readers, settings))).is_ok() {
                    Writer::new((writer, checkpoints), open_options.clock, wakes, (jobs, busy))
                        .run();
                }
            }
            Err(error) => drop(ready.send(Err(error))),
        };
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(work)
            .map_err(|error| StoreError::Engine(error.to_string()))?;
        let (readers, settings) = opened.await.map_err(|_| super::stopped())??;
        let next_reader = AtomicUsize::new(0);
        Ok(Self { queue, is_busy, readers, next_reader, path, options, idle, settings })
    }

    pub(crate) const fn queue(&self) -> &mpsc::Sender<Job> {
        &self.queue
    }

    pub(crate) fn is_busy(&self) -> &AtomicBool {
        &self.is_busy
    }

    pub(crate) fn settings(&self) -> &[(&'static str, String)] {
        &self.settings
    }

    /// Begins a transaction that reads, on a connection of its own: while it lasts, the log can't
    /// be started over, so it should be short or rare.
    pub(crate) fn session(&self) -> Result<Session, StoreError> {
        let known = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match known {
            Some(connection) => connection,
            None => {
                let connection = connect(&self.path, &self.options)?;
                connection.pragma_update(None, "query_only", true).map_err(engine)?;
                connection
            }
        };
        // Plain `BEGIN` would take its snapshot with the first read, at a moment of its own.
        connection.execute_batch("BEGIN; SELECT 1 FROM issuers LIMIT 1").map_err(engine)?;
        Ok(Session { connection: Mutex::new(Some(connection)), idle: Arc::clone(&self.idle) })
    }

    /// Reads in place, on a connection that nobody uses, else on the next in turn.
    pub(crate) fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let turn = self.next_reader.fetch_add(1, Ordering::Relaxed);
        let count = self.readers.len();
        for offset in 0..count {
            let Some(reader) = self.readers.get((turn + offset) % count) else { continue };
            match reader.try_lock() {
                Ok(reader) => return read(&reader, sql, params),
                Err(TryLockError::Poisoned(reader)) => {
                    return read(&reader.into_inner(), sql, params);
                }
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let Some(reader) = self.readers.get(turn % count) else { return Err(super::stopped()) };
        let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
        read(&reader, sql, params)
    }
}

/// A connection within a transaction that reads.
pub(crate) struct Session {
    connection: Mutex<Option<Connection>>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(…)")
    }
}

impl Session {
    pub(crate) fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(connection) = connection.as_ref() else { return Err(super::stopped()) };
        read(connection, sql, params)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let connection = self.connection.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let Some(connection) = connection else { return };
        if connection.execute_batch("ROLLBACK").is_ok() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < IDLE_SESSIONS {
                idle.push(connection);
            }
        }
    }
}

fn read(connection: &Connection, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
    match run(connection, sql, params) {
        Ok(outcome) => Ok(outcome.rows),
        Err(StepError::Store(error)) => Err(error),
        Err(StepError::Violation(why)) => Err(StoreError::Engine(why)),
    }
}

/// Lists the steps that the file lacks, without changing it.
pub(crate) async fn pending(
    path: &Path,
    options: &SqliteOptions,
) -> Result<Vec<String>, StoreError> {
    let (path, options) = (path.to_owned(), options.clone());
    let look = move || -> Result<Vec<String>, StoreError> {
        if !path.exists() {
            return Ok(migrate::titles(migrate::pending(Engine::Sqlite, &[])?));
        }
        let connection = connect(&path, &options)?;
        Ok(migrate::titles(missing(&connection)?))
    };
    tokio::task::spawn_blocking(look)
        .await
        .map_err(|error| StoreError::Engine(error.to_string()))?
}

struct Opened {
    writer: Connection,
    checkpoints: Checkpoints,
    readers: Vec<Mutex<Connection>>,
    settings: Vec<(&'static str, String)>,
}

fn open(path: &Path, options: &SqliteOptions) -> Result<Opened, StoreError> {
    if rusqlite::version_number() < OLDEST_VERSION {
        let found = format!("SQLite {}", rusqlite::version());
        return Err(StoreError::EngineTooOld { found, wanted: "SQLite 3.51.3" });
    }
    create_private(path)?;
    let writer = connect(path, options)?;
    let mode: String =
        writer.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(engine)?;
    if mode != "wal" {
        return Err(StoreError::UnsafeSetting {
            setting: "journal_mode",
            found: mode,
            wanted: "wal",
        });
    }
    writer.pragma_update(None, "cache_size", writer::CACHE_KIB).map_err(engine)?;
    let checkpoints = Checkpoints::start(&writer, connect(path, options)?)?;
    apply(&writer, options)?;
    let settings = read_back(&writer, options)?;
    let mut readers = Vec::with_capacity(options.readers);
    for _ in 0..options.readers {
        let reader = connect(path, options)?;
        reader.pragma_update(None, "query_only", true).map_err(engine)?;
        readers.push(Mutex::new(reader));
    }
    Ok(Opened { writer, checkpoints, readers, settings })
}

/// Makes the file readable by its owner alone; SQLite gives the log and its index the same mode.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match created {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => {
            Err(StoreError::Unavailable(format!("`{}`: {error}", PathBuf::from(path).display())))
        }
    }
}

fn connect(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    // Without the URI flag, so that a path is a path.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(engine)?;
    connection.busy_timeout(options.busy_timeout).map_err(engine)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    // A plan may not depend on what is bound. Otherwise SQLite parses and plans a statement anew
    // for other values, which costs more than running it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(engine)?;
    let set = |name: &str, value: &str| connection.pragma_update(None, name, value).map_err(engine);
    set("synchronous", "FULL")?;
    set("foreign_keys", "ON")?;
    set("temp_store", "MEMORY")?;
    set("trusted_schema", "OFF")?;
    Ok(connection)
}

/// Reads back what was set: a build or a hook might have overruled it.
fn read_back(
    connection: &Connection,
    options: &SqliteOptions,
) -> Result<Vec<(&'static str, String)>, StoreError> {
    let timeout = options.busy_timeout.as_millis().to_string();
    let wanted: [(&'static str, &'static str); 4] = [
        ("journal_mode", "wal"),
        ("synchronous", "2"),
        ("foreign_keys", "1"),
        ("busy_timeout", ""),
    ];
    let mut settings = vec![("version", rusqlite::version().to_owned())];
    for (setting, wanted) in wanted {
        let found: rusqlite::types::Value =
            connection.pragma_query_value(None, setting, |row| row.get(0)).map_err(engine)?;
        let found = match found {
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            _ => String::new(),
        };
        let fits = if setting == "busy_timeout" { found == timeout } else { found == wanted };
        if !fits {
            return Err(StoreError::UnsafeSetting { setting, found, wanted });
        }
        settings.push((setting, found));
    }
    Ok(settings)
}

/// Applies the missing steps under the file's write lock, so that concurrent starters take turns.
fn apply(connection: &Connection, options: &SqliteOptions) -> Result<(), StoreError> {
    if !options.migrate {
        let missing = missing(connection)?;
        return if missing.is_empty() {
            Ok(())
        } else {
            Err(StoreError::MigrationsPending(migrate::titles(missing)))
        };
    }
    connection.execute_batch("BEGIN IMMEDIATE").map_err(engine)?;
    let steps = || -> Result<(), StoreError> {
        connection.execute_batch(migrate::CREATE_HISTORY).map_err(engine)?;
        for step in missing(connection)? {
            connection.execute_batch(step.text(Engine::Sqlite)).map_err(engine)?;
            let at = options.clock.now().as_secs();
            let row = (step.number, step.name(), step.checksum(Engine::Sqlite), at);
            connection.execute(migrate::WRITE_HISTORY, row).map_err(engine)?;
        }
        Ok(())
    };
    let done = steps();
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    connection.execute_batch(end).map_err(engine)?;
    done
}

fn missing(connection: &Connection) -> Result<&'static [Migration], StoreError> {
    if !connection.table_exists(None, "schema_migrations").map_err(engine)? {
        return migrate::pending(Engine::Sqlite, &[]);
    }
    let mut statement = connection.prepare(migrate::READ_HISTORY).map_err(engine)?;
    let applied: Result<Vec<Applied>, rusqlite::Error> = statement
        .query_map([], |row| {
            Ok(Applied { number: row.get(0)?, name: row.get(1)?, checksum: row.get(2)? })
        })
        .map_err(engine)?
        .collect();
    migrate::pending(Engine::Sqlite, &applied.map_err(engine)?)
}

/// Runs one statement, binding `$n` by its number: SQLite takes `$n` for a name.
fn run(connection: &Connection, sql: &str, params: &[Value]) -> Result<Outcome, StepError> {
    let mut statement = connection.prepare_cached(sql).map_err(step_error)?;
    for place in 1..=statement.parameter_count() {
        let number = statement.parameter_name(place).and_then(|name| name.get(1..)?.parse().ok());
        let value = number.and_then(|number: usize| params.get(number.checked_sub(1)?));
        let Some(value) = value else {
            let why = format!("placeholder {place} has no parameter");
            return Err(StepError::Store(StoreError::Engine(why)));
        };
        statement.raw_bind_parameter(place, Bound(value)).map_err(step_error)?;
    }
    let columns = statement.column_count();
    let mut outcome = Outcome::default();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(step_error)? {
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            values.push(value(row.get_ref(column).map_err(step_error)?));
        }
        outcome.rows.push(values);
    }
    drop(rows);
    outcome.affected = if columns == 0 {
        connection.changes()
    } else {
        u64::try_from(outcome.rows.len()).unwrap_or(u64::MAX)
    };
    Ok(outcome)
}

/// Lends a value to the driver.
struct Bound<'a>(&'a Value);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(number) | Value::Now(number) => ValueRef::Integer(*number),
            Value::Ahead(ahead) => ValueRef::Integer(ahead.settled),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn value(found: ValueRef<'_>) -> Value {
    match found {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        // A float or a text that isn't UTF-8 comes out as bytes, which fit no column but a blob's.
        ValueRef::Real(number) => Value::Blob(number.to_be_bytes().to_vec()),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::text(text),
            Err(_) => Value::blob(bytes),
        },
        ValueRef::Blob(bytes) => Value::blob(bytes),
    }
}

fn engine(error: rusqlite::Error) -> StoreError {
    match step_error(error) {
        StepError::Store(error) => error,
        StepError::Violation(why) => StoreError::Engine(why),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` takes")]
fn step_error(error: rusqlite::Error) -> StepError {
    let message = error.to_string();
    let Some(failure) = error.sqlite_error() else {
        return StepError::Store(StoreError::Engine(message));
    };
    match (failure.code, failure.extended_code) {
        (
            ErrorCode::ConstraintViolation,
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_FOREIGNKEY,
        ) => StepError::Violation(message),
        (ErrorCode::ConstraintViolation, _) => StepError::Store(StoreError::Unstorable(message)),
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::CannotOpen, _) => {
            StepError::Store(StoreError::Unavailable(message))
        }
        _ => StepError::Store(StoreError::Engine(message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::Engine;
    use crate::sql;

    fn empty() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        for step in migrate::pending(Engine::Sqlite, &[]).unwrap() {
            connection.execute_batch(step.text(Engine::Sqlite)).unwrap();
        }
        connection
    }

    /// What the planner does for a statement, a line for each step.
    fn plan(connection: &Connection, sql: &str) -> Vec<String> {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let lines = statement.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>();
        lines.unwrap()
    }

    #[test]
    fn no_hot_statement_scans_or_sorts_a_table() {
        let connection = empty();
        for text in sql::all().filter(|text| text.hot) {
            for line in plan(&connection, text.sql) {
                // A page is made by its own search, and sorting its few rows again costs nothing.
                let scan = line.starts_with("SCAN") && !line.starts_with("SCAN page");
                let sort = line.contains("TEMP B-TREE") && !text.sql.contains(") page ON");
                let few = ["KEYS"].contains(&text.name);
                assert!(!scan && (!sort || few), "{}: {line}", text.name);
            }
        }
    }

    #[test]
    fn composed_statements_search_too() {
        let connection = empty();
        for fragment in [
            sql::GUARD_USER_UNCHANGED,
            sql::GUARD_CLIENT_UNCHANGED,
            sql::GUARD_API_UNCHANGED,
            sql::GUARD_USER_ACTIVE,
            sql::GUARD_CLIENT_EXISTS,
            sql::GUARD_API_EXISTS,
            sql::GUARD_SESSION_LIVE,
            sql::GUARD_GRANT_LIVE,
        ] {
            let numbered = fragment.replace("{a}", "$2").replace("{b}", "$3").replace("{c}", "$4");
            let lines = plan(&connection, &format!("SELECT {numbered}"));
            let scans = |line: &&String| line.starts_with("SCAN") && *line != "SCAN CONSTANT ROW";
            assert_eq!(lines.iter().find(scans), None, "{fragment}");
        }
        for count in [1, 2, 8, 32] {
            let lines = plan(&connection, &crate::log::watermarks_of(count));
            assert!(lines.iter().all(|line| !line.starts_with("SCAN")), "{lines:?}");
        }
    }

    #[test]
    fn composed_permission_reads_search_and_do_not_sort() {
        let connection = empty();
        let mut texts = crate::permission::page_shapes();
        texts.push(crate::permission::expired_text());
        let mut keyed = crate::permission::reachable_shapes();
        keyed.extend([1, 16, 256].map(crate::permission::name_lookup));
        keyed.extend([1, 8, 64].map(crate::permission::tuple_lookup));
        for text in &keyed {
            for line in plan(&connection, text) {
                // That would be all rows of a store.
                let all = line.starts_with("SEARCH t ") && line.ends_with("(iss=? AND store=?)");
                assert!(!all, "{text}: {line}");
            }
        }
        texts.extend(keyed);
        for text in texts {
            let inside = text.split(") page ON").next().unwrap_or_default();
            let inside = inside.split("LEFT JOIN (").last().unwrap_or_default();
            for (part, sorted) in [(text.as_str(), false), (inside, true)] {
                for line in plan(&connection, part) {
                    let scan = line.starts_with("SCAN") && !line.starts_with("SCAN page");
                    let sort = sorted && line.contains("TEMP B-TREE");
                    assert!(!scan && !sort, "{part}: {line}");
                }
            }
        }
    }

    #[test]
    fn every_statement_is_understood() {
        let connection = empty();
        for text in sql::all() {
            connection.prepare(text.sql).unwrap();
        }
    }
}
