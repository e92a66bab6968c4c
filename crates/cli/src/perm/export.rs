//! `counterfoil perm export`: a store's model and tuples, as files that `import` and OpenFGA's tools
//! read.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use counterfoil_permission::{language, model::Model};
use serde_json::{Value, json};

use super::{
    api::{StoreArgs, text},
    bulk::Outgoing,
    model, tuple,
};
use crate::{failure::Failure, say};

/// `counterfoil perm export`.
#[derive(Args, Debug)]
pub(super) struct ExportArgs {
    /// A file that ends in `.yaml`, for all in one; or a directory, made if it isn't there.
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Replace what is there.
    #[arg(long)]
    force: bool,
    /// The version of the model; else the latest.
    #[arg(long, value_name = "ID", env = "FGA_MODEL_ID")]
    model_id: Option<String>,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(args: &ExportArgs) -> Result<(), Failure> {
    let store = args.store.open().await?;
    let name = json!(text(&store.get("").await?, "name"));
    let mut from = Outgoing::open(&store).await?;
    let (_, model) = match (&args.model_id, from.take_model()) {
        (None, Some(model)) => model::read(model)?,
        (id, _) => model::stored(&store, id.as_deref()).await?,
    };
    let (ending, text) = said(&model);
    let whole = args.path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let count = if whole {
        let model: String = text.lines().map(indented).collect();
        let mut out = args.file(&args.path)?;
        out.write(&format!("name: {name}\nmodel: |\n{model}tuples:\n"))?;
        tuples(from, &mut out, "  ").await?
    } else {
        fs::create_dir_all(&args.path).map_err(|error| failed(&args.path, &error))?;
        let file = |name: &str| args.file(&args.path.join(name));
        let model_file = format!("model.{ending}");
        file(&model_file)?.end(&text)?;
        let head = format!("name: {name}\nmodel_file: {model_file}\ntuple_file: tuples.yaml\n");
        file("store.fga.yaml")?.end(&head)?;
        tuples(from, &mut file("tuples.yaml")?, "").await?
    };
    let (tuples, path) = (tuple::counted(count), args.path.display());
    say::note(&format!("exported the model and {tuples} to {path}"));
    Ok(())
}

/// The model in the language, or as JSON if the language can't say it.
fn said(model: &Model) -> (&'static str, String) {
    match language::print(model) {
        Ok(text) => ("fga", text),
        Err(_) => ("json", language::to_json(model)),
    }
}

fn indented(line: &str) -> String {
    if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }
}

/// Writes a store's tuples, a line each: JSON, which YAML takes as it is.
async fn tuples(mut from: Outgoing, out: &mut Out, before: &str) -> Result<usize, Failure> {
    let mut count = 0_usize;
    while let Some(found) = from.next().await? {
        for tuple in found {
            let line: Value = json!(tuple);
            out.write(&format!("{before}- {line}\n"))?;
            count = count.saturating_add(1);
        }
    }
    if count == 0 {
        out.write(&format!("{before}[]\n"))?;
    }
    out.end("")?;
    Ok(count)
}

impl ExportArgs {
    fn file(&self, path: &Path) -> Result<Out, Failure> {
        let mut options = File::options();
        options.write(true);
        match self.force {
            true => options.create(true).truncate(true),
            false => options.create_new(true),
        };
        let file = options.open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Failure::conflict(format!("{} is there: --force replaces it", path.display()))
            }
            _ => failed(path, &error),
        })?;
        Ok(Out { path: path.to_owned(), file: BufWriter::new(file) })
    }
}

/// A file that is being written.
struct Out {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Out {
    fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.file.write_all(text.as_bytes()).map_err(|error| failed(&self.path, &error))
    }

    /// Writes the last of it.
    fn end(&mut self, text: &str) -> Result<(), Failure> {
        self.write(text)?;
        self.file.flush().map_err(|error| failed(&self.path, &error))
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("{}: {error}", path.display()))
}
