//! `counterfoil perm check`: whether a user has a relation to an object.

use serde_json::{Value, json};

use super::{ask::QuestionArgs, source::Source};
use crate::{client::Output, failure::Failure, say};

pub(super) async fn run(args: &QuestionArgs) -> Result<(), Failure> {
    let (user, relation, object) = (&args.user, &args.relation, &args.object);
    let answer = match args.ask.open().await? {
        Source::Files(world) => {
            let allowed = world.check(user, relation, object, &args.ask.world()?)?;
            json!({ "allowed": allowed })
        }
        Source::Server(asked) => {
            let request = args.request(&asked)?;
            asked.store.post("/check", &request).await?
        }
    };
    let allowed = answer.get("allowed").and_then(Value::as_bool).unwrap_or(false);
    match args.ask.output() {
        Output::Json => say::line(&answer.to_string()),
        Output::Human if allowed => say::line("allowed"),
        Output::Human => {}
    }
    match allowed {
        true => Ok(()),
        false => Err(Failure::denied(format!("{user} has no `{relation}` to {object}"))),
    }
}
