//! The tokens that `login` got, in a file that its owner alone can read.

use std::{
    collections::BTreeMap,
    fs::{DirBuilder, File, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::PathBuf,
};

use counterfoil_jose::{UnixTime, b64, crypto::random};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Everything that is kept, over all issuers.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The issuer signed in at last.
    pub(crate) current: Option<String>,
    pub(crate) issuers: BTreeMap<String, Entry>,
}

/// What is kept of one issuer.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) client_id: String,
    /// The user, for people to read.
    pub(crate) subject: Option<String>,
    pub(crate) refresh_token: Option<String>,
    /// The APIs that the sign-in was for.
    pub(crate) resources: Vec<String>,
    /// Access tokens by resource; that for the issuer itself has an empty one.
    pub(crate) access: BTreeMap<String, Access>,
}

/// An access token.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Access {
    pub(crate) token: String,
    pub(crate) expires_at: UnixTime,
}

/// The file and its lock.
pub(crate) struct Wallet {
    directory: PathBuf,
}

/// Held while tokens are read, refreshed and written: a refresh token is good for one use, so two
/// commands at once must take turns. The kernel lets go when the process ends, however it does.
pub(crate) struct Locked<'a> {
    wallet: &'a Wallet,
    _lock: File,
}

impl Wallet {
    /// Finds the directory: `$COUNTERFOIL_HOME`, else `counterfoil` in `$XDG_CONFIG_HOME`, else in
    /// `~/.config`.
    pub(crate) fn open() -> Result<Self, Failure> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let directory = set("COUNTERFOIL_HOME").map(PathBuf::from).or_else(|| {
            let config = set("XDG_CONFIG_HOME").map(PathBuf::from);
            let config = config.or_else(|| Some(PathBuf::from(set("HOME")?).join(".config")));
            Some(config?.join("counterfoil"))
        });
        let directory = directory.ok_or_else(|| {
            Failure::failed("there is no place to keep tokens: set COUNTERFOIL_HOME")
        })?;
        Ok(Self { directory })
    }

    /// Reads what is kept, without the lock: the file is replaced as a whole, so it is never half
    /// written.
    pub(crate) fn read(&self) -> Result<Kept, Failure> {
        let path = self.file();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Kept::default()),
            Err(error) => return Err(self.failure("can't be read", &error)),
        };
        // The error's text may hold a token.
        serde_json::from_str(&text).map_err(|_| {
            Failure::failed(format!("{} is damaged: remove it and sign in again", path.display()))
        })
    }

    /// Takes the lock, waiting for whoever holds it.
    pub(crate) fn lock(&self) -> Result<Locked<'_>, Failure> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.directory)
            .map_err(|error| self.failure("can't be made", &error))?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.directory.join("lock"))
            .map_err(|error| self.failure("can't be locked", &error))?;
        lock.lock().map_err(|error| self.failure("can't be locked", &error))?;
        Ok(Locked { wallet: self, _lock: lock })
    }

    fn file(&self) -> PathBuf {
        self.directory.join("tokens.json")
    }

    fn failure(&self, what: &str, error: &std::io::Error) -> Failure {
        Failure::failed(format!("{} {what}: {error}", self.directory.display()))
    }
}

impl Locked<'_> {
    pub(crate) fn read(&self) -> Result<Kept, Failure> {
        self.wallet.read()
    }

    /// Replaces what is kept, as a whole.
    pub(crate) fn write(&self, kept: &Kept) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(kept).map_err(Failure::from_display)?;
        let name = format!("tokens-{}.new", b64::encode(&random::<9>()));
        let new = self.wallet.directory.join(name);
        let written = (|| {
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            file.write_all(&text)?;
            file.sync_all()?;
            std::fs::rename(&new, self.wallet.file())
        })();
        written.map_err(|error| {
            // What can't be written can't always be removed either.
            let _removed = std::fs::remove_file(&new);
            self.wallet.failure("can't be written", &error)
        })
    }
}
