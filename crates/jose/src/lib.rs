//! Strict JOSE: JWS, JWE, JWK, thumbprints and JWT claims on aws-lc-rs.
//!
//! Three rules shape everything here:
//!
//! - **One key serves one algorithm, and the key says which.**
//!   A header's `alg` is only ever compared with the key's, never obeyed
//!   ([RFC 8725 §3.1](https://www.rfc-editor.org/rfc/rfc8725#section-3.1)).
//! - **Only the compact form is read**, in strict base64url and strict JSON: no padding, no
//!   duplicate members, no unknown `crit`, no compression, no keys or URLs out of headers.
//! - **Checks return proof values.** A [`jws::Verified`] can be made by verification alone, so a
//!   function that takes one cannot be handed an unverified token.
//!
//! ```
//! use counterfoil_jose::{JwsAlgorithm, Limits, SigningKey, jws};
//!
//! let key = SigningKey::generate(JwsAlgorithm::Es256)?;
//! let token = jws::sign(&key, &jws::JwsHeader::typ("at+jwt"), br#"{"sub":"248289761001"}"#);
//!
//! let unverified = jws::Unverified::parse(&token, &Limits::DEFAULT)?;
//! assert!(unverified.header().typ_is("application/at+jwt"));
//! let verified = unverified.verify(&key.verifying_key())?;
//! assert_eq!(verified.claims()?.require_string("sub")?, "248289761001");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alg;
pub mod b64;
pub mod claims;
pub mod crypto;
pub mod json;
pub mod jwe;
mod jwk;
pub mod jws;
pub mod jwt;
mod key;
mod limits;
mod media_type;
mod time;

pub use alg::{ContentEncryption, JweAlgorithm, JwsAlgorithm, UnknownAlgorithm};
pub use claims::{ClaimError, Claims};
pub use jwe::{DecryptionKey, EncryptionKey};
pub use jwk::{Curve, Jwk, JwkAlgorithm, JwkError, JwkSet, KeyType, MAX_KEYS_PER_SET, SkippedKey};
pub use key::{KeyError, SigningKey, VerifyingKey};
pub use limits::Limits;
pub use media_type::same_media_type;
pub use time::UnixTime;
