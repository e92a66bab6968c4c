//! Which tuples are meant, and `counterfoil perm tuple delete-by-filter`.

use clap::Args;
use serde_json::{Map, Value, json};

use super::counted;
use crate::{failure::Failure, perm::api::StoreArgs, say};

/// All of a store's tuples, or fewer.
#[derive(Args, Debug)]
pub(super) struct FilterArgs {
    /// Tuples that name this user. It needs an object, or at least a type of objects.
    #[arg(long)]
    user: Option<String>,
    /// Tuples of this relation.
    #[arg(long, requires = "object")]
    relation: Option<String>,
    /// Tuples of this object, or of a type of objects: `document:`.
    #[arg(long)]
    object: Option<String>,
}

#[derive(Args, Debug)]
pub(in crate::perm) struct DeleteByFilterArgs {
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run_delete(args: &DeleteByFilterArgs) -> Result<(), Failure> {
    let key = args.filter.key().ok_or_else(|| {
        Failure::usage("say which tuples: `--object`, and `--relation` or `--user` beside it")
    })?;
    let store = args.store.open().await?;
    let answer = store.post("/delete-by-filter", &json!({ "tuple_key": key })).await?;
    let deleted = answer.get("deleted").and_then(Value::as_u64).unwrap_or_default();
    say::note(&format!("deleted {}", counted(usize::try_from(deleted).unwrap_or(usize::MAX))));
    Ok(())
}

impl FilterArgs {
    /// As requests have it; none for all tuples.
    pub(super) fn key(&self) -> Option<Value> {
        let mut key = Map::new();
        for (name, value) in
            [("user", &self.user), ("relation", &self.relation), ("object", &self.object)]
        {
            key.extend(value.clone().map(|value| (name.to_owned(), value.into())));
        }
        (!key.is_empty()).then(|| key.into())
    }
}
