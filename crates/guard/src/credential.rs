use std::fmt;

use counterfoil_jose::crypto::SecretString;

/// An API's own credential at its issuer: it introspects this API's tokens and follows its feed.
#[derive(Clone)]
pub struct ApiCredential {
    client_id: String,
    client_secret: SecretString,
}

/// Why a credential can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialError {
    /// A variable is not set.
    Missing(&'static str),
    /// A named file can't be read.
    Unreadable(String),
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => {
                write!(f, "environment variable `{name}` is not set (nor `{name}_FILE`)")
            }
            Self::Unreadable(path) => write!(f, "file `{path}` can't be read"),
        }
    }
}

impl std::error::Error for CredentialError {}

impl ApiCredential {
    /// A credential that is at hand.
    #[must_use]
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: SecretString::from(client_secret.into()),
        }
    }

    /// Reads `COUNTERFOIL_CLIENT_ID` and `COUNTERFOIL_CLIENT_SECRET`, or the files that
    /// `COUNTERFOIL_CLIENT_ID_FILE` and `COUNTERFOIL_CLIENT_SECRET_FILE` name.
    ///
    /// # Errors
    /// [`CredentialError`] names what is missing.
    pub fn from_env() -> Result<Self, CredentialError> {
        let client_id = variable("COUNTERFOIL_CLIENT_ID", "COUNTERFOIL_CLIENT_ID_FILE")?;
        let secret = variable("COUNTERFOIL_CLIENT_SECRET", "COUNTERFOIL_CLIENT_SECRET_FILE")?;
        Ok(Self::new(client_id, secret))
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    pub(crate) fn expose_secret(&self) -> &str {
        self.client_secret.expose()
    }
}

#[expect(clippy::disallowed_methods, reason = "an API's own credential comes by its environment")]
fn variable(name: &'static str, file: &'static str) -> Result<String, CredentialError> {
    if let Ok(value) = std::env::var(name) {
        return Ok(value);
    }
    let path = std::env::var(file).map_err(|_| CredentialError::Missing(name))?;
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim_end().to_owned()),
        Err(_) => Err(CredentialError::Unreadable(path)),
    }
}

impl fmt::Debug for ApiCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiCredential({})", self.client_id)
    }
}
