//! Where a question is answered: from files, or by a server.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use counterfoil_permission::tuple::Context;
use counterfoil_server::{Clock as _, SystemClock};
use serde_json::{Value, json};

use super::{
    api::{Store, StoreArgs},
    files, model,
    world::{Along, World},
};
use crate::failure::Failure;

/// Files, or a store.
#[derive(Args, Clone, Debug)]
pub(super) struct SourceArgs {
    /// Answer from a model in a file (`.fga`, `.json`, `.zed`, `.fga.yaml`): nothing leaves this
    /// machine. Again for each file of a model of modules.
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    model_file: Vec<PathBuf>,
    /// Tuples in a file: `.json`, `.jsonl`, `.yaml`, `.csv`, or SpiceDB's relationships in `.txt`.
    #[arg(long, value_name = "FILE", requires = "model_file", help_heading = "Files")]
    tuples_file: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    /// The version of the model; else the latest.
    #[arg(long, value_name = "ID", env = "FGA_MODEL_ID", help_heading = "Server")]
    model_id: Option<String>,
}

/// What a question brings along.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct AlongArgs {
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

/// Where a question is answered.
pub(super) enum Source {
    Files(World),
    Server(Asked),
}

/// A store, and a version of its model.
pub(super) struct Asked {
    pub(super) store: Store,
    model_id: Option<String>,
}

impl SourceArgs {
    pub(super) async fn open(&self) -> Result<Source, Failure> {
        if self.model_file.is_empty() {
            let store = self.store.open().await?;
            return Ok(Source::Server(Asked { store, model_id: self.model_id.clone() }));
        }
        let (model, mut tuples) = files::model_and_tuples(&self.model_file)?;
        for path in &self.tuples_file {
            tuples.extend(files::tuples(path)?);
        }
        let checked = Arc::new(model::valid(&model)?);
        World::new(checked, &tuples).map(Source::Files).map_err(Failure::config)
    }
}

impl AlongArgs {
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

    /// For a world in files.
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
