//! Opening, settings and migrations.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use counterfoil_store::{Engine, PostgresOptions, SqliteOptions, Store, StoreError};
use counterfoil_testing::{postgres, scratch};

use crate::ground::{Ground, Place, on_both, runtime};

/// A place without a store in it.
fn empty(engine: Engine) -> Place {
    match engine {
        Engine::Sqlite => Place::Sqlite(Arc::new(scratch::Dir::new("store").unwrap())),
        Engine::Postgres => Place::Postgres(postgres::shared().fresh_database()),
    }
}

impl Place {
    async fn pending(&self) -> Result<Vec<String>, StoreError> {
        match self {
            Self::Sqlite(dir) => {
                Store::pending_sqlite(&dir.join("store.db"), &SqliteOptions::default()).await
            }
            Self::Postgres(url) => Store::pending_postgres(&PostgresOptions::new(url)).await,
        }
    }

    async fn open_without_migrating(&self) -> Result<Store, StoreError> {
        match self {
            Self::Sqlite(dir) => {
                let options = SqliteOptions { migrate: false, ..SqliteOptions::default() };
                Store::open_sqlite(&dir.join("store.db"), options).await
            }
            Self::Postgres(url) => {
                let options = PostgresOptions { migrate: false, ..PostgresOptions::new(url) };
                Store::open_postgres(options).await
            }
        }
    }

    async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        match self {
            Self::Sqlite(dir) => {
                Store::migrate_sqlite(&dir.join("store.db"), SqliteOptions::default()).await
            }
            Self::Postgres(url) => Store::migrate_postgres(PostgresOptions::new(url)).await,
        }
    }
}

/// Every step of the schema.
const STEPS: [&str; 3] = ["0001_base", "0002_permission", "0003_planner"];

#[test]
fn migrations_run_once() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        runtime().block_on(async {
            let place = empty(engine);
            assert_eq!(place.pending().await.unwrap(), STEPS);
            let refused = place.open_without_migrating().await.unwrap_err();
            assert!(matches!(refused, StoreError::MigrationsPending(names) if names == STEPS));
            assert_eq!(place.migrate().await.unwrap(), STEPS);
            assert_eq!(place.migrate().await.unwrap(), [""; 0]);
            assert_eq!(place.pending().await.unwrap(), [""; 0]);
            let store = place.open_without_migrating().await.unwrap();
            assert_eq!(store.engine(), engine);
        });
    }
}

#[test]
fn concurrent_starters_take_turns() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        runtime().block_on(async {
            let place = empty(engine);
            let mut starters = Vec::new();
            for _ in 0..8 {
                let place = place.clone();
                starters.push(tokio::spawn(async move {
                    let store = place.open().await;
                    store.ensure_issuer("https://id.example").await.unwrap().id
                }));
            }
            for starter in starters {
                assert_eq!(starter.await.unwrap().get(), 1);
            }
        });
    }
}

#[test]
fn a_foreign_history_is_refused_and_a_newer_one_is_not() {
    on_both(async |ground| {
        let place = &ground.place;
        let next = STEPS.len() + 1;
        place.sql(&format!("INSERT INTO schema_migrations VALUES ({next}, 'future', 1, 1)")).await;
        assert!(place.open_without_migrating().await.is_ok());
        place.sql("UPDATE schema_migrations SET checksum = 1 WHERE number = 1").await;
        assert!(matches!(
            place.open_without_migrating().await,
            Err(StoreError::MigrationMismatch(_))
        ));
        place.sql("UPDATE schema_migrations SET name = 'other' WHERE number = 1").await;
        assert!(matches!(place.migrate().await, Err(StoreError::MigrationMismatch(_))));
    });
}

#[test]
fn what_durability_rests_on_is_read_back() {
    on_both(async |ground| {
        let settings: Vec<String> = ground
            .store
            .settings()
            .iter()
            .filter(|(name, _)| !name.contains("version"))
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        match ground.store.engine() {
            Engine::Sqlite => insta::assert_snapshot!(settings.join("\n"), @r"
            journal_mode = wal
            synchronous = 2
            foreign_keys = 1
            busy_timeout = 5000
            "),
            Engine::Postgres => insta::assert_snapshot!(settings.join("\n"), @r"
            server_encoding = UTF8
            fsync = on
            synchronous_commit = on
            full_page_writes = on
            "),
        }
    });
}

#[test]
fn a_server_that_may_forget_is_refused() {
    runtime().block_on(async {
        let ground = Ground::new(Engine::Postgres).await;
        let Place::Postgres(url) = &ground.place else { panic!("PostgreSQL") };
        let database = url.rsplit('/').next().unwrap();
        ground.place.sql(&format!("ALTER DATABASE {database} SET synchronous_commit = off")).await;
        let refused = Store::open_postgres(PostgresOptions::new(url)).await.unwrap_err();
        insta::assert_snapshot!(refused, @"`synchronous_commit` is `off`, but must be `on` to keep acknowledged writes");
        ground.place.sql(&format!("ALTER DATABASE {database} SET synchronous_commit = local")).await;
        assert!(Store::open_postgres(PostgresOptions::new(url)).await.is_ok());
    });
}

#[test]
fn odd_options_are_refused() {
    runtime().block_on(async {
        let refused = async |url: &str| {
            match Store::open_postgres(PostgresOptions::new(url)).await.unwrap_err() {
                StoreError::Options(why) => why,
                other => panic!("{other}"),
            }
        };
        insta::assert_snapshot!(refused("postgresql://db.example/x").await, @"a remote database needs TLS, or `sslmode=disable` in the URL");
        let why = refused("postgresql://u:secret@[::/x").await;
        assert!(!why.contains("secret"), "{why}");
        let dir = scratch::Dir::new("store").unwrap();
        let options = SqliteOptions { readers: 0, ..SqliteOptions::default() };
        let none = Store::open_sqlite(&dir.join("store.db"), options).await;
        assert!(matches!(none, Err(StoreError::Options(_))));
        let nowhere = dir.join("missing/store.db");
        let none = Store::open_sqlite(&nowhere, SqliteOptions::default()).await;
        assert!(matches!(none, Err(StoreError::Unavailable(_))));
        std::fs::write(dir.join("text.db"), "not a database, but long enough to be read as one")
            .unwrap();
        let none = Store::open_sqlite(&dir.join("text.db"), SqliteOptions::default()).await;
        assert!(matches!(none, Err(StoreError::Engine(_))));
    });
}

#[test]
fn a_sqlite_file_is_its_owners_alone() {
    runtime().block_on(async {
        let ground = Ground::new(Engine::Sqlite).await;
        let Place::Sqlite(dir) = &ground.place else { panic!("SQLite") };
        for name in ["store.db", "store.db-wal", "store.db-shm"] {
            let mode = std::fs::metadata(dir.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    });
}

#[test]
fn secrets_do_not_show_in_debug_forms() {
    let options = PostgresOptions::new("postgresql://u:hunter2@localhost/x");
    assert!(!format!("{options:?}").contains("hunter2"));
}
