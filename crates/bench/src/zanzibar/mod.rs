//! ZB-1: the permission engine beside its peers, all of them over the same generated worlds.

mod api;
mod check;
mod cte;
mod emit;
mod import;
mod measure;
mod memory;
mod method;
mod openfga;
mod probe;
mod product;
mod questions;
mod random;
mod restart;
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
    /// A world imported into a database, and its snapshot.
    Lay(restart::LayArgs),
    /// A snapshot read into memory.
    Load(memory::LoadArgs),
    /// From writes to checks that know of them.
    Visible(visible::VisibleArgs),
}

pub(crate) async fn run(args: &ZanzibarArgs) -> Result<(), Failure> {
    match &args.command {
        Command::Check(args) => check::run(args),
        Command::Cte(args) => cte::run(args).await,
        Command::Writes(args) => writes::run(args).await,
        Command::Lay(args) => restart::lay(args).await,
        Command::Load(args) => memory::load(args),
        Command::Visible(args) => visible::run(args).await,
    }
}
