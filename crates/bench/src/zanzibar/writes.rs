//! Durable writes: many clients at once, each waiting for its own before it sends the next.

use std::path::PathBuf;

use clap::Args;
use counterfoil_permission::tuple::Tuple;
use counterfoil_store::{
    SqliteOptions, Store,
    permission::{PermissionDb, PermissionStoreId, WriteTuples},
};
use serde_json::json;

use super::import::lay;
use crate::{clock::Since, failure::Failure, samples::Samples, say};

/// Clients at once.
const CLIENTS: u32 = 64;

/// `counterfoil-bench zanzibar writes`.
#[derive(Args, Debug)]
pub(crate) struct WritesArgs {
    /// How often it is measured.
    #[arg(long)]
    runs: u32,
    /// Seconds of one measurement.
    #[arg(long)]
    secs: u32,
    /// A directory for the database.
    #[arg(long)]
    scratch: PathBuf,
}

pub(super) async fn run(args: &WritesArgs) -> Result<(), Failure> {
    let file = args.scratch.join("writes.db");
    let store = Store::open_sqlite(&file, SqliteOptions::default()).await?;
    let (permissions, id, _) = lay((&store, "https://id.bench.example"), 0).await?;
    let mut samples = Samples::default();
    for run in 0..args.runs {
        let started = Since::now();
        let mut clients = Vec::new();
        for client in 0..CLIENTS {
            let (permissions, secs) = (permissions.clone(), args.secs);
            let name = format!("document:{run}-{client}");
            clients.push(tokio::spawn(async move {
                let mut done = 0_u32;
                while started.secs() < f64::from(secs) {
                    write(&permissions, id, &format!("{name}-{done}")).await?;
                    done += 1;
                }
                Ok::<u32, Failure>(done)
            }));
        }
        let mut done = 0;
        for client in clients {
            done += client.await.map_err(|error| Failure::new(error.to_string()))??;
        }
        let rate = f64::from(done) / started.secs();
        say::note(&format!("run {run}: {rate:.0} durable writes/s, {CLIENTS} clients"));
        samples.detailed("permission-writes", run, rate, json!({ "writes": done }));
    }
    say::line(&serde_json::to_string(&samples)?);
    Ok(())
}

async fn write(
    permissions: &PermissionDb,
    id: PermissionStoreId,
    object: &str,
) -> Result<(), Failure> {
    let tuple = Tuple::parse(object, "viewer", "user:u1");
    let writes = vec![tuple.map_err(|error| Failure::new(error.to_string()))?];
    let written = permissions.write_tuples(id, WriteTuples { writes, ..WriteTuples::default() });
    written.await.map_err(|error| Failure::new(error.to_string()))?;
    Ok(())
}
