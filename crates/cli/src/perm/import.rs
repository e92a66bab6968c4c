//! `counterfoil perm import`: a model and tuples into a store.

use std::path::PathBuf;

use clap::Args;
use counterfoil_permission::{model::Model, tuple::Tuple};
use serde_json::json;

use super::{
    api::{Server, ServerArgs, Store, StoreArgs, text},
    bulk::{Incoming, Outgoing},
    files::{self, Written},
    model,
    output::OutputArgs,
};
use crate::{client::Output, failure::Failure, say};

/// What a new store is called where nothing says how.
const NAME: &str = "imported";

/// `counterfoil perm import`.
#[derive(Args, Debug)]
pub(super) struct ImportArgs {
    /// What to import: `.fga.yaml`, SpiceDB's validation `.yaml`, or a model (`.fga`, `.json`,
    /// `.zed`); or all files of a model of modules.
    #[arg(value_name = "FILE", required_unless_present = "from_store_id")]
    files: Vec<PathBuf>,
    /// Tuples in files: `.json`, `.jsonl`, `.yaml`, `.csv`, or SpiceDB's relationships in `.txt`.
    #[arg(long, value_name = "FILE", requires = "files")]
    tuples_file: Vec<PathBuf>,
    /// The server of the store to import from.
    #[arg(long, value_name = "URL", requires = "from_store_id", conflicts_with = "files")]
    from_api_url: Option<String>,
    /// The store to import from, with its latest model.
    #[arg(long, value_name = "ID", requires = "from_api_url")]
    from_store_id: Option<String>,
    /// A token for the server to import from.
    #[arg(long, value_name = "TOKEN", requires = "from_api_url", hide_env_values = true)]
    #[arg(env = "COUNTERFOIL_FROM_TOKEN")]
    from_token: Option<String>,
    /// Import into a new store of this name, whatever `--store-id` says; without both, into one
    /// named as the file says.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    store: StoreArgs,
}

/// Where tuples come from.
enum Tuples {
    Files(Vec<Written>),
    Store(Outgoing),
}

pub(super) async fn run(args: &ImportArgs) -> Result<(), Failure> {
    let (name, model, tuples) = source(args).await?;
    // What is wrong leaves no half-filled store behind.
    let checked = model::valid(&model)?;
    if let Tuples::Files(tuples) = &tuples {
        let refuse = |tuple: &Tuple| checked.allows(tuple).err().map(|why| (tuple.clone(), why));
        let refused = files::parsed(tuples).map_err(Failure::config)?.iter().find_map(refuse);
        if let Some((tuple, why)) = refused {
            return Err(Failure::config(format!("`{tuple}`: {why}")));
        }
    }
    let store = target(args, name).await?;
    let model_id = model::write(&store, &model).await?;
    say::note(&format!("wrote model {model_id} into store {}", store.id));
    let tuples = match tuples {
        Tuples::Files(tuples) => {
            let mut into = Incoming::open(&store, Some(tuples.len())).await?;
            into.push(&tuples).await?;
            into.finish().await?
        }
        Tuples::Store(mut from) => {
            let mut into = Incoming::open(&store, None).await?;
            while let Some(tuples) = from.next().await? {
                into.push(&tuples).await?;
            }
            into.finish().await?
        }
    };
    match args.output.chosen() {
        Output::Human => say::foreign(&store.id),
        Output::Json => {
            let told = json!({
                "store_id": store.id, "authorization_model_id": model_id, "tuples": tuples
            });
            say::line(&told.to_string());
        }
    }
    Ok(())
}

/// What is imported, and the name of its store if it has one.
async fn source(args: &ImportArgs) -> Result<(Option<String>, Model, Tuples), Failure> {
    if let (Some(url), Some(id)) = (&args.from_api_url, &args.from_store_id) {
        let server = Server::at(url, args.from_token.clone())?;
        let from = Store { server, id: id.clone() };
        let name = text(&from.get("").await?, "name").to_owned();
        let mut tuples = Outgoing::open(&from).await?;
        let (_, model) = match tuples.take_model() {
            Some(model) => model::read(model)?,
            None => model::stored(&from, None).await?,
        };
        return Ok((Some(name), model, Tuples::Store(tuples)));
    }
    let (name, model, mut tuples) = files::named_model_and_tuples(&args.files)?;
    for path in &args.tuples_file {
        tuples.extend(files::tuples(path)?);
    }
    Ok((name, model, Tuples::Files(tuples.iter().map(Written::of).collect())))
}

async fn target(args: &ImportArgs, name: Option<String>) -> Result<Store, Failure> {
    if args.name.is_none() && args.store.store_id.is_some() {
        return args.store.open().await;
    }
    let name = args.name.clone().or(name).unwrap_or_else(|| NAME.to_owned());
    create(&args.store.server, &name).await
}

async fn create(server: &ServerArgs, name: &str) -> Result<Store, Failure> {
    let server = server.open().await?;
    let store = server.post("/stores", &json!({ "name": name })).await?;
    Ok(Store { server, id: text(&store, "id").to_owned() })
}
