//! Wake-ups between nodes: a coalesced NOTIFY, and polling for when one gets lost.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_postgres::Client;

use super::connect::Connector;
use super::wire::Trouble;
use crate::StoreError;
use crate::head::Head;
use crate::sql;
use crate::wake::Wakes;
use counterfoil_oauth::model::{IssuerId, Revision};

/// At most 20 notifications a second: NOTIFY takes a lock of the whole cluster at its commit.
const QUIET: Duration = Duration::from_millis(50);

/// How long a change of another node can go unseen when a notification is lost.
const POLL: Duration = Duration::from_millis(150);

/// Pause before another try to connect.
const RETRY: Duration = Duration::from_secs(1);

/// The channel. A notification says only that some head moved; the table says which.
const LISTEN: &str = "LISTEN counterfoil_heads";
const NOTIFY: &str = "NOTIFY counterfoil_heads";

/// Keeps the local heads fresh and tells the other nodes of local commits, until aborted.
pub(super) async fn run(connector: Connector, wakes: Arc<Wakes>, moved: Arc<Notify>) {
    loop {
        let bell = Arc::new(Notify::new());
        match connector.connect(Some(Arc::clone(&bell))).await {
            Ok(client) => {
                let error = tokio::select! {
                    error = hear(&client, &wakes, &bell) => error,
                    error = tell(&client, &moved) => error,
                };
                tracing::warn!(%error, "the log's wake-up connection failed");
            }
            Err(error) => tracing::warn!(%error, "the log's wake-up connection can't be made"),
        }
        sleep(RETRY).await;
    }
}

/// Reads the heads whenever the bell rings, and now and then. Returns only by failing.
async fn hear(client: &Client, wakes: &Wakes, bell: &Notify) -> StoreError {
    // Behind a pooler that can't LISTEN, polling alone goes on.
    if let Err(error) = client.batch_execute(LISTEN).await {
        tracing::warn!(%error, "the database doesn't let us listen; polling instead");
    }
    let mut poll = interval(POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = bell.notified() => {}
            _ = poll.tick() => {}
        }
        let watched = wakes.watched();
        if !watched.is_empty()
            && let Err(error) = read_heads(client, wakes, &watched).await
        {
            return error.into_store_error();
        }
    }
}

async fn read_heads(client: &Client, wakes: &Wakes, watched: &[Head]) -> Result<(), Trouble> {
    for row in client.query(sql::HEADS, &[]).await? {
        let (iss, revision): (i64, i64) = (row.try_get(0)?, row.try_get(3)?);
        let revision = Revision::new(u64::try_from(revision).unwrap_or(0));
        wakes.publish(Head::Issuer(IssuerId::new(iss)), revision);
    }
    let read = sql::permission::HEAD_REVISION;
    for head in watched {
        let Head::Permissions(iss, store) = head else { continue };
        if let Some(row) = client.query_opt(read, &[&iss.get(), store]).await? {
            let revision: i64 = row.try_get(0)?;
            wakes.publish(*head, Revision::new(u64::try_from(revision).unwrap_or(0)));
        }
    }
    Ok(())
}

/// Tells the other nodes that a head moved. Returns only by failing.
async fn tell(client: &Client, moved: &Notify) -> StoreError {
    let mut quiet = interval(QUIET);
    quiet.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        moved.notified().await;
        quiet.tick().await;
        if let Err(error) = client.batch_execute(NOTIFY).await {
            return Trouble::from(error).into_store_error();
        }
    }
}
