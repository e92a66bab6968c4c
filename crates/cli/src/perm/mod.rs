//! `counterfoil perm`: permission models and relationships, in files and in stores of servers.

mod api;
mod check;
mod expand;
mod files;
mod lines;
mod lists;
mod model;
mod output;
mod source;
mod store;
mod table;
mod test;
mod tuple;
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
    /// Make stores, and name, look at and delete them.
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Look at models in files, and write and read those of a store.
    #[command(subcommand)]
    Model(model::ModelCommand),
    /// Write, delete and read tuples.
    #[command(subcommand)]
    Tuple(tuple::TupleCommand),
    /// Ask whether a user has a relation to an object. Exit code 5: denied.
    Check(check::CheckArgs),
    /// List the objects that a user has a relation to.
    ListObjects(lists::ListObjectsArgs),
    /// List the users that have a relation to an object.
    ListUsers(lists::ListUsersArgs),
    /// Show how a relation of an object comes about, one level deep.
    Expand(expand::ExpandArgs),
    /// Run the tests of `.fga.yaml` files. Exit code 1: some failed.
    Test(test::TestArgs),
}

pub(crate) async fn run(args: &PermArgs) -> Result<(), Failure> {
    match &args.command {
        PermCommand::Store(command) => store::run(command).await,
        PermCommand::Model(command) => model::run(command).await,
        PermCommand::Tuple(command) => tuple::run(command).await,
        PermCommand::Check(args) => check::run(args).await,
        PermCommand::ListObjects(args) => lists::objects(args).await,
        PermCommand::ListUsers(args) => lists::users(args).await,
        PermCommand::Expand(args) => expand::run(args).await,
        PermCommand::Test(args) => test::run(args),
    }
}
