use crate::local::Stop;
use crate::reject::cut;
use crate::{Reason, Reject, Verifier};
use counterfoil_oauth::token::opaque::Handle;

impl Verifier {
    /// Checks the outer MAC of an opaque token, so that junk dies here without a call.
    ///
    /// It shows that the issuer made the token for this API, and nothing else.
    pub(crate) fn made_for_us(&self, token: &str) -> Result<usize, Stop> {
        let Some(issuer) = self.native else {
            return Err(Stop::Reject(self.opaque_not_expected()));
        };
        let terms = self.feed_terms.load();
        let Some(terms) = terms.as_ref() else { return Err(Stop::Unavailable) };
        for mac in &terms.mac_keys {
            let handle = Handle::parse(token).ok_or(Reject::new(Reason::OpaqueMalformed))?;
            if handle.check(mac).is_some() {
                return Ok(issuer);
            }
        }
        let text = format!(
            "this opaque token was not made for `{}` by `{}`, or was damaged",
            cut(&self.config.resource),
            cut(self.issuer_url(issuer)),
        );
        Err(Stop::Reject(Reject::explained(Reason::OpaqueNotOurs, &text)))
    }

    /// Acceptance question 5: why a token of the one form does not do where the other is expected.
    pub(crate) fn opaque_not_expected(&self) -> Reject {
        let text = format!(
            "this is an opaque token, which holds nothing to verify, but this API takes JWTs: \
             set the format of {} at the issuer to jwt, or let the guard follow the issuer's feed",
            cut(&self.config.resource)
        );
        Reject::explained(Reason::OpaqueNotExpected, &text)
    }
}
