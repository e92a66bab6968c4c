//! `counterfoil perm explain`: why a user has a relation to an object, or has it not.

use counterfoil_permission::check::Decision;
use serde_json::json;

use super::{api::text, ask::QuestionArgs, source::Source};
use crate::{client::Output, failure::Failure, say};

pub(super) async fn run(args: &QuestionArgs) -> Result<(), Failure> {
    let (user, relation, object) = (&args.user, &args.relation, &args.object);
    let answer = match args.ask.open().await? {
        Source::Files(world) => {
            let explanation = world.explain(user, relation, object, &args.ask.world()?)?;
            json!({
                "allowed": explanation.decision == Decision::Allow,
                "text": explanation.to_string(),
                "complete": explanation.complete,
            })
        }
        Source::Server(asked) => {
            let request = args.request(&asked)?;
            asked.store.post("/explain", &request).await?
        }
    };
    match args.ask.output() {
        Output::Human => text(&answer, "text").lines().for_each(say::foreign),
        Output::Json => say::line(&answer.to_string()),
    }
    Ok(())
}
