//! ZB-1: the permission engine beside its peers, all of them over the same generated worlds.

mod api;
mod check;
mod cte;
mod emit;
mod measure;
mod method;
mod openfga;
mod probe;
mod product;
mod questions;
mod random;
mod rows;
mod serving;
mod visible;
mod world;
mod writes;

use clap::{Args, Subcommand};

pub(crate) use measure::measure;
pub(crate) use method::METHOD;
pub(crate) use rows::ROWS;

use crate::failure::Failure;

/// `counterfoil-bench zanzibar`.
#[derive(Args, Debug)]
pub(crate) struct ZanzibarArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Checks in process, beside the plain probe.
    Check(check::CheckArgs),
    /// The same questions put to PostgreSQL.
    Cte(cte::CteArgs),
    /// Tuples written durably, one by one, by many clients.
    Writes(writes::WritesArgs),
    /// From writes to checks that know of them.
    Visible(visible::VisibleArgs),
}

pub(crate) async fn run(args: &ZanzibarArgs) -> Result<(), Failure> {
    match &args.command {
        Command::Check(args) => check::run(args),
        Command::Cte(args) => cte::run(args).await,
        Command::Writes(args) => writes::run(args).await,
        Command::Visible(args) => visible::run(args).await,
    }
}
