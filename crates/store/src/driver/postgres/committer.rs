//! The one committer of this node on PostgreSQL.
//!
//! A group is one transaction and, when nothing conflicts, three round trips: begin and take the
//! heads; all statements of all requests at once, as if all succeed; commit. A request that fails
//! is rolled back to its savepoint, which undoes it and all after it, and those run again.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};
use tokio_postgres::{Client, Statement};

use super::connect::{self, Connector};
use super::wire::{Trouble, call, in_order};
use crate::group::{Group, Job, MAX_GROUP, expected};
use crate::options::Clock;
use crate::value::{Outcome, Value};
use crate::wake::Wakes;
use crate::{CommitError, StoreError};

/// More than all fixed texts and the usual shapes of guards; then the server's copies are dropped
/// with the connection's cache.
const PREPARED_STATEMENTS: usize = 512;

/// How often a group is tried when the connection breaks, a node of ours deadlocks with this one,
/// or the server fails over.
const ATTEMPTS: usize = 3;

/// How long the outcome of a broken commit is looked for. A fail-over takes about 20 s.
const PATIENCE: Duration = Duration::from_secs(40);

/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// A dead client's transaction ends soon, so that its locks don't hold the others for long.
const SESSION: &str = "SET idle_in_transaction_session_timeout = '10s'; \
     SET lock_timeout = '10s'; SET statement_timeout = '30s'";

const PUT_COMMITTER: &str = "INSERT INTO committers (committer, last_group, seen_at) \
     VALUES ($1, $2, $3) ON CONFLICT (committer) DO UPDATE SET \
     last_group = excluded.last_group, seen_at = excluded.seen_at";
const FORGET_COMMITTERS: &str = "DELETE FROM committers WHERE seen_at < $1";
/// Writes the row to wait for whoever still holds it: the connection that broke.
const LAST_GROUP: &str = "UPDATE committers SET last_group = last_group \
     WHERE committer = $1 RETURNING last_group";

/// Rows of committers that were last seen so many seconds ago are forgotten.
const KEEP_COMMITTERS_SECS: i64 = 7 * 86_400;

/// Why a transaction as a whole failed.
enum Failure {
    /// Before its commit was sent: nothing was written.
    Before(Trouble),
    /// While its commit was on the way.
    During(String),
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::Before(trouble)
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Before(error.into())
    }
}

type Call<'a> = Pin<Box<dyn Future<Output = Result<Outcome, Trouble>> + Send + 'a>>;

pub(super) struct Committer {
    connector: Connector,
    clock: Clock,
    wakes: Arc<Wakes>,
    /// Rung when a head moved.
    moved: Arc<Notify>,
    /// This committer's name in the database: unlike any other's.
    name: i64,
    groups: i64,
    link: Option<Link>,
}

/// A connection and what is prepared on it.
struct Link {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl Committer {
    pub(super) fn new(
        connector: Connector,
        clock: Clock,
        wakes: Arc<Wakes>,
        moved: Arc<Notify>,
    ) -> Self {
        // Hash seeds are random per instance, which is all that a name needs.
        let name = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), "committer");
        let name = i64::try_from(name >> 1).unwrap_or(0);
        Self { connector, clock, wakes, moved, name, groups: 0, link: None }
    }

    /// Commits whatever queued while the previous commit ran, until the store is dropped.
    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut taken = Vec::with_capacity(MAX_GROUP);
        while jobs.recv_many(&mut taken, MAX_GROUP).await > 0 {
            let mut group = Group::new(std::mem::take(&mut taken));
            match self.commit(&mut group).await {
                Ok(()) => {
                    if group.succeed(&self.wakes) {
                        self.moved.notify_one();
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "a group of writes failed");
                    group.fail(&error);
                }
            }
        }
    }

    /// Commits a group, more than once if need be: only when it is sure that nothing was written.
    async fn commit(&mut self, group: &mut Group) -> Result<(), StoreError> {
        let mut last = super::super::stopped();
        for _ in 0..ATTEMPTS {
            group.reset();
            self.groups = self.groups.saturating_add(1);
            let failure = match self.transact(group).await {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            self.link = None;
            last = match failure {
                Failure::Before(Trouble::Transient(why)) => StoreError::Unavailable(why),
                Failure::Before(trouble) => return Err(trouble.into_store_error()),
                Failure::During(why) => match timeout(PATIENCE, self.was_committed()).await {
                    Ok(true) => return Ok(()),
                    Ok(false) => StoreError::Unavailable(why),
                    Err(_) => return Err(StoreError::Unknown(why)),
                },
            };
        }
        Err(last)
    }

    /// Looks up whether the last group was committed.
    async fn was_committed(&mut self) -> bool {
        let name = self.name;
        loop {
            if let Ok(link) = self.link().await
                && let Ok(row) = link.client.query_one(LAST_GROUP, &[&name]).await
                && let Ok(last) = row.try_get::<_, i64>(0)
            {
                return last == self.groups;
            }
            self.link = None;
            sleep(PAUSE).await;
        }
    }

    /// The connection, made anew if it broke. Its server is checked each time: after a fail-over it
    /// is another one.
    async fn link(&mut self) -> Result<&mut Link, Failure> {
        if self.link.as_ref().is_none_or(|link| link.client.is_closed()) {
            let store = |error| Failure::Before(Trouble::Store(error));
            let client = self.connector.connect(None).await.map_err(|error| match error {
                StoreError::Unavailable(why) => Failure::Before(Trouble::Transient(why)),
                other => store(other),
            })?;
            connect::check_server(&client).await.map_err(store)?;
            client.batch_execute(SESSION).await?;
            let now = self.clock.now().as_secs();
            let born = "INSERT INTO committers (committer, last_group, seen_at) VALUES ($1, 0, $2) \
                 ON CONFLICT (committer) DO NOTHING";
            client.execute(born, &[&self.name, &now]).await?;
            client.execute(FORGET_COMMITTERS, &[&(now - KEEP_COMMITTERS_SECS)]).await?;
            self.link = Some(Link { client, statements: HashMap::new() });
        }
        self.link.as_mut().ok_or_else(|| Failure::During("no connection".to_owned()))
    }

    async fn transact(&mut self, group: &mut Group) -> Result<(), Failure> {
        let (name, number, now) = (self.name, self.groups, self.clock.now().as_secs());
        let link = self.link().await?;
        link.prepare(group).await?;
        link.take_heads(group).await?;
        let mut from = 0;
        // Each round but the last ends at one failed request, so there are at most as many.
        while let Some(failed) = link.round(group, from, (name, number, now)).await? {
            let savepoint = format!("ROLLBACK TO SAVEPOINT s{failed}");
            link.client.batch_execute(&savepoint).await?;
            from = failed + 1;
        }
        match link.client.batch_execute("COMMIT").await {
            Ok(()) => Ok(()),
            Err(error) => Err(Failure::During(Trouble::from(error).into_store_error().to_string())),
        }
    }
}

impl Link {
    /// Prepares, in one round trip, what the group needs and this connection lacks.
    async fn prepare(&mut self, group: &Group) -> Result<(), Trouble> {
        if self.statements.len() > PREPARED_STATEMENTS {
            self.statements.clear();
        }
        let mut texts: HashSet<&str> = [PUT_COMMITTER].into();
        texts.extend(group.needed().iter().flat_map(|head| [head.take(), head.put()]));
        for index in 0..group.len() {
            texts.extend(group.steps(index).iter().map(|step| step.sql.as_ref()));
        }
        texts.retain(|text| !self.statements.contains_key(*text));
        let texts: Vec<&str> = texts.into_iter().collect();
        let client = &self.client;
        let prepared = in_order(texts.iter().map(|text| client.prepare(text)).collect()).await;
        for (text, statement) in texts.into_iter().zip(prepared) {
            self.statements.insert(text.to_owned(), statement?);
        }
        Ok(())
    }

    fn statement(&self, text: &str) -> Result<&Statement, Trouble> {
        let missing =
            || Trouble::Store(StoreError::Engine("a statement isn't prepared".to_owned()));
        self.statements.get(text).ok_or_else(missing)
    }

    /// Begins, and locks the heads in the one order that all nodes keep.
    async fn take_heads(&self, group: &mut Group) -> Result<(), Trouble> {
        let heads = group.needed();
        let params: Vec<Vec<Value>> = heads.iter().map(|head| head.params()).collect();
        // READ COMMITTED: each statement after the lock sees all that earlier holders committed.
        let mut calls = vec![self.control("BEGIN ISOLATION LEVEL READ COMMITTED".to_owned())];
        for (head, params) in heads.iter().zip(&params) {
            calls.push(Box::pin(call(&self.client, self.statement(head.take())?, params)));
        }
        let mut results = in_order(calls).await.into_iter();
        results.next().transpose()?;
        for (head, outcome) in heads.into_iter().zip(results) {
            group.found_head(head, &outcome?.rows);
        }
        Ok(())
    }

    /// Sends all requests from one on, as if all succeed, and the heads after them. Returns the
    /// first that failed.
    async fn round(
        &self,
        group: &mut Group,
        from: usize,
        (name, number, now): (i64, i64, i64),
    ) -> Result<Option<usize>, Failure> {
        let mut heads = group.heads();
        let mut sent = Vec::new();
        for index in from..group.len() {
            if group.ready(index, &heads, now) {
                group.advance(index, &mut heads);
                sent.push(index);
            }
        }
        let moved: Vec<(&str, Vec<Value>)> = group
            .moved(&heads)
            .into_iter()
            .map(|(head, by)| (head.put(), head.params_to_put(by)))
            .collect();
        let mark = [Value::Int(name), Value::Int(number), Value::Int(now)];
        let mut calls: Vec<Call<'_>> = Vec::new();
        for index in &sent {
            calls.push(self.control(format!("SAVEPOINT s{index}")));
            for step in group.steps(*index) {
                let statement = self.statement(&step.sql)?;
                calls.push(Box::pin(call(&self.client, statement, &step.params)));
            }
        }
        for (put, params) in &moved {
            calls.push(Box::pin(call(&self.client, self.statement(put)?, params)));
        }
        calls.push(Box::pin(call(&self.client, self.statement(PUT_COMMITTER)?, &mark)));
        let mut results = in_order(calls).await.into_iter();
        for index in sent {
            results.next().transpose()?;
            let result = request(group, index, &mut results)?;
            let failed = result.is_err();
            group.judge(index, result);
            if failed {
                return Ok(Some(index));
            }
        }
        for own in results {
            own?;
        }
        Ok(None)
    }

    fn control(&self, text: String) -> Call<'_> {
        Box::pin(async move {
            self.client.batch_execute(&text).await?;
            Ok(Outcome::default())
        })
    }
}

/// Holds the results of one request against what was expected. The outer error ends the
/// transaction.
fn request(
    group: &Group,
    index: usize,
    results: &mut impl Iterator<Item = Result<Outcome, Trouble>>,
) -> Result<Result<Vec<Outcome>, CommitError>, Failure> {
    let mut outcomes = Vec::new();
    for step in group.steps(index) {
        let lost = || Trouble::Store(StoreError::Engine("a result is missing".to_owned()));
        let result = match results.next().ok_or_else(lost)? {
            Ok(outcome) => Ok(outcome),
            Err(trouble) => {
                Err(trouble.of_request().map_err(|why| Failure::Before(Trouble::Transient(why)))?)
            }
        };
        match expected(step, result) {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(outcomes))
}
