//! The bench: the product beside its peers and its limits, in one run.
//!
//! `cargo xtask bench` builds this in the release profile and runs `counterfoil-bench run`; the
//! other commands are the processes that it starts.

mod clock;
mod failure;
mod flow;
mod growth;
mod guarded;
mod hello;
mod http;
mod in_process;
mod load;
mod machine;
mod process;
mod report;
mod requests;
mod revocation;
mod rows;
mod run;
mod samples;
mod say;
mod selection;
mod servers;
mod world;
mod zanzibar;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

/// The product's own: the limits and the guards run on the same ground as the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser, Debug)]
#[command(name = "counterfoil-bench", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Measure, judge, and print the table.
    Run(run::RunArgs),
    /// The limit of every server here: axum, one route, one small JSON answer.
    Hello {
        /// Where to listen.
        #[arg(long)]
        port: u16,
    },
    /// The same server behind a guard.
    Guarded(guarded::GuardedArgs),
    /// Sign in and redeem codes, sixteen at once, like so many browsers.
    Flow(flow::FlowArgs),
    /// Ask for a stated number of tokens.
    Issue(growth::IssueArgs),
    /// Revoke tokens and wait until every guard refuses them.
    Revocation(revocation::RevocationArgs),
    /// Verify and sign without a server.
    InProcess(in_process::InProcessArgs),
    /// The permission engine and its peers.
    Zanzibar(zanzibar::ZanzibarArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match cli.command {
        Command::Hello { port } => threads().and_then(|on| on.block_on(hello::serve(port))),
        Command::Guarded(args) => threads().and_then(|on| on.block_on(guarded::serve(&args))),
        Command::Revocation(args) => single().and_then(|on| on.block_on(revocation::run(&args))),
        Command::Run(args) => single().and_then(|on| on.block_on(run::run(&args))),
        Command::Flow(args) => single().and_then(|on| on.block_on(flow::run(&args))),
        Command::Issue(args) => single().and_then(|on| on.block_on(growth::issue(&args))),
        Command::InProcess(args) => in_process::run(&args),
        Command::Zanzibar(args) => single().and_then(|on| on.block_on(zanzibar::run(&args))),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say::note(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}

/// The runtime that the product has.
fn threads() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// A load generator has one core.
fn single() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}
