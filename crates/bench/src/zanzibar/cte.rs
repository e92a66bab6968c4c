//! The plain way to answer with a database: one table, one recursive query written for this model,
//! on PostgreSQL 15.

use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use counterfoil_testing::postgres;
use serde_json::json;
use tokio_postgres::{Client, NoTls, Statement};

use super::{
    check::agree,
    emit::Ids,
    probe::Probe,
    questions::{self, Question},
    world::World,
};
use crate::{clock::Since, failure::Failure, samples::Samples, say};

/// Decisions that are compared.
const COMPARED: usize = 2_000;

/// The user's groups first, then the document and its folders: a few hundred rows at most, each by
/// a primary key or an index.
const QUERY: &str = "
WITH RECURSIVE
  mine (subject) AS (
    VALUES ($2::text)
    UNION
    SELECT t.object || '#member'
    FROM mine JOIN tuple t ON t.subject = mine.subject AND t.relation = 'member'
  ),
  above (object) AS (
    VALUES ($1::text)
    UNION
    SELECT t.subject
    FROM above JOIN tuple t ON t.object = above.object AND t.relation = 'parent'
  )
SELECT EXISTS (
    SELECT 1 FROM above JOIN tuple t ON t.object = above.object
    WHERE t.relation IN ('viewer', 'owner')
      AND (t.subject = 'user:*' OR t.subject IN (SELECT subject FROM mine))
  ) AND NOT EXISTS (
    SELECT 1 FROM tuple t WHERE t.object = $1 AND t.relation = 'banned' AND t.subject = $2
  )";

const TABLE: &str = "
CREATE TABLE tuple (object text NOT NULL, relation text NOT NULL, subject text NOT NULL)";

const INDEXES: &str = "
ALTER TABLE tuple ADD PRIMARY KEY (object, relation, subject);
CREATE INDEX ON tuple (subject, relation, object)";

/// `counterfoil-bench zanzibar cte`.
#[derive(Args, Debug)]
pub(crate) struct CteArgs {
    /// The size of the world.
    #[arg(long)]
    tuples: u32,
    /// How many questions.
    #[arg(long)]
    questions: usize,
    /// How often it is measured.
    #[arg(long)]
    runs: u32,
    /// Seconds of one measurement.
    #[arg(long)]
    secs: u32,
    /// A directory for the world's rows.
    #[arg(long)]
    scratch: PathBuf,
}

pub(super) async fn run(args: &CteArgs) -> Result<(), Failure> {
    let world = World::new(args.tuples);
    let questions = questions::ask(&world, &Probe::new(&world), args.questions);
    let server = database();
    load(&server, &world, &args.scratch)?;
    let (client, connection) = tokio_postgres::connect(&server.url("zb1"), NoTls).await?;
    let connected = tokio::spawn(connection);
    let statement = client.prepare(QUERY).await?;
    let mut decisions = Vec::with_capacity(COMPARED);
    for question in questions.iter().take(COMPARED) {
        decisions.push(allows(&client, &statement, question).await?);
    }
    let digest = agree("the recursive query", &questions, &decisions)?;
    let mut samples = Samples::default();
    let mut asking = questions.iter().cycle();
    for run in 0..args.runs {
        let started = Since::now();
        let mut done = 0_u32;
        while started.secs() < f64::from(args.secs) {
            let Some(question) = asking.next() else { break };
            std::hint::black_box(allows(&client, &statement, question).await?);
            done += 1;
        }
        let rate = f64::from(done) / started.secs();
        say::note(&format!("run {run}: recursive query {rate:.0}/s"));
        let detail = json!({ "decisions": digest, "compared": decisions.len() });
        samples.detailed("permission-cte", run, rate, detail);
    }
    connected.abort();
    say::line(&serde_json::to_string(&samples)?);
    Ok(())
}

async fn allows(
    client: &Client,
    statement: &Statement,
    question: &Question,
) -> Result<bool, Failure> {
    let document = Ids::Short.document(question.document);
    let user = Ids::Short.user(question.user);
    Ok(client.query_one(statement, &[&document, &user]).await?.try_get(0)?)
}

/// A server with a cache that the world fits into.
pub(super) fn database() -> postgres::Server {
    let server = postgres::Server::start();
    server.sql("postgres", "ALTER SYSTEM SET shared_buffers = '2GB'");
    server.sql("postgres", "ALTER SYSTEM SET max_wal_size = '8GB'");
    // Only loading writes, and only reading is measured.
    server.sql("postgres", "ALTER SYSTEM SET fsync = off");
    server.kill();
    server.restart();
    server.sql("postgres", "CREATE DATABASE zb1");
    server
}

fn load(
    server: &postgres::Server,
    world: &World,
    scratch: &std::path::Path,
) -> Result<(), Failure> {
    let started = Since::now();
    let mut rows = String::new();
    for edge in &world.edges {
        let (object, relation, subject) = Ids::Short.row(edge);
        // Writing to a string can't fail.
        let _written = writeln!(rows, "{object}\t{relation}\t{subject}");
    }
    let file = scratch.join("tuples.copy");
    std::fs::write(&file, rows)?;
    server.sql("zb1", TABLE);
    server.sql("zb1", &format!("\\copy tuple from '{}'", file.display()));
    server.sql("zb1", INDEXES);
    server.sql("zb1", "VACUUM ANALYZE tuple");
    std::fs::remove_file(&file)?;
    say::note(&format!("PostgreSQL has the world: {:.1} s", started.secs()));
    Ok(())
}
