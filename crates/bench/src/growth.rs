//! Tokens by the million: what they leave in the database.

use std::path::Path;

use clap::Args;
use counterfoil_store::{SqliteOptions, Store};
use serde_json::json;

use crate::{
    clock::Since,
    failure::Failure,
    http::{Ask, Connection},
    say,
    world::{self, RESOURCE, SCOPE},
};

/// Connections at once.
const CONNECTIONS: u64 = 16;

/// `counterfoil-bench issue`.
#[derive(Args, Debug)]
pub(crate) struct IssueArgs {
    /// The server's port.
    #[arg(long)]
    port: u16,
    /// How many tokens.
    #[arg(long)]
    count: u64,
}

pub(crate) async fn issue(args: &IssueArgs) -> Result<(), Failure> {
    let started = Since::now();
    let mut running = Vec::new();
    for part in 0..CONNECTIONS {
        let share = args.count / CONNECTIONS + u64::from(part < args.count % CONNECTIONS);
        let mut connection = Connection::open(args.port).await?;
        running.push(tokio::spawn(async move {
            let authorization = world::basic("service");
            for _ in 0..share {
                let form = client_credentials("opaque");
                let answer = connection.send(Ask::post("/token", &authorization, form)).await?;
                if answer.status != 200 {
                    let text = String::from_utf8_lossy(&answer.body).into_owned();
                    return Err(Failure::new(format!("status {}: {text}", answer.status)));
                }
            }
            Ok(share)
        }));
    }
    let mut tokens = 0;
    for part in running {
        tokens += part.await.map_err(|error| Failure::new(error.to_string()))??;
    }
    say::line(&json!({ "tokens": tokens, "secs": started.secs() }).to_string());
    Ok(())
}

/// The form that asks for a token for one of the bench's APIs.
pub(crate) fn client_credentials(api: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("resource", &format!("{RESOURCE}/{api}"))
        .append_pair("scope", SCOPE)
        .finish()
}

/// The size of a database that nobody has open. Opening and closing it writes back its log.
pub(crate) async fn checkpointed_bytes(file: &Path) -> Result<u64, Failure> {
    drop(Store::open_sqlite(file, SqliteOptions::default()).await?);
    // The store closes on its own threads; the write-ahead log is gone when it has.
    let log = file.with_extension("db-wal");
    for _ in 0..500 {
        if !log.exists() {
            return Ok(std::fs::metadata(file)?.len());
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    Err(Failure::new("the database was not checkpointed"))
}
