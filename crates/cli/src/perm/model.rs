//! `counterfoil perm model`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use counterfoil_permission::{
    compile::{CheckedModel, Finding, compile_at},
    import::zed,
    language::{self, Positions},
    model::Model,
};
use serde_json::{Value, json};

use super::{
    api::{Store, StoreArgs, list, query, text},
    files,
    output::OutputArgs,
    table,
};
use crate::{client::Output, failure::Failure, say};

/// How many models one page of them has. They may be large.
const PAGE_SIZE: &str = "20";

/// `counterfoil perm model`.
#[derive(Subcommand, Debug)]
pub(super) enum ModelCommand {
    /// Name every problem of a model. Exit code 7: it has some.
    Validate(Files),
    /// Write a model in another form, on standard output.
    Transform(TransformArgs),
    /// Run the tests of `.fga.yaml` files: the same as `perm test`.
    Test(super::test::TestArgs),
    /// Write a model into a store, as its latest version.
    Write(WriteArgs),
    /// Print a model of a store: its latest version, or another.
    Get(GetArgs),
    /// Name the versions of a store's model, the latest first.
    List(ListArgs),
}

#[derive(Args, Debug)]
pub(super) struct Files {
    /// A `.fga`, `.json` or `.zed` file, or all files of a model of modules.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct TransformArgs {
    #[command(flatten)]
    files: Files,
    /// The form to write.
    #[arg(long, value_enum)]
    to: Form,
}

#[derive(Args, Debug)]
pub(super) struct WriteArgs {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Args, Debug)]
pub(super) struct GetArgs {
    /// The version of the model; else the latest.
    #[arg(long, value_name = "ID", env = "FGA_MODEL_ID")]
    model_id: Option<String>,
    /// The form to print.
    #[arg(long, value_enum, default_value_t)]
    to: Form,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Args, Debug)]
pub(super) struct ListArgs {
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// OpenFGA's language.
    #[default]
    Fga,
    /// OpenFGA's JSON.
    Json,
    /// SpiceDB's schema language.
    Zed,
}

pub(super) async fn run(command: &ModelCommand) -> Result<(), Failure> {
    match command {
        ModelCommand::Validate(args) => validate(args),
        ModelCommand::Transform(args) => {
            let model = files::model(&args.files.files)?;
            print(&model, args.to)
        }
        ModelCommand::Test(args) => super::test::run(args),
        ModelCommand::Write(args) => {
            let model = files::model(&args.files.files)?;
            for warning in valid(&model)?.warnings() {
                say::note(&format!("warning: {warning}"));
            }
            let id = write(&args.store.open().await?, &model).await?;
            match args.output.chosen() {
                Output::Human => say::foreign(&id),
                Output::Json => say::line(&json!({ "authorization_model_id": id }).to_string()),
            }
            Ok(())
        }
        ModelCommand::Get(args) => {
            let store = args.store.open().await?;
            let (_, model) = stored(&store, args.model_id.as_deref()).await?;
            print(&model, args.to)
        }
        ModelCommand::List(args) => models(args).await,
    }
}

fn validate(args: &Files) -> Result<(), Failure> {
    let (model, positions) = files::located(&args.files)?;
    let checked = valid_at(&model, &positions)?;
    for warning in checked.warnings() {
        say::note(&format!("warning: {warning}"));
    }
    let relations: usize = model.types.iter().map(|found| found.relations.len()).sum();
    say::foreign(&format!("valid: {} types, {relations} relations", model.types.len()));
    Ok(())
}

fn print(model: &Model, to: Form) -> Result<(), Failure> {
    let text = match to {
        Form::Fga => language::print(model).map_err(Failure::from_display)?,
        Form::Json => language::to_json(model),
        Form::Zed => zed::print(model).map_err(|unsayable| all(&unsayable))?.text().to_owned(),
    };
    say::text(text.trim_end());
    say::line("");
    Ok(())
}

/// All that is wrong, a line each.
pub(super) fn all(wrong: &[impl std::fmt::Display]) -> Failure {
    Failure::config(wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// A model that is valid, or all that is wrong with it.
pub(super) fn valid(model: &Model) -> Result<CheckedModel, Failure> {
    valid_at(model, &Positions::default())
}

/// The same, each told with its place.
fn valid_at(model: &Model, positions: &Positions) -> Result<CheckedModel, Failure> {
    compile_at(model, positions).map_err(|findings| {
        let text = |finding: &Finding| match finding.is_error() {
            true => finding.to_string(),
            false => format!("warning: {finding}"),
        };
        Failure::config(findings.iter().map(text).collect::<Vec<_>>().join("\n"))
    })
}

/// Writes a model into a store and returns its id.
pub(super) async fn write(store: &Store, model: &Model) -> Result<String, Failure> {
    let json: Value =
        serde_json::from_str(&language::to_json(model)).map_err(Failure::from_display)?;
    let written = store.post("/authorization-models", &json).await?;
    Ok(text(&written, "authorization_model_id").to_owned())
}

/// A model of a store, with its id.
pub(super) async fn stored(store: &Store, id: Option<&str>) -> Result<(String, Model), Failure> {
    let found = match id {
        Some(id) => {
            if !id.chars().all(|letter| letter.is_ascii_alphanumeric()) {
                return Err(Failure::usage(format!("`{id}` is no model's id")));
            }
            let answer = store.get(&format!("/authorization-models/{id}")).await?;
            answer.get("authorization_model").cloned()
        }
        None => {
            let page = store.get("/authorization-models?page_size=1").await?;
            list(&page, "authorization_models").first().cloned()
        }
    };
    read(found.ok_or_else(|| {
        Failure::not_found("the store has no model yet: `counterfoil perm model write FILE`")
    })?)
}

/// Reads a model and its id as a server tells them.
pub(super) fn read(mut found: Value) -> Result<(String, Model), Failure> {
    let id = text(&found, "id").to_owned();
    if let Some(members) = found.as_object_mut() {
        members.remove("id");
    }
    let model = language::from_json(&found.to_string())
        .map_err(|error| Failure::failed(format!("model {id} of the server: {error}")))?;
    Ok((id, model))
}

async fn models(args: &ListArgs) -> Result<(), Failure> {
    let store = args.store.open().await?;
    let mut rows = Vec::new();
    let mut next = String::new();
    loop {
        let fields = [("page_size", PAGE_SIZE), ("continuation_token", next.as_str())];
        let page = store.get(&format!("/authorization-models{}", query(&fields))).await?;
        for model in list(&page, "authorization_models") {
            let types: Vec<&str> =
                list(model, "type_definitions").iter().map(|of| text(of, "type")).collect();
            let cell = |name| text(model, name).to_owned();
            rows.push(vec![cell("id"), cell("schema_version"), types.join(", ")]);
        }
        text(&page, "continuation_token").clone_into(&mut next);
        if next.is_empty() {
            break;
        }
    }
    match args.output.chosen() {
        Output::Human => table::tell(&["ID", "SCHEMA", "TYPES"], &rows),
        Output::Json => {
            let ids: Vec<Value> =
                rows.iter().filter_map(|row| row.first()).map(|id| json!({ "id": id })).collect();
            say::line(&json!({ "authorization_models": ids }).to_string());
        }
    }
    Ok(())
}
