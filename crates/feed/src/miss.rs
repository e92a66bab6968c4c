use crate::{Epoch, Position, TokenKeys, Watermarks};

/// Whether an introspection answer may be kept and answered from.
///
/// No, if a watermark newer than the answer names its token: the answer left before the change and
/// arrived after it. No, if the answer is of another epoch: its revision says nothing here.
/// Then ask again.
#[must_use]
pub fn install_allowed(
    answer: Position,
    keys: &TokenKeys,
    epoch: Epoch,
    watermarks: &Watermarks,
) -> bool {
    answer.epoch == epoch && watermarks.newest_for(keys) <= answer.seq
}
