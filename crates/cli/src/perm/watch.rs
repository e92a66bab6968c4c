//! `counterfoil perm watch`: what changes in a store, as it changes.

use clap::Args;
use reqwest::Method;
use serde_json::Value;

use super::{
    api::{Store, StoreArgs, list, query, text},
    lines::Lines,
    output::OutputArgs,
    tuple,
};
use crate::{client::Output, failure::Failure, say};

/// `counterfoil perm watch`.
#[derive(Args, Debug)]
pub(super) struct WatchArgs {
    /// Tell what changed since this revision; else what changes from now on.
    #[arg(long, value_name = "REVISION", allow_hyphen_values = true)]
    after: Option<String>,
    /// End with the first change.
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    store: StoreArgs,
}

/// An event of the stream: its name and its data.
#[derive(Default)]
struct Event {
    name: String,
    data: String,
}

pub(super) async fn run(args: &WatchArgs) -> Result<(), Failure> {
    let store = args.store.open().await?;
    let mut lines = open(&store, args.after.as_deref().unwrap_or_default()).await?;
    say::note(&format!("watching store {}", store.id));
    let mut event = Event::default();
    while let Some(line) = lines.next().await? {
        // Each event has one line of data, and that is its last.
        if let Some(name) = line.strip_prefix("event:") {
            name.trim().clone_into(&mut event.name);
        } else if let Some(data) = line.strip_prefix("data:") {
            data.trim().clone_into(&mut event.data);
            if tell(&std::mem::take(&mut event), args.output.chosen())? && args.once {
                return Ok(());
            }
        }
    }
    Err(Failure::unreachable("the server ended the watch"))
}

async fn open(store: &Store, after: &str) -> Result<Lines, Failure> {
    let path = format!("{}{}", store.path("/watch"), query(&[("after", after)]));
    Ok(Lines::new(store.server.stream(Method::GET, &path, None).await?))
}

/// Tells an event; says whether it was a change.
fn tell(event: &Event, output: Output) -> Result<bool, Failure> {
    let data: Value = serde_json::from_str(&event.data).map_err(Failure::from_display)?;
    match (event.name.as_str(), output) {
        ("error", _) => {
            Err(Failure::failed(format!("{}: {}", text(&data, "code"), text(&data, "message"))))
        }
        ("changes", Output::Json) => {
            say::line(&event.data);
            Ok(true)
        }
        ("changes", Output::Human) => {
            for change in list(&data, "changes") {
                say::foreign(tuple::change(change).join("  ").trim_end());
            }
            let model = text(&data, "authorization_model_id");
            if !model.is_empty() {
                say::foreign(&format!("model {model}"));
            }
            Ok(true)
        }
        _ => Ok(false),
    }
}
