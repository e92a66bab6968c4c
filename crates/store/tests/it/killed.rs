//! A child process of the tests that writes until it is killed.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use counterfoil_oauth::model::IssuerId;
use counterfoil_store::{PostgresOptions, SqliteOptions, Store};

use crate::ground::Place;

/// A test that runs itself as a child, told by a variable where to write.
pub struct Child {
    /// The test's name.
    pub test: &'static str,
    /// The variable; without it the test is an ordinary small one.
    pub variable: &'static str,
}

/// Where a child writes, and from which number on.
pub struct Told {
    pub store: Store,
    pub iss: IssuerId,
    pub base: i64,
}

impl Child {
    /// What this process was told, if it is such a child.
    pub async fn told(&self) -> Option<Told> {
        let told = std::env::var_os(self.variable)?.into_string().unwrap();
        let (base, place) = told.split_once(' ').unwrap();
        let store = if place.starts_with("postgresql:") {
            Store::open_postgres(PostgresOptions::new(place)).await.unwrap()
        } else {
            Store::open_sqlite(place.as_ref(), SqliteOptions::default()).await.unwrap()
        };
        let iss = store.ensure_issuer("https://id.example").await.unwrap().id;
        Some(Told { store, iss, base: base.parse().unwrap() })
    }

    /// Runs a child until it has acknowledged so many writes, kills it, and returns all that it
    /// acknowledged up to its death, each with its revision.
    pub fn killed(&self, place: &Place, base: i64, acknowledgements: usize) -> BTreeMap<i64, u64> {
        let place = match place {
            Place::Sqlite(dir) => dir.join("store.db").display().to_string(),
            Place::Postgres(url) => url.clone(),
        };
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", self.test, "--nocapture", "--test-threads=1"])
            .env(self.variable, format!("{base} {place}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acknowledged = BTreeMap::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(ack) = line.strip_prefix("ack ") {
                // The very last line may be cut off by the kill.
                let Some((id, revision)) = ack.split_once(' ') else { continue };
                acknowledged.insert(id.parse().unwrap(), revision.parse().unwrap());
            }
            if acknowledged.len() == acknowledgements {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(acknowledged.len() >= acknowledgements, "the child died by itself");
        acknowledged
    }
}

/// Tells the parent that a write is durable.
pub fn acknowledge(id: i64, revision: u64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nack {id} {revision}").unwrap();
    out.flush().unwrap();
}
