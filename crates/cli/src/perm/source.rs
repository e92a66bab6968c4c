//! Where a question is answered: from files, or by a server.

use std::{path::PathBuf, sync::Arc};

use clap::Args;

use super::{
    api::{Store, StoreArgs},
    files, model,
    world::World,
};
use crate::failure::Failure;

/// Files, or a store.
#[derive(Args, Clone, Debug)]
pub(super) struct SourceArgs {
    /// Answer from a model in a file (`.fga`, `.json`, `.zed`, `.fga.yaml`): nothing leaves this
    /// machine. Again for each file of a model of modules.
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    model_file: Vec<PathBuf>,
    /// Tuples in a file: `.json`, `.jsonl`, `.yaml`, `.csv`, or SpiceDB's relationships in `.txt`.
    #[arg(long, value_name = "FILE", requires = "model_file", help_heading = "Files")]
    tuples_file: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    /// The version of the model; else the latest.
    #[arg(long, value_name = "ID", env = "FGA_MODEL_ID", help_heading = "Server")]
    model_id: Option<String>,
}

/// Where a question is answered.
pub(super) enum Source {
    Files(World),
    Server(Asked),
}

/// A store, and a version of its model.
pub(super) struct Asked {
    pub(super) store: Store,
    pub(super) model_id: Option<String>,
}

impl SourceArgs {
    pub(super) async fn open(&self) -> Result<Source, Failure> {
        if self.model_file.is_empty() {
            let store = self.store.open().await?;
            return Ok(Source::Server(Asked { store, model_id: self.model_id.clone() }));
        }
        let (model, mut tuples) = files::model_and_tuples(&self.model_file)?;
        for path in &self.tuples_file {
            tuples.extend(files::tuples(path)?);
        }
        let checked = Arc::new(model::valid(&model)?);
        World::new(checked, &tuples).map(Source::Files).map_err(Failure::config)
    }
}
