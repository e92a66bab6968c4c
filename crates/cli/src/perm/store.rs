//! `counterfoil perm store`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    api::{ServerArgs, Store, StoreArgs, list, query, text},
    files, model,
    output::OutputArgs,
    table,
};
use crate::{client::Output, failure::Failure, say};

/// How many stores one page of them has: the most that OpenFGA gives.
const PAGE_SIZE: &str = "100";

/// `counterfoil perm store`.
#[derive(Subcommand, Debug)]
pub(super) enum StoreCommand {
    /// Make a store.
    Create(CreateArgs),
    /// Name the stores.
    List(ListArgs),
    /// Look at a store.
    Get(GetArgs),
    /// Delete a store with its models and tuples.
    Delete(DeleteArgs),
}

#[derive(Args, Debug)]
pub(super) struct CreateArgs {
    /// Its name, of 3 to 64 characters.
    name: String,
    /// Write this model into it; again for each file of a model of modules.
    #[arg(long, value_name = "FILE")]
    model_file: Vec<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Args, Debug)]
pub(super) struct ListArgs {
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Args, Debug)]
pub(super) struct GetArgs {
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Args, Debug)]
pub(super) struct DeleteArgs {
    /// Yes, delete it: nothing of it can be had back.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(command: &StoreCommand) -> Result<(), Failure> {
    match command {
        StoreCommand::Create(args) => create(args).await,
        StoreCommand::List(args) => stores(args).await,
        StoreCommand::Get(args) => {
            let store = args.store.open().await?.get("").await?;
            match args.output.chosen() {
                Output::Human => tell(&[store]),
                Output::Json => say::line(&store.to_string()),
            }
            Ok(())
        }
        StoreCommand::Delete(args) => {
            if !args.yes {
                return Err(Failure::usage(
                    "this deletes the store, its models and its tuples for good: add --yes",
                ));
            }
            let store = args.store.open().await?;
            store.server.call(Method::DELETE, &store.path(""), None).await?;
            say::note(&format!("deleted store {}", store.id));
            Ok(())
        }
    }
}

async fn create(args: &CreateArgs) -> Result<(), Failure> {
    // A model that is wrong leaves no empty store behind.
    let model = match &args.model_file[..] {
        [] => None,
        paths => {
            let model = files::model(paths)?;
            model::valid(&model)?;
            Some(model)
        }
    };
    let server = args.server.open().await?;
    let mut store = server.post("/stores", &json!({ "name": args.name })).await?;
    if let Some(model) = model {
        let opened = Store { server, id: text(&store, "id").to_owned() };
        let id = model::write(&opened, &model).await?;
        if let Some(members) = store.as_object_mut() {
            members.insert("authorization_model_id".to_owned(), id.into());
        }
    }
    match args.output.chosen() {
        Output::Json => say::line(&store.to_string()),
        Output::Human => {
            tell(std::slice::from_ref(&store));
            let model_id = text(&store, "authorization_model_id");
            if !model_id.is_empty() {
                say::note(&format!("its model is {model_id}"));
            }
        }
    }
    Ok(())
}

async fn stores(args: &ListArgs) -> Result<(), Failure> {
    let server = args.server.open().await?;
    let mut stores = Vec::new();
    let mut next = String::new();
    loop {
        let fields = [("page_size", PAGE_SIZE), ("continuation_token", next.as_str())];
        let page = server.get(&format!("/stores{}", query(&fields))).await?;
        stores.extend_from_slice(list(&page, "stores"));
        text(&page, "continuation_token").clone_into(&mut next);
        if next.is_empty() {
            break;
        }
    }
    match args.output.chosen() {
        Output::Human => tell(&stores),
        Output::Json => say::line(&json!({ "stores": stores }).to_string()),
    }
    Ok(())
}

fn tell(stores: &[Value]) {
    let row = |store: &Value| {
        ["id", "name", "created_at"].map(|name| text(store, name).to_owned()).to_vec()
    };
    table::tell(&["ID", "NAME", "CREATED"], &stores.iter().map(row).collect::<Vec<_>>());
}
