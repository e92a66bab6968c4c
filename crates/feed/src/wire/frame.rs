use super::read::Fields;
use super::watermark::{self, WatermarkJson};
use super::{FRAME_TYP, FeedKeys, FeedSigner, MAX_FRAME_BYTES, WireError};
use crate::{
    FeedName, Frame, MAX_FRAME_WATERMARKS, Revision, Revisions, Verified, Watermark, block_end,
};
use counterfoil_jose::Claims;
use serde::Serialize;

#[derive(Serialize)]
struct FrameJson<'f> {
    iss: &'f str,
    aud: &'f str,
    epoch: u64,
    from_seq: u64,
    to_seq: u64,
    prev_hash: String,
    iat: i64,
    watermarks: Vec<WatermarkJson>,
    #[serde(flatten)]
    revisions: RevisionsJson,
}

#[derive(Serialize)]
pub(super) struct RevisionsJson {
    keys_rev: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    permission_rev: Option<u64>,
    config_rev: u64,
}

impl From<Revisions> for RevisionsJson {
    fn from(revisions: Revisions) -> Self {
        Self {
            keys_rev: revisions.keys.get(),
            permission_rev: revisions.permission.map(Revision::get),
            config_rev: revisions.config.get(),
        }
    }
}

impl FeedSigner {
    /// Signs a frame.
    #[must_use]
    pub fn frame(&self, frame: &Frame) -> String {
        self.sign(
            FRAME_TYP,
            &FrameJson {
                iss: &frame.feed.iss,
                aud: &frame.feed.aud,
                epoch: frame.epoch.get(),
                from_seq: frame.from_seq.get(),
                to_seq: frame.to_seq.get(),
                prev_hash: frame.prev_hash.to_string(),
                iat: frame.iat.as_secs(),
                watermarks: frame.watermarks.iter().map(WatermarkJson::from).collect(),
                revisions: frame.revisions.into(),
            },
        )
    }
}

impl FeedKeys {
    /// Reads a frame of this feed.
    ///
    /// # Errors
    /// [`WireError`] names the first defect.
    pub fn frame(&self, compact: &str) -> Result<Verified<Frame>, WireError> {
        let verified = self.verify(compact, FRAME_TYP, MAX_FRAME_BYTES)?;
        read(&verified.claims()?, self.feed()).map(Verified::new)
    }
}

fn read(claims: &Claims<'_>, feed: &FeedName) -> Result<Frame, WireError> {
    let fields = Fields::of_feed(claims, feed)?;
    let frame = Frame {
        feed: feed.clone(),
        epoch: fields.epoch()?,
        from_seq: fields.revision("from_seq")?,
        to_seq: fields.revision("to_seq")?,
        prev_hash: fields.hash("prev_hash")?,
        iat: fields.time("iat")?,
        watermarks: fields.objects("watermarks", MAX_FRAME_WATERMARKS, watermark::read)?,
        revisions: revisions(&fields)?,
    };
    check_range(&frame)?;
    Ok(frame)
}

pub(super) fn revisions(fields: &Fields<'_>) -> Result<Revisions, WireError> {
    Ok(Revisions {
        keys: fields.revision_if_any("keys_rev")?.unwrap_or_default(),
        permission: fields.revision_if_any("permission_rev")?,
        config: fields.revision_if_any("config_rev")?.unwrap_or_default(),
    })
}

fn check_range(frame: &Frame) -> Result<(), WireError> {
    if frame.from_seq > frame.to_seq.next() || frame.from_seq == Revision::ZERO {
        return Err(WireError::RangeBackwards);
    }
    if !frame.is_empty_range() && frame.to_seq > block_end(frame.from_seq) {
        return Err(WireError::CrossesBlock);
    }
    let within = |w: &Watermark| (frame.from_seq..=frame.to_seq).contains(&w.not_before);
    let ascending = frame.watermarks.is_sorted_by(|a, b| a.not_before < b.not_before);
    if !ascending || !frame.watermarks.iter().all(within) {
        return Err(WireError::OutOfOrder);
    }
    Ok(())
}
