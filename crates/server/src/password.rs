//! Passwords: argon2id, off the async threads, a bounded number at a time.

use std::{fmt, sync::Arc};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier},
};
use counterfoil_oauth::model::PasswordHash;
use tokio::sync::Semaphore;

/// Memory of one hash in KiB: 19 MiB, two passes, one lane, as OWASP's list of equal strengths has
/// it.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// Hashes at once: each takes 19 MiB and a core for some 20 ms.
const CONCURRENCY: usize = 2;

/// Hashes waiting; beyond them a sign-in is told to come back.
const QUEUE_MAX: usize = 64;

/// Longest password hashed, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// Shortest password accepted when one is set.
pub const PASSWORD_CHARS_MIN: usize = 8;

/// A hash with the parameters in force, of a password that nobody has. Checking it costs what
/// checking a real one costs, so the time of an answer doesn't tell whether a user exists.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
    $v6nes7xdipAZhTt5KMj/aFZNz/MZmoYCHWjNAx7bjJU";

/// A salt of 16 random bytes.
pub type Salt = [u8; 16];

/// Checks and makes password hashes.
pub struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    decoy: PasswordHash,
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The password fits.
    Correct,
    /// It doesn't, or there is no such user, or they have no password.
    Wrong,
    /// Too many sign-ins at once.
    Overloaded,
}

impl Passwords {
    /// Ready to check.
    #[must_use]
    pub fn new() -> Self {
        Self {
            running: Arc::new(Semaphore::new(CONCURRENCY)),
            waiting: Arc::new(Semaphore::new(QUEUE_MAX)),
            decoy: PasswordHash::new(DECOY.to_owned()),
        }
    }

    /// Checks a password against a stored hash; without one, against a decoy.
    pub async fn check(&self, password: String, stored: Option<PasswordHash>) -> Checked {
        let Ok(_place) = Arc::clone(&self.waiting).try_acquire_owned() else {
            return Checked::Overloaded;
        };
        let Ok(permit) = Arc::clone(&self.running).acquire_owned().await else {
            return Checked::Overloaded;
        };
        let exists = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.decoy.clone());
        let checked = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            password.len() <= PASSWORD_BYTES_MAX && verify(&password, &stored)
        });
        match checked.await {
            Ok(true) if exists => Checked::Correct,
            _ => Checked::Wrong,
        }
    }

    /// Hashes a new password; `None` when the library refuses, which it does not in practice.
    pub async fn hash(&self, password: String, salt: Salt) -> Option<PasswordHash> {
        let permit = Arc::clone(&self.running).acquire_owned().await.ok()?;
        let hashed = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            hash(&password, &salt)
        });
        hashed.await.ok().flatten()
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passwords(argon2id)")
    }
}

/// Hashes a password with the parameters in force. Blocks for some 20 ms.
#[must_use]
pub fn hash(password: &str, salt: &Salt) -> Option<PasswordHash> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).ok()?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hashed = argon2.hash_password_with_salt(password.as_bytes(), salt).ok()?;
    Some(PasswordHash::new(hashed.to_string()))
}

fn verify(password: &str, stored: &PasswordHash) -> bool {
    Argon2::default().verify_password(password.as_bytes(), stored.expose()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decoy_has_the_parameters_in_force() {
        assert_eq!(hash("counterfoil decoy", &[0; 16]).unwrap().expose(), DECOY);
    }

    #[tokio::test]
    async fn correct_wrong_and_unknown() {
        let passwords = Passwords::new();
        let stored = passwords.hash("alice".into(), [3; 16]).await.unwrap();
        assert!(stored.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let check = |password: &str, stored| passwords.check(password.to_owned(), stored);
        assert_eq!(check("alice", Some(stored.clone())).await, Checked::Correct);
        assert_eq!(check("alicf", Some(stored)).await, Checked::Wrong);
        assert_eq!(check("counterfoil decoy", None).await, Checked::Wrong);
        let hostile = PasswordHash::new("not a hash".into());
        assert_eq!(check("x", Some(hostile)).await, Checked::Wrong);
    }
}
