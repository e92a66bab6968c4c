use clap::Args;
use serde_json::{Value, json};

use super::{
    output::OutputArgs,
    source::{AlongArgs, Source, SourceArgs},
};
use crate::{client::Output, failure::Failure, say};

/// `counterfoil perm check`.
#[derive(Args, Debug)]
pub(super) struct CheckArgs {
    /// The user: `user:anne`, `group:eng#member` or `user:*`.
    user: String,
    /// The relation.
    relation: String,
    /// The object: `document:budget`.
    object: String,
    #[command(flatten)]
    along: AlongArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    source: SourceArgs,
}

pub(super) async fn run(args: &CheckArgs) -> Result<(), Failure> {
    let (user, relation, object) = (&args.user, &args.relation, &args.object);
    let answer = match args.source.open().await? {
        Source::Files(world) => {
            let allowed = world.check(user, relation, object, &args.along.world()?)?;
            json!({ "allowed": allowed })
        }
        Source::Server(asked) => {
            let key = json!({ "user": user, "relation": relation, "object": object });
            let request = args.along.request(&asked, json!({ "tuple_key": key }))?;
            asked.store.post("/check", &request).await?
        }
    };
    let allowed = answer.get("allowed").and_then(Value::as_bool).unwrap_or(false);
    match args.output.chosen() {
        Output::Json => say::line(&answer.to_string()),
        Output::Human if allowed => say::line("allowed"),
        Output::Human => {}
    }
    match allowed {
        true => Ok(()),
        false => Err(Failure::denied(format!("{user} has no `{relation}` to {object}"))),
    }
}
