//! `counterfoil perm`: permission models and relationships, in files and in stores of servers.

mod api;
mod ask;
mod bulk;
mod check;
mod expand;
mod explain;
mod export;
mod files;
mod import;
mod lines;
mod lists;
mod model;
mod output;
mod progress;
mod source;
mod store;
mod table;
mod test;
mod tuple;
mod watch;
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
    Check(ask::QuestionArgs),
    /// Tell why a user has a relation to an object, or has it not.
    Explain(ask::QuestionArgs),
    /// List the objects that a user has a relation to.
    ListObjects(lists::ListObjectsArgs),
    /// List the users that have a relation to an object.
    ListUsers(lists::ListUsersArgs),
    /// List the relations that a user has to an object.
    ListPermissions(lists::ListPermissionsArgs),
    /// Show how a relation of an object comes about, one level deep.
    Expand(expand::ExpandArgs),
    /// Tell what changes in a store, as it changes.
    Watch(watch::WatchArgs),
    /// Run the tests of `.fga.yaml` files. Exit code 1: some failed.
    Test(test::TestArgs),
    /// Bring a model and tuples into a store: from files, SpiceDB's among them, or from a store of
    /// another server.
    Import(import::ImportArgs),
    /// Write a store's model and tuples into files.
    Export(export::ExportArgs),
}

pub(crate) async fn run(args: &PermArgs) -> Result<(), Failure> {
    match &args.command {
        PermCommand::Store(command) => store::run(command).await,
        PermCommand::Model(command) => model::run(command).await,
        PermCommand::Tuple(command) => tuple::run(command).await,
        PermCommand::Check(args) => check::run(args).await,
        PermCommand::Explain(args) => explain::run(args).await,
        PermCommand::ListObjects(args) => lists::objects(args).await,
        PermCommand::ListUsers(args) => lists::users(args).await,
        PermCommand::ListPermissions(args) => lists::permissions(args).await,
        PermCommand::Expand(args) => expand::run(args).await,
        PermCommand::Watch(args) => watch::run(args).await,
        PermCommand::Import(args) => import::run(args).await,
        PermCommand::Export(args) => export::run(args).await,
        PermCommand::Test(args) => test::run(args),
    }
}
