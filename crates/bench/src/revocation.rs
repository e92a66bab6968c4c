//! How long a revoked token is still accepted: from sending the request to the first 401, at every
//! guard that is connected.

use std::time::Duration;

use clap::Args;
use counterfoil_guard::{Denied, Guard};
use serde_json::{Value, json};

use crate::{
    clock::Since,
    failure::Failure,
    growth::client_credentials,
    guarded,
    http::{Ask, Connection},
    say, world,
};

/// Pause between two revocations: each is news of its own and not a part of a batch.
const PAUSE: Duration = Duration::from_millis(50);

/// How long a guard may take before the run is given up.
const SEEN_MAX: Duration = Duration::from_secs(10);

/// `counterfoil-bench revocation`.
#[derive(Args, Debug)]
pub(crate) struct RevocationArgs {
    /// The issuer's port.
    #[arg(long)]
    port: u16,
    /// Guards that are connected.
    #[arg(long)]
    guards: usize,
    /// Tokens to revoke, one after another.
    #[arg(long)]
    count: usize,
}

pub(crate) async fn run(args: &RevocationArgs) -> Result<(), Failure> {
    let issuer = format!("http://localhost:{}", args.port);
    let mut guards = Vec::with_capacity(args.guards);
    for _ in 0..args.guards {
        guards.push(guarded::connect(&issuer).await?);
    }
    let mut micros = Vec::with_capacity(args.guards * args.count);
    for _ in 0..args.count {
        tokio::time::sleep(PAUSE).await;
        micros.extend(revoke(args.port, &guards).await?);
    }
    micros.sort_unstable();
    let at = |share: usize| micros.get(micros.len() * share / 100).copied().unwrap_or(0);
    let most = micros.last().copied().unwrap_or(0);
    let said = json!({ "p50_us": at(50), "p99_us": at(99), "max_us": most, "seen": micros.len() });
    say::line(&said.to_string());
    Ok(())
}

/// Revokes one token that every guard knows; when each of them saw it, in microseconds.
async fn revoke(port: u16, guards: &[Guard]) -> Result<Vec<u64>, Failure> {
    let service = world::basic("service");
    let mut connection = Connection::open(port).await?;
    let ask = Ask::post("/token", &service, client_credentials("opaque"));
    let tokens = connection.send(ask).await?.json()?;
    let token = tokens.get("access_token").and_then(Value::as_str).unwrap_or_default().to_owned();
    for guard in guards {
        let accepted = guard.check(&token).await;
        accepted.map_err(|denied| Failure::new(format!("a good token is refused: {denied}")))?;
    }
    let form = format!("token={token}");
    let started = Since::now();
    let revoking = tokio::spawn(async move {
        connection.send(Ask::post("/revoke", &service, form)).await.map(|answer| answer.status)
    });
    let mut waiting: Vec<&Guard> = guards.iter().collect();
    let mut seen = Vec::with_capacity(guards.len());
    while !waiting.is_empty() {
        let mut still = Vec::with_capacity(waiting.len());
        for guard in waiting {
            match guard.check(&token).await {
                Ok(_) => still.push(guard),
                Err(Denied::Rejected(_)) => seen.push(micros(started)),
                Err(denied) => return Err(Failure::new(format!("a guard is lost: {denied}"))),
            }
        }
        waiting = still;
        if started.elapsed() > SEEN_MAX {
            return Err(Failure::new(format!("{} guards see no revocation", waiting.len())));
        }
        // Lets the guards' own tasks hear the feed.
        tokio::task::yield_now().await;
    }
    match revoking.await {
        Ok(Ok(200)) => Ok(seen),
        other => Err(Failure::new(format!("the revocation was answered otherwise: {other:?}"))),
    }
}

fn micros(since: Since) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}
