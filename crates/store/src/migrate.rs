//! Forward-only, numbered, embedded schema steps, one text per engine and step.
//!
//! A step may only add what the previous version of the program doesn't mind, because nodes of both
//! versions run side by side while a deployment rolls. So a schema that is *newer* than this
//! program is accepted.

use std::fmt;

use crate::StoreError;

/// Which database a store runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file of this process.
    Sqlite,
    /// A server, 15 or newer.
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    pub(crate) number: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// Every step, in order; append-only.
const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "base",
        sqlite: include_str!("../migrations/sqlite/0001_base.sql"),
        postgres: include_str!("../migrations/postgres/0001_base.sql"),
    },
    Migration {
        number: 2,
        name: "permission",
        sqlite: include_str!("../migrations/sqlite/0002_permission.sql"),
        postgres: include_str!("../migrations/postgres/0002_permission.sql"),
    },
    Migration {
        number: 3,
        name: "planner",
        sqlite: include_str!("../migrations/sqlite/0003_planner.sql"),
        postgres: include_str!("../migrations/postgres/0003_planner.sql"),
    },
];

pub(crate) const CREATE_HISTORY: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (\
     number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum BIGINT NOT NULL, \
     applied_at BIGINT NOT NULL)";
pub(crate) const READ_HISTORY: &str =
    "SELECT number, name, checksum FROM schema_migrations ORDER BY number";
pub(crate) const WRITE_HISTORY: &str =
    "INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";

/// One step as the database remembers it.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    pub(crate) number: i64,
    pub(crate) name: String,
    pub(crate) checksum: i64,
}

impl Migration {
    pub(crate) const fn text(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }

    /// FNV-1a of the text: against a step edited by accident, not against an attacker, who could
    /// as well write the checksum.
    #[expect(clippy::cast_possible_wrap, reason = "all 64 bits are kept, the sign means nothing")]
    pub(crate) fn checksum(&self, engine: Engine) -> i64 {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        self.text(engine).bytes().fold(OFFSET, mix) as i64
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn title(&self) -> String {
        format!("{:04}_{}", self.number, self.name)
    }
}

/// The steps that the database lacks, after holding those it has against ours.
pub(crate) fn pending(
    engine: Engine,
    applied: &[Applied],
) -> Result<&'static [Migration], StoreError> {
    let mismatch = |why: String| Err(StoreError::MigrationMismatch(why));
    for (place, step) in applied.iter().enumerate() {
        let Some(ours) = MIGRATIONS.get(place) else {
            tracing::warn!(step.number, step.name, "the schema is newer than this program");
            break;
        };
        if (step.number, step.name.as_str()) != (ours.number, ours.name) {
            return mismatch(format!(
                "step {} is `{}`, expected `{}`",
                step.number,
                step.name,
                ours.title()
            ));
        }
        if step.checksum != ours.checksum(engine) {
            return mismatch(format!("`{}` was applied with another text", ours.title()));
        }
    }
    Ok(MIGRATIONS.get(applied.len()..).unwrap_or_default())
}

/// The names of steps, as messages and `migrate` print them.
pub(crate) fn titles(steps: &[Migration]) -> Vec<String> {
    steps.iter().map(Migration::title).collect()
}
