//! `counterfoil perm tuple`.

mod changes;
mod filter;
mod read;
mod write;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::{
    api::text,
    files::{self, Written},
};
use crate::failure::Failure;

pub(super) use changes::change;
pub(super) use read::Pages;
pub(super) use write::{Odd, write};

/// How many tuples a request writes, and a page holds: the most that OpenFGA takes.
const CHUNK: usize = 100;

/// `counterfoil perm tuple`.
#[derive(Subcommand, Debug)]
pub(super) enum TupleCommand {
    /// Write a tuple, or those of a file.
    Write(write::WriteArgs),
    /// Delete a tuple, or those of a file.
    Delete(write::DeleteArgs),
    /// Delete all tuples that fit. OpenFGA's own server has no such thing.
    DeleteByFilter(filter::DeleteByFilterArgs),
    /// Read what is stored. Nothing is worked out from it.
    Read(read::ReadArgs),
    /// Tell what was written and deleted, the oldest first.
    Changes(changes::ChangesArgs),
}

#[derive(Args, Debug)]
struct WhichArgs {
    /// The user: `user:anne`, `group:eng#member` or `user:*`.
    #[arg(required_unless_present = "file")]
    user: Option<String>,
    /// The relation.
    #[arg(required_unless_present = "file")]
    relation: Option<String>,
    /// The object: `document:budget`.
    #[arg(required_unless_present = "file")]
    object: Option<String>,
    /// A file of tuples: `.json`, `.jsonl`, `.yaml`, `.csv`, or SpiceDB's relationships in `.txt`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["user", "relation", "object"])]
    file: Option<PathBuf>,
}

pub(super) async fn run(command: &TupleCommand) -> Result<(), Failure> {
    match command {
        TupleCommand::Write(args) => write::run(args).await,
        TupleCommand::Delete(args) => write::run_delete(args).await,
        TupleCommand::DeleteByFilter(args) => filter::run_delete(args).await,
        TupleCommand::Read(args) => read::run(args).await,
        TupleCommand::Changes(args) => changes::run(args).await,
    }
}

impl WhichArgs {
    fn tuples(&self) -> Result<Vec<Written>, Failure> {
        if let Some(path) = &self.file {
            return files::written(path);
        }
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let tuple = Written::new(&text(&self.user), &text(&self.relation), &text(&self.object));
        Ok(vec![tuple])
    }
}

/// A number of tuples in words.
pub(super) fn counted(tuples: usize) -> String {
    if tuples == 1 { "1 tuple".to_owned() } else { format!("{tuples} tuples") }
}

fn names(key: &Value) -> Vec<String> {
    ["user", "relation", "object"].map(|name| text(key, name).to_owned()).to_vec()
}

/// The condition of a tuple, and when it ends.
fn condition(key: &Value) -> String {
    let condition = key.get("condition").filter(|condition| !condition.is_null());
    let mut told = condition.map_or_else(String::new, |condition| {
        let context = condition.get("context").filter(|context| context.is_object());
        let context = context.filter(|context| context.as_object().is_some_and(|c| !c.is_empty()));
        match context {
            Some(context) => format!("{} {context}", text(condition, "name")),
            None => text(condition, "name").to_owned(),
        }
    });
    let expires_at = text(key, "expires_at");
    if !expires_at.is_empty() {
        let space = if told.is_empty() { "" } else { " " };
        told = format!("{told}{space}until {expires_at}");
    }
    told
}
