use super::read::Fields;
use super::{FeedKeys, FeedSigner, MAX_SMALL_BYTES, RECEIPT_TYP, WireError};
use crate::{FeedName, Position, Receipt, Revision, Verified};
use serde::Serialize;

#[derive(Serialize)]
struct ReceiptJson<'r> {
    iss: &'r str,
    aud: &'r str,
    epoch: u64,
    seq: u64,
    effective_at: i64,
    acknowledged: u64,
    lapsed: u64,
}

impl FeedSigner {
    /// Signs a receipt.
    #[must_use]
    pub fn receipt(&self, receipt: &Receipt) -> String {
        self.sign(
            RECEIPT_TYP,
            &ReceiptJson {
                iss: &receipt.iss,
                aud: &receipt.aud,
                epoch: receipt.at.epoch.get(),
                seq: receipt.at.seq.get(),
                effective_at: receipt.effective_at.as_secs(),
                acknowledged: receipt.acknowledged,
                lapsed: receipt.lapsed,
            },
        )
    }
}

impl FeedKeys {
    /// Reads a receipt made out to `aud`, the client that made the change.
    ///
    /// # Errors
    /// [`WireError`] names the first defect.
    pub fn receipt(&self, compact: &str, aud: &str) -> Result<Verified<Receipt>, WireError> {
        let verified = self.verify(compact, RECEIPT_TYP, MAX_SMALL_BYTES)?;
        let claims = verified.claims()?;
        let to = FeedName { iss: self.feed().iss.clone(), aud: aud.to_owned() };
        let fields = Fields::of_feed(&claims, &to)?;
        Ok(Verified::new(Receipt {
            iss: to.iss.clone(),
            aud: to.aud.clone(),
            at: Position::new(fields.epoch()?, fields.revision("seq")?),
            effective_at: fields.time("effective_at")?,
            acknowledged: fields.number("acknowledged", Revision::MAX.get())?,
            lapsed: fields.number("lapsed", Revision::MAX.get())?,
        }))
    }
}
