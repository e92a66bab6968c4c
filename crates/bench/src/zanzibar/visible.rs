//! From a write to the first check that knows of it, while the server has all the checks that it
//! can take.

use std::{sync::Arc, time::Duration};

use clap::Args;
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};

use crate::{clock::Since, failure::Failure, http::Connection, say};

/// Writes per second: they are sent when they are due, whatever became of those before.
const WRITES_EACH_SEC: u32 = 1_000;

/// Connections that writes are sent on: enough for those that wait for a slow one.
const CONNECTIONS: u32 = 64;

/// How long a write may take to be seen before the run is given up.
const SEEN_MAX: Duration = Duration::from_secs(10);

/// `counterfoil-bench zanzibar visible`.
#[derive(Args, Debug)]
pub(crate) struct VisibleArgs {
    /// The server's port.
    #[arg(long)]
    port: u16,
    /// The permission store.
    #[arg(long)]
    store: String,
    /// The `Authorization` header.
    #[arg(long)]
    authorization: Option<String>,
    /// How long.
    #[arg(long)]
    secs: u32,
    /// What the names of this run's objects begin with.
    #[arg(long)]
    run: u32,
}

pub(super) async fn run(args: &VisibleArgs) -> Result<(), Failure> {
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(Client {
            connection: Connection::open(args.port).await?,
            paths: ["write", "check"].map(|path| format!("/stores/{}/{path}", args.store)),
            authorization: args.authorization.clone(),
        });
    }
    let started = Since::now();
    let due = Arc::new(Mutex::new(writes(started, WRITES_EACH_SEC * args.secs)));
    let mut workers = Vec::new();
    for mut client in clients {
        let due = Arc::clone(&due);
        let run = args.run;
        workers.push(tokio::spawn(async move {
            let mut micros = Vec::new();
            loop {
                let Some(number) = due.lock().await.recv().await else { return Ok(micros) };
                client.write_and_see(&format!("document:new-{run}-{number}")).await?;
                let seen = started.elapsed().saturating_sub(at(number));
                micros.push(seen.as_micros());
            }
        }));
    }
    let mut micros: Vec<u128> = Vec::new();
    for worker in workers {
        let seen: Result<Vec<u128>, Failure> =
            worker.await.map_err(|error| Failure::new(error.to_string()))?;
        micros.extend(seen?);
    }
    micros.sort_unstable();
    let part = |share: usize| micros.get(micros.len() * share / 100).copied().unwrap_or(0);
    let said = json!({
        "p50_us": u64::try_from(part(50)).unwrap_or(u64::MAX),
        "p99_us": u64::try_from(part(99)).unwrap_or(u64::MAX),
        "writes": micros.len(),
        "secs": started.secs(),
    });
    say::line(&said.to_string());
    Ok(())
}

/// Numbers of writes, each when it is due. They come from a thread: the runtime's own timers are late
/// by up to two milliseconds.
fn writes(started: Since, count: u32) -> mpsc::UnboundedReceiver<u32> {
    let (due, writes) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for number in 0..count {
            std::thread::sleep(at(number).saturating_sub(started.elapsed()));
            if due.send(number).is_err() {
                return;
            }
        }
    });
    writes
}

/// When a write is due.
fn at(number: u32) -> Duration {
    Duration::from_secs(1) * number / WRITES_EACH_SEC
}

struct Client {
    connection: Connection,
    paths: [String; 2],
    authorization: Option<String>,
}

impl Client {
    /// Shares a new object with somebody; returns when a check says so.
    async fn write_and_see(&mut self, object: &str) -> Result<(), Failure> {
        let key = json!({ "object": object, "relation": "viewer", "user": "user:u1" });
        let [write, check] = self.paths.clone();
        self.post(&write, &json!({ "writes": { "tuple_keys": [key] } })).await?;
        let ask = json!({
            "tuple_key": { "object": object, "relation": "view", "user": "user:u1" },
        });
        let since = Since::now();
        while since.elapsed() < SEEN_MAX {
            let answer = self.post(&check, &ask).await?;
            if answer.get("allowed").and_then(Value::as_bool) == Some(true) {
                return Ok(());
            }
        }
        Err(Failure::new("a write is not seen"))
    }

    async fn post(&mut self, path: &str, body: &Value) -> Result<Value, Failure> {
        let authorization = self.authorization.as_deref();
        self.connection.post_json(path, authorization, body.to_string()).await?.answer.json()
    }
}
