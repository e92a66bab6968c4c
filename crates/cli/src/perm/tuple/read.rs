//! `counterfoil perm tuple read`.

use clap::Args;
use serde_json::{Value, json};

use super::{CHUNK, condition, filter::FilterArgs, names};
use crate::{
    client::Output,
    failure::Failure,
    perm::{
        api::{Store, StoreArgs, list, text},
        output::OutputArgs,
        table,
    },
    say,
};

#[derive(Args, Debug)]
pub(in crate::perm) struct ReadArgs {
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    store: StoreArgs,
}

/// What is stored, page by page.
pub(in crate::perm) struct Pages {
    store: Store,
    request: serde_json::Map<String, Value>,
    ended: bool,
}

impl Pages {
    /// The tuples of a store, or those that fit a key.
    pub(in crate::perm) fn new(store: Store, key: Option<Value>) -> Self {
        let mut request = serde_json::Map::new();
        request.insert("page_size".to_owned(), CHUNK.into());
        request.extend(key.map(|key| ("tuple_key".to_owned(), key)));
        Self { store, request, ended: false }
    }

    /// The next page, `None` behind the last.
    pub(in crate::perm) async fn next(&mut self) -> Result<Option<Vec<Value>>, Failure> {
        if self.ended {
            return Ok(None);
        }
        let page = self.store.post("/read", &Value::from(self.request.clone())).await?;
        let next = text(&page, "continuation_token");
        self.ended = next.is_empty();
        self.request.insert("continuation_token".to_owned(), next.into());
        Ok(Some(list(&page, "tuples").to_vec()))
    }
}

pub(super) async fn run(args: &ReadArgs) -> Result<(), Failure> {
    let store = args.store.open().await?;
    let mut pages = Pages::new(store, args.filter.key());
    let mut tuples = Vec::new();
    while let Some(page) = pages.next().await? {
        tuples.extend(page);
    }
    if args.output.chosen() == Output::Json {
        say::line(&json!({ "tuples": tuples }).to_string());
        return Ok(());
    }
    let none = Value::Null;
    let rows = tuples.iter().map(|tuple| {
        let key = tuple.get("key").unwrap_or(&none);
        let mut row = names(key);
        row.push(condition(key));
        row
    });
    table::tell(&["USER", "RELATION", "OBJECT", "CONDITION"], &rows.collect::<Vec<_>>());
    Ok(())
}
