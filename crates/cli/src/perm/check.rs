use std::{path::PathBuf, sync::Arc};

use clap::Args;
use counterfoil_permission::{
    check::{CheckRequest, Decision, NoConditions, Snapshot},
    graph::Graph,
    tuple::{ObjectName, RelationName, UserName},
};

use super::{files, model};
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
    if let Some(conditional) = tuples.iter().find(|tuple| tuple.condition().is_some()) {
        return Err(Failure::failed(format!(
            "`{conditional}` has a condition, and conditions can't be evaluated yet"
        )));
    }
    let graph = Graph::new(&tuples).map_err(Failure::from_display)?;
    let usage = |error: &dyn std::fmt::Display| Failure::usage(error.to_string());
    let object = ObjectName::parse(&args.object).map_err(|error| usage(&error))?;
    let relation = RelationName::parse(&args.relation).map_err(|error| usage(&error))?;
    let user = UserName::parse(&args.user).map_err(|error| usage(&error))?;
    let snapshot = Snapshot::new(Arc::new(checked), Arc::new(graph));
    let request = CheckRequest::new(&object, &relation, &user);
    match snapshot.check(&request, &NoConditions).map_err(|error| usage(&error))? {
        Decision::Allow => {
            say::line("allowed");
            Ok(())
        }
        Decision::Deny => Err(Failure::denied(format!("{user} has no `{relation}` to {object}"))),
        Decision::Missing(parameters) => {
            let missing: Vec<String> = parameters.iter().map(ToString::to_string).collect();
            Err(Failure::failed(format!("undecided without {}", missing.join(", "))))
        }
        Decision::Failed { condition, why } => {
            Err(Failure::failed(format!("condition `{condition}` failed: {why}")))
        }
        Decision::TooComplex => {
            Err(Failure::failed("too complex: a limit was reached before there was an answer"))
        }
    }
}
