//! Strict base64url without padding
//! ([RFC 7515 §2](https://www.rfc-editor.org/rfc/rfc7515#section-2)).
//!
//! There is exactly one text for each byte string: padding, whitespace, the `+/` alphabet and
//! non-zero trailing bits are refused, so two texts never name the same token.

use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use base64::{DecodeError, Engine as _, alphabet};
use std::fmt;

const FAST: base64_simd::Base64 = base64_simd::URL_SAFE_NO_PAD;

const ENGINE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD);

/// Encodes `bytes`.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    FAST.encode_to_string(bytes)
}

/// Appends the encoding of `bytes` to `out`, without an allocation if `out` has room.
pub fn encode_into(bytes: &[u8], out: &mut String) {
    FAST.encode_append(bytes, out);
}

/// Decodes `text`.
///
/// # Errors
/// [`B64Error`] for every text that [`encode`] would not have written.
pub fn decode(text: &str) -> Result<Vec<u8>, B64Error> {
    // The fast one does not say what is wrong; both accept the same texts.
    FAST.decode_to_vec(text)
        .or_else(|_| ENGINE.decode(text))
        .map_err(|error| B64Error::of(error, text))
}

/// The length of the encoding of `len` bytes.
#[must_use]
pub const fn encoded_len(len: usize) -> usize {
    len / 3 * 4
        + match len % 3 {
            0 => 0,
            1 => 2,
            _ => 3,
        }
}

/// Says why a text is not base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum B64Error {
    /// A byte outside the alphabet: padding, whitespace, `+` or `/` among them.
    Byte {
        /// Where it stands, in bytes from the start.
        offset: usize,
    },
    /// No byte string encodes to this length.
    Length,
    /// The last character carries bits that belong to no byte.
    TrailingBits,
}

impl B64Error {
    fn of(error: DecodeError, text: &str) -> Self {
        match error {
            DecodeError::InvalidByte(offset, _) => Self::Byte { offset },
            DecodeError::InvalidPadding => Self::Byte { offset: text.find('=').unwrap_or(0) },
            DecodeError::InvalidLength(_) => Self::Length,
            DecodeError::InvalidLastSymbol(..) => Self::TrailingBits,
        }
    }
}

impl fmt::Display for B64Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte { offset } => {
                write!(f, "byte {offset} is not of the base64url alphabet, without padding")
            }
            Self::Length => f.write_str("the length is not that of base64url text"),
            Self::TrailingBits => f.write_str("the last character has bits set beyond the data"),
        }
    }
}

impl std::error::Error for B64Error {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(text: &str) {
        assert_eq!(FAST.decode_to_vec(text).ok(), ENGINE.decode(text).ok(), "{text}");
    }

    #[test]
    fn one_text_for_each_bytes() {
        for text in ["", "A", "AA", "AB", "AAA", "AAB", "AA==", "AA\n", "A A", "-_", "+/", "é"] {
            same(text);
            let read = decode(text);
            assert!(read.is_err() || encode(&read.unwrap()) == text, "{text}");
        }
    }

    proptest! {
        #[test]
        fn both_decoders_agree(text in "[A-Za-z0-9_-]{0,90}[A-Za-z0-9_+/= -]?[A-Za-z0-9_-]{0,90}") {
            same(&text);
        }

        #[test]
        fn both_encoders_agree(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let text = encode(&bytes);
            prop_assert_eq!(&text, &ENGINE.encode(&bytes));
            prop_assert_eq!(text.len(), encoded_len(bytes.len()));
            prop_assert_eq!(decode(&text), Ok(bytes));
        }
    }
}
