//! The token endpoint, decided: one file per grant.

pub mod authorization_code;
pub mod client_credentials;
mod plan;
pub mod refresh_token;
mod request;
#[cfg(test)]
mod tests;

pub use plan::{
    Decision, IssuePlan, Issued, Minting, RefreshOut, TokenResponse, USERINFO_TOKEN_SECS, mint,
    select, subject_for,
};
pub use request::{TokenRequest, choose_api};
