//! `counterfoil perm tuple changes`.

use clap::Args;
use serde_json::{Value, json};

use super::{CHUNK, condition, names};
use crate::{
    client::Output,
    failure::Failure,
    perm::{
        api::{StoreArgs, list, query, text},
        output::OutputArgs,
        table,
    },
    say,
};

#[derive(Args, Debug)]
pub(in crate::perm) struct ChangesArgs {
    /// Changes of objects of this type.
    #[arg(long = "type", value_name = "TYPE")]
    type_name: Option<String>,
    /// Changes from this moment on: `2030-01-31T12:00:00Z`.
    #[arg(long, value_name = "MOMENT")]
    start_time: Option<String>,
    /// Changes behind where an earlier call ended, as its JSON tells.
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    continuation_token: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(args: &ChangesArgs) -> Result<(), Failure> {
    let store = args.store.open().await?;
    let mut next = args.continuation_token.clone().unwrap_or_default();
    let mut found = Vec::new();
    loop {
        let size = CHUNK.to_string();
        let fields = [
            ("page_size", size.as_str()),
            ("type", args.type_name.as_deref().unwrap_or_default()),
            ("start_time", args.start_time.as_deref().unwrap_or_default()),
            ("continuation_token", next.as_str()),
        ];
        let page = store.get(&format!("/changes{}", query(&fields))).await?;
        let changes = list(&page, "changes");
        found.extend_from_slice(changes);
        let token = text(&page, "continuation_token");
        // The last page repeats the token, so that asking again tells what is new.
        if !token.is_empty() {
            token.clone_into(&mut next);
        }
        if changes.is_empty() || token.is_empty() {
            break;
        }
    }
    match args.output.chosen() {
        Output::Json => {
            say::line(&json!({ "changes": found, "continuation_token": next }).to_string());
        }
        Output::Human => {
            let rows = found.iter().map(change).collect::<Vec<_>>();
            table::tell(&["TIME", "WHAT", "USER", "RELATION", "OBJECT", "CONDITION"], &rows);
        }
    }
    Ok(())
}

/// A change, cell by cell.
pub(in crate::perm) fn change(change: &Value) -> Vec<String> {
    let none = Value::Null;
    let key = change.get("tuple_key").unwrap_or(&none);
    let what = match text(change, "operation") {
        "TUPLE_OPERATION_DELETE" => "delete",
        "TUPLE_OPERATION_WRITE" => "write",
        other => other,
    };
    let mut row = vec![text(change, "timestamp").to_owned(), what.to_owned()];
    row.extend(names(key));
    row.push(condition(key));
    row
}
