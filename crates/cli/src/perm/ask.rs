//! What a question can be asked with.

use clap::Args;
use counterfoil_permission::tuple::Context;
use counterfoil_server::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::{
    files,
    output::OutputArgs,
    source::{Asked, Source, SourceArgs},
    world::Along,
};
use crate::{client::Output, failure::Failure};

/// Whether a user has a relation to an object.
#[derive(Args, Debug)]
pub(super) struct QuestionArgs {
    /// The user: `user:anne`, `group:eng#member` or `user:*`.
    pub(super) user: String,
    /// The relation.
    pub(super) relation: String,
    /// The object: `document:budget`.
    pub(super) object: String,
    #[command(flatten)]
    pub(super) ask: AskArgs,
}

/// What every question can be asked with.
#[derive(Args, Debug)]
pub(super) struct AskArgs {
    /// Values for the parameters of conditions: a JSON object, or `@FILE`.
    #[arg(long, value_name = "JSON")]
    context: Option<String>,
    /// A tuple that counts for this question only, as `USER RELATION OBJECT`; may be repeated.
    #[arg(long, value_name = "TUPLE")]
    contextual_tuple: Vec<String>,
    /// How fresh a server's answer must be: `minimize_latency`, `full`, and of ours
    /// `at_least_as_fresh=REVISION` or `exact=REVISION`, with what `--json` told as `revision`.
    #[arg(long, value_name = "HOW", value_parser = consistency)]
    consistency: Option<Value>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    source: SourceArgs,
}

/// How fresh an answer must be, as a request says it.
fn consistency(text: &str) -> Result<Value, String> {
    match (text, text.split_once('=')) {
        ("minimize_latency", _) => Ok("MINIMIZE_LATENCY".into()),
        // OpenFGA's name for it.
        ("full", _) => Ok("HIGHER_CONSISTENCY".into()),
        (_, Some((how @ ("at_least_as_fresh" | "exact"), revision))) => {
            Ok(json!({ how: revision }))
        }
        _ => Err("expected minimize_latency, full, at_least_as_fresh=… or exact=…".to_owned()),
    }
}

impl QuestionArgs {
    /// The request of it to a server.
    pub(super) fn request(&self, asked: &Asked) -> Result<Value, Failure> {
        let key = json!({ "user": self.user, "relation": self.relation, "object": self.object });
        self.ask.request(asked, json!({ "tuple_key": key }))
    }
}

impl AskArgs {
    /// Where the question is answered.
    pub(super) async fn open(&self) -> Result<Source, Failure> {
        self.source.open().await
    }

    /// How the answer is told.
    pub(super) fn output(&self) -> Output {
        self.output.chosen()
    }

    fn context(&self) -> Result<Context, Failure> {
        let Some(text) = &self.context else { return Ok(Context::new()) };
        let text = match text.strip_prefix('@') {
            Some(path) => files::text(path.as_ref())?,
            None => text.clone(),
        };
        serde_json::from_str(&text)
            .map_err(|error| Failure::usage(format!("--context is no JSON object: {error}")))
    }

    fn contextual(&self) -> Result<Vec<files::Written>, Failure> {
        let tuple = |text: &String| match text.split_whitespace().collect::<Vec<_>>()[..] {
            [user, relation, object] => Ok(files::Written::new(user, relation, object)),
            _ => Err(Failure::usage(format!(
                "`{text}` is no tuple: expected `USER RELATION OBJECT`"
            ))),
        };
        self.contextual_tuple.iter().map(tuple).collect()
    }

    /// What comes along to a world in files.
    pub(super) fn world(&self) -> Result<Along, Failure> {
        let contextual = files::parsed(&self.contextual()?).map_err(Failure::usage)?;
        let now = u64::try_from(SystemClock.now().as_secs()).unwrap_or(0);
        Ok(Along { context: self.context()?, contextual, now })
    }

    /// The members of a request to a server, beside those of the question itself.
    pub(super) fn request(&self, asked: &Asked, mut question: Value) -> Result<Value, Failure> {
        let Some(members) = question.as_object_mut() else { return Ok(question) };
        let contextual = self.contextual()?;
        if !contextual.is_empty() {
            // ListUsers alone has them without a member around.
            let tuples = match members.contains_key("user_filters") {
                true => json!(contextual),
                false => json!({ "tuple_keys": contextual }),
            };
            members.insert("contextual_tuples".to_owned(), tuples);
        }
        let context = self.context()?;
        if !context.is_empty() {
            members.insert("context".to_owned(), context.into());
        }
        if let Some(model_id) = &asked.model_id {
            members.insert("authorization_model_id".to_owned(), model_id.clone().into());
        }
        if let Some(consistency) = &self.consistency {
            members.insert("consistency".to_owned(), consistency.clone());
        }
        Ok(question)
    }
}
