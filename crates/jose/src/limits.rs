use crate::json::JsonLimits;

/// Bounds what a compact token may cost before any cryptography runs.
///
/// All sizes are bytes of the encoded text, except `kid`, which is counted decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The whole compact serialization.
    pub token: usize,
    /// The encoded protected header.
    pub header: usize,
    /// The decoded `kid` (RFC 7515 §4.1.4 sets no bound).
    pub kid: usize,
    /// The JSON of the payload, once decoded.
    pub json: JsonLimits,
}

impl Limits {
    /// Fits what a bearer header can carry: common proxies stop at 8 to 16 KiB of headers.
    pub const DEFAULT: Self =
        Self { token: 16 * 1024, header: 4 * 1024, kid: 256, json: JsonLimits::DEFAULT };

    /// The default limits, but for tokens of up to `bytes`.
    ///
    /// For documents that travel in a body, such as feed frames.
    #[must_use]
    pub const fn for_tokens_of(bytes: usize) -> Self {
        Self { token: bytes, json: JsonLimits { bytes, ..JsonLimits::DEFAULT }, ..Self::DEFAULT }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
