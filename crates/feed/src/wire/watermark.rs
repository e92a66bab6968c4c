use super::WireError;
use super::read::Fields;
use crate::{KeyedId, Mode, Reason, Watermark, WatermarkKey, WatermarkKind};
use serde::Serialize;

/// The longest reason: a word.
const MAX_REASON_BYTES: usize = 64;

#[derive(Serialize)]
pub(super) struct WatermarkJson {
    kind: &'static str,
    id: String,
    not_before: u64,
    mode: &'static str,
    reason: &'static str,
    expires_at: i64,
}

impl From<&Watermark> for WatermarkJson {
    fn from(watermark: &Watermark) -> Self {
        Self {
            kind: watermark.key.kind.as_str(),
            id: watermark.key.id.to_string(),
            not_before: watermark.not_before.get(),
            mode: watermark.mode.as_str(),
            reason: watermark.reason.as_str(),
            expires_at: watermark.expires_at.as_secs(),
        }
    }
}

pub(super) fn read(fields: &Fields<'_>) -> Result<Watermark, WireError> {
    let reason = fields.string("reason")?;
    if reason.len() > MAX_REASON_BYTES {
        return Err(WireError::Form { name: "reason" });
    }
    Ok(Watermark {
        key: WatermarkKey {
            kind: WatermarkKind::parse(fields.string("kind")?).ok_or(WireError::Kind)?,
            id: fields.form("id", KeyedId::parse)?,
        },
        not_before: fields.revision("not_before")?,
        mode: Mode::parse(fields.string("mode")?).ok_or(WireError::Mode)?,
        reason: Reason::parse(reason),
        expires_at: fields.time("expires_at")?,
    })
}
