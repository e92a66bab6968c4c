//! Why a measurement could not be made.

use std::fmt;

/// Why a measurement could not be made, for the person who started it.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! from {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self(error.to_string())
            }
        }
    )*};
}

from!(
    std::io::Error,
    serde_json::Error,
    hyper::Error,
    axum::http::Error,
    std::num::ParseIntError,
    std::num::ParseFloatError,
    counterfoil_store::StoreError,
    counterfoil_store::CommitError,
    counterfoil_server::ServeError,
    tokio_postgres::Error,
);
