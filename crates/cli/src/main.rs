//! The counterfoil binary.

mod call;
mod client;
mod config;
mod demo_api;
mod dev;
mod failure;
mod log;
mod login;
mod opener;
mod perm;
mod say;
mod serve;
mod signals;
mod ticks;
mod tls;
mod token;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

/// A page costs a fifth less with it than with the system's allocator, and the 19 MiB of a password
/// hash go back afterwards.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An identity server for APIs.
#[derive(Parser, Debug)]
#[command(name = "counterfoil", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run everything on this machine, with demo users, clients, APIs and the lab.
    Dev(dev::DevArgs),
    /// Run the demo API by itself, as `dev` does.
    DemoApi(demo_api::DemoApiArgs),
    /// Serve for real, as a configuration file says.
    Serve(serve::ConfigArgs),
    /// Print a configuration file to begin with, with a fresh key in it.
    Init(serve::InitArgs),
    /// Name every problem of a configuration.
    CheckConfig(serve::CheckConfigArgs),
    /// Bring the database's schema up to date.
    Migrate(serve::MigrateArgs),
    /// Sign in with a browser and keep the tokens.
    Login(login::LoginArgs),
    /// Call an API with the right token.
    Call(call::CallArgs),
    /// Look at a token, ask its issuer about it, or end it.
    Token(token::TokenArgs),
    /// Ask who may do what, and manage permission stores, models and tuples.
    Perm(Box<perm::PermArgs>),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(run(cli.command)),
        Err(error) => Err(Failure::failed(format!("can't start: {error}"))),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say::note(&failure.to_string());
            failure.exit_code()
        }
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Dev(args) => dev::run(args).await,
        Command::DemoApi(args) => demo_api::run(args).await,
        Command::Serve(args) => serve::serve(&args).await,
        Command::Init(args) => serve::init(&args),
        Command::CheckConfig(args) => serve::check_config(&args),
        Command::Migrate(args) => serve::migrate(&args).await,
        Command::Login(args) => login::run(args).await,
        Command::Call(args) => call::run(args).await,
        Command::Token(args) => token::run(args).await,
        Command::Perm(args) => perm::run(&args).await,
    }
}
