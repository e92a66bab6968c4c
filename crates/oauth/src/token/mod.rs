//! Every token that the issuer makes, and how each is read again.

pub mod access_jwt;
pub mod authorization_code;
pub mod id_token;
pub mod opaque;
pub mod refresh;
pub mod sealed;
