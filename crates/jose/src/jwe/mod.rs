//! Encrypted tokens in the compact serialization
//! ([RFC 7516](https://www.rfc-editor.org/rfc/rfc7516)).

mod agreement;
mod content;
mod decrypt;
mod decryption_key;
mod encrypt;
mod encryption_key;
mod error;
mod header;

pub use decrypt::{Decrypted, Unverified};
pub use decryption_key::DecryptionKey;
pub use encrypt::{JweHeader, encrypt};
pub use encryption_key::EncryptionKey;
pub use error::JweError;
pub use header::Header;
