//! A large permission store: imported, opened by a server, and opened again.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    emit::Ids,
    import::{Imported, import},
    memory, product,
    world::{Kind, Relation, Subject, World},
};
use crate::{
    clock::Since,
    failure::Failure,
    http::{Ask, Connection},
    process,
    report::Settings,
    samples::Samples,
    say,
    servers::{Places, Server},
};

/// How long a server may take to have everything in memory, the first time from the rows.
const LOADED_MAX: Duration = Duration::from_secs(300);

/// The counter of questions that were answered from the database.
const BACKED: &str = "counterfoil_permission_backed_questions_total";

/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Questions that are asked while a server loads.
const ASKED: usize = 1_000;

/// Loads of the snapshot: fewer than runs, for each takes long.
const LOADS_MAX: u32 = 3;

/// `counterfoil-bench zanzibar lay`.
#[derive(Args, Debug)]
pub(crate) struct LayArgs {
    /// The size of the world.
    #[arg(long)]
    tuples: u32,
    /// The database.
    #[arg(long)]
    database: PathBuf,
    /// Whose it is.
    #[arg(long)]
    issuer: String,
    /// Where a snapshot of the same world goes.
    #[arg(long)]
    snapshot: PathBuf,
}

/// What was laid.
#[derive(Debug, Serialize, Deserialize)]
struct Laid {
    store: String,
    model: String,
    rate: f64,
    ids: usize,
    /// Documents and their owners, who may view them.
    owners: Vec<(String, String)>,
}

pub(super) async fn lay(args: &LayArgs) -> Result<(), Failure> {
    let world = World::new(args.tuples);
    let Imported { store, model, rate } =
        import(&args.database, &args.issuer, (&world, Ids::Uuid)).await?;
    memory::write(&world, &args.snapshot)?;
    let laid = Laid {
        store: store.to_string(),
        model: model.to_string(),
        rate,
        ids: memory::ids(&world),
        owners: owners(&world),
    };
    say::line(&serde_json::to_string(&laid)?);
    Ok(())
}

fn owners(world: &World) -> Vec<(String, String)> {
    let banned = world.edges.iter().filter(|edge| edge.relation == Relation::Banned);
    let banned: HashSet<_> = banned.map(|edge| (edge.object, edge.subject)).collect();
    let of_documents = world.edges.iter().filter(|edge| {
        edge.relation == Relation::Owner
            && edge.object.kind == Kind::Document
            && matches!(edge.subject, Subject::User(_))
            && !banned.contains(&(edge.object, edge.subject))
    });
    let names =
        of_documents.map(|edge| (Ids::Uuid.object(edge.object), Ids::Uuid.subject(edge.subject)));
    names.take(ASKED).collect()
}

/// Import, snapshot, memory, restart.
pub(super) async fn measure(
    places: &Places,
    settings: &Settings,
    tuples: u32,
    samples: &mut Samples,
) -> Result<(), Failure> {
    let ground = product::Ground::new(places, "restart")?;
    let snapshot = places.scratch.join("world.snapshot");
    let args = [
        ("--tuples", tuples.to_string()),
        ("--database", ground.database().display().to_string()),
        ("--issuer", ground.issuer()),
        ("--snapshot", snapshot.display().to_string()),
    ];
    let args = args.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
    let args: Vec<String> =
        ["zanzibar", "lay"].map(str::to_owned).into_iter().chain(args).collect();
    let cpus = format!("{},{}", places.server_cpu, places.load_cpu);
    let laid: Laid = serde_json::from_str(&process::output(&cpus, &places.bench, &args)?)?;
    samples.detailed("permission-import", 0, laid.rate, json!({ "tuples": tuples }));
    for run in 0..settings.runs.min(LOADS_MAX) {
        let args = ["zanzibar", "load", "--file", &snapshot.display().to_string()];
        let rest = ["--ids", &laid.ids.to_string(), "--run", &run.to_string()];
        let args: Vec<String> = args.iter().chain(&rest).map(|arg| (*arg).to_owned()).collect();
        let said = process::output(&places.server_cpu, &places.bench, &args)?;
        samples.merge(serde_json::from_str(&said)?);
    }
    std::fs::remove_file(&snapshot)?;
    let (server, _) = open(&ground, &laid, "from its rows").await?;
    written(&ground.snapshot(&laid.store)).await?;
    server.running.stop();
    let (server, opened) = open(&ground, &laid, "again").await?;
    samples.detailed("permission-reopen", 0, opened.loaded_ms, opened.detail());
    server.running.stop();
    Ok(())
}

/// Waits until the server has written its snapshot, which it does in its own time.
async fn written(snapshot: &Path) -> Result<(), Failure> {
    let since = Since::now();
    while !snapshot.exists() {
        if since.elapsed() > LOADED_MAX {
            return Err(Failure::new("the server does not write its snapshot"));
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// How a server opened.
struct Opened {
    first_ms: f64,
    loaded_ms: f64,
    /// Questions that were answered from the database until everything was in memory.
    meanwhile: u64,
}

impl Opened {
    fn detail(&self) -> Value {
        json!({ "first_answer_ms": self.first_ms, "answers_meanwhile": self.meanwhile })
    }
}

/// Starts the server and asks, one question after the other, until everything is in memory. Every
/// answer must be right.
async fn open(
    ground: &product::Ground<'_>,
    laid: &Laid,
    how: &str,
) -> Result<(Server, Opened), Failure> {
    let since = Since::now();
    let server = ground.start().await?;
    let mut api = ground.open((&laid.store, &laid.model)).await?;
    let mut management = Connection::open(server.port.saturating_add(1)).await?;
    let path = api.path("check");
    let mut opened = Opened { first_ms: 0.0, loaded_ms: 0.0, meanwhile: 0 };
    for (object, user) in laid.owners.iter().cycle() {
        let key = json!({ "object": object, "relation": "view", "user": user });
        let answer = api.post(&path, &json!({ "tuple_key": key })).await?;
        if answer.get("allowed").and_then(Value::as_bool) != Some(true) {
            return Err(Failure::new(format!("while the server opens: {answer}")));
        }
        if opened.first_ms == 0.0 {
            opened.first_ms = since.secs() * 1e3;
        }
        let from_database = backed(&mut management).await?;
        if from_database == opened.meanwhile {
            break;
        }
        opened.meanwhile = from_database;
        if since.elapsed() > LOADED_MAX {
            return Err(Failure::new("the server does not have its world in memory"));
        }
        tokio::time::sleep(PAUSE).await;
    }
    opened.loaded_ms = since.secs() * 1e3;
    say::note(&format!("opened {how}: {:.0} ms {}", opened.loaded_ms, opened.detail()));
    Ok((server, opened))
}

/// How many questions the server says it has answered from the database.
async fn backed(management: &mut Connection) -> Result<u64, Failure> {
    let answer = management.send(Ask::get("/metrics")).await?;
    let text = String::from_utf8_lossy(&answer.body);
    let line = text.lines().find(|line| line.starts_with(BACKED));
    let count = line.and_then(|line| line.split(' ').next_back()).unwrap_or_default();
    Ok(count.parse()?)
}
