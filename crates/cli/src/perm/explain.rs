//! `counterfoil perm explain`: why a user has a relation to an object, or has it not.

use clap::Args;
use counterfoil_permission::check::Decision;
use serde_json::json;

use super::{
    api::text,
    output::OutputArgs,
    source::{AlongArgs, Source, SourceArgs},
};
use crate::{client::Output, failure::Failure, say};

/// `counterfoil perm explain`.
#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
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

pub(super) async fn run(args: &ExplainArgs) -> Result<(), Failure> {
    let (user, relation, object) = (&args.user, &args.relation, &args.object);
    let answer = match args.source.open().await? {
        Source::Files(world) => {
            let explanation = world.explain(user, relation, object, &args.along.world()?)?;
            json!({
                "allowed": explanation.decision == Decision::Allow,
                "text": explanation.to_string(),
                "complete": explanation.complete,
            })
        }
        Source::Server(asked) => {
            let key = json!({ "user": user, "relation": relation, "object": object });
            let request = args.along.request(&asked, json!({ "tuple_key": key }))?;
            asked.store.post("/explain", &request).await?
        }
    };
    match args.output.chosen() {
        Output::Human => text(&answer, "text").lines().for_each(say::foreign),
        Output::Json => say::line(&answer.to_string()),
    }
    Ok(())
}
