//! `counterfoil perm`: permission models and relationships in files. Nothing leaves this machine.

mod check;
mod files;
mod model;
mod output;
mod test;
mod world;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// `counterfoil perm`.
#[derive(Args, Debug)]
pub(crate) struct PermArgs {
    #[command(subcommand)]
    command: PermCommand,
}

#[derive(Subcommand, Debug)]
enum PermCommand {
    /// Look at a model, written in OpenFGA's language or as its JSON.
    #[command(subcommand)]
    Model(model::ModelCommand),
    /// Ask whether a user has a relation to an object, by a model and tuples in files. Exit code 5:
    /// denied.
    Check(check::CheckArgs),
    /// Run the tests of `.fga.yaml` files. Exit code 1: some failed.
    Test(test::TestArgs),
}

pub(crate) fn run(args: &PermArgs) -> Result<(), Failure> {
    match &args.command {
        PermCommand::Model(command) => model::run(command),
        PermCommand::Check(args) => check::run(args),
        PermCommand::Test(args) => test::run(args),
    }
}
