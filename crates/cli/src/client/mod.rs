//! What the commands share that act as a client: HTTP, the issuer's metadata, the kept tokens.

pub(crate) mod http;
mod issuer;
mod tokens;
mod wallet;

pub(crate) use issuer::{Issuer, default_issuer, oauth_error};
pub(crate) use tokens::{Token, access_token, forget, keep};
pub(crate) use wallet::{Entry, Wallet};

use clap::ValueEnum;

/// The native client of the command line; `dev` registers it.
pub(crate) const CLIENT_ID: &str = "cli";

/// How a command tells its result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
}
