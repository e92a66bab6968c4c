use crate::{DIFF_FRAMES, Head, MAX_FRAME_BYTES, WireError};
use counterfoil_jose::Claims;
use counterfoil_jose::json::{JsonLimits, Value};
use serde_json::json;

/// The longest answer to a diff query.
pub const MAX_DIFF_BYTES: usize = DIFF_FRAMES * MAX_FRAME_BYTES + 1024;

/// The answer to a diff query, in the shape of
/// [RFC 9770](https://www.rfc-editor.org/rfc/rfc9770): `diff_set`, `cursor`, `more`.
///
/// The entries are frames, the oldest first, because they are applied in that order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// Compact frames.
    pub diff_set: Vec<String>,
    /// Where the next query goes on. `None`: what the query asked for is gone, fetch a snapshot.
    pub cursor: Option<Head>,
    /// Whether there is more already.
    pub more: bool,
}

impl Diff {
    /// Writes the answer.
    #[must_use]
    pub fn to_json(&self) -> String {
        let cursor = self.cursor.map(|cursor| cursor.to_string());
        json!({"diff_set": self.diff_set, "cursor": cursor, "more": self.more}).to_string()
    }

    /// Reads the answer.
    ///
    /// # Errors
    /// [`WireError`] names the first defect.
    pub fn parse(body: &[u8]) -> Result<Self, WireError> {
        let limits = JsonLimits { bytes: MAX_DIFF_BYTES, ..JsonLimits::DEFAULT };
        let claims = Claims::parse(body, limits)?;
        let frames = claims.array("diff_set")?.ok_or(WireError::Form { name: "diff_set" })?;
        if frames.len() > DIFF_FRAMES {
            return Err(WireError::TooMany { name: "diff_set", limit: DIFF_FRAMES });
        }
        let text = |frame: &Value<'_>| frame.as_str().map(str::to_owned);
        let diff_set = frames.iter().map(text).collect::<Option<Vec<String>>>();
        let cursor = match claims.get("cursor") {
            None | Some(Value::Null) => None,
            Some(found) => Some(
                found.as_str().and_then(Head::parse).ok_or(WireError::Form { name: "cursor" })?,
            ),
        };
        Ok(Self {
            diff_set: diff_set.ok_or(WireError::Form { name: "diff_set" })?,
            cursor,
            more: claims.boolean("more")?.ok_or(WireError::Form { name: "more" })?,
        })
    }
}
