use std::{path::PathBuf, sync::Arc};

use clap::Args;
use counterfoil_permission::tuple::Context;

use super::{
    files, model,
    world::{Question, World},
};
use crate::{failure::Failure, say};

/// `counterfoil perm check`.
#[derive(Args, Debug)]
pub(super) struct CheckArgs {
    /// The user: `user:anne`, `group:eng#member` or `user:*`.
    user: String,
    /// The relation.
    relation: String,
    /// The object: `document:budget`.
    object: String,
    /// A `.fga` or `.json` file of the model; again for each file of a model of modules.
    #[arg(long, required = true, value_name = "FILE")]
    model_file: Vec<PathBuf>,
    /// A JSON file of tuples: `[{"user", "relation", "object"}, …]`.
    #[arg(long, value_name = "FILE")]
    tuples_file: PathBuf,
}

pub(super) fn run(args: &CheckArgs) -> Result<(), Failure> {
    let checked = model::valid(&files::model(&args.model_file)?)?;
    let tuples = files::tuples(&args.tuples_file)?;
    let world = World::new(Arc::new(checked), &tuples).map_err(Failure::config)?;
    let (user, relation, object) = (&args.user, &args.relation, &args.object);
    let question = Question { user, relation, object, context: &Context::new() };
    if world.check(&question)? {
        say::line("allowed");
        return Ok(());
    }
    Err(Failure::denied(format!("{user} has no `{relation}` to {object}")))
}
