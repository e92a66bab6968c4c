//! Signed tokens in the compact serialization ([RFC 7515](https://www.rfc-editor.org/rfc/rfc7515)).

mod error;
mod header;
mod reader;
mod sign;
mod unverified;

pub use error::{HeaderError, JwsError};
pub use header::Header;
pub use reader::Reader;
pub use sign::{JwsHeader, Signer, sign};
pub use unverified::{Unverified, Verified};

pub(crate) use header::{Scanned, decode, encode_member};
