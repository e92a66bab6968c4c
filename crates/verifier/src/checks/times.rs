use super::Terms;
use crate::{Reason, Reject};
use counterfoil_jose::{Claims, UnixTime};

/// When a token began and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moments {
    pub(crate) expires_at: UnixTime,
    pub(crate) issued_at: Option<UnixTime>,
}

pub(super) fn check(claims: &Claims<'_>, terms: &Terms<'_>) -> Result<Moments, Reject> {
    let expires_at = claims.require_numeric_date("exp")?;
    alive(expires_at, terms.now)?;
    let ahead = |moment: UnixTime| moment.since(terms.now) > terms.skew_secs;
    if claims.numeric_date("nbf")?.is_some_and(ahead) {
        return Err(Reason::NotYetValid.into());
    }
    let issued_at = claims.require_numeric_date("iat")?;
    if ahead(issued_at) {
        return Err(Reason::IatFuture.into());
    }
    if expires_at.since(issued_at) > terms.max_lifetime_secs {
        let text = format!(
            "the token lives {} seconds, but this API allows {}",
            expires_at.since(issued_at),
            terms.max_lifetime_secs
        );
        return Err(Reject::explained(Reason::LifetimeTooLong, &text));
    }
    Ok(Moments { expires_at, issued_at: Some(issued_at) })
}

/// RFC 7519 §4.1.4: not on or after `exp`. The room for skew that it permits is not taken here:
/// with the clocks apart, a client renews a little early.
pub(crate) fn alive(expires_at: UnixTime, now: UnixTime) -> Result<(), Reject> {
    if now >= expires_at { Err(Reason::Expired.into()) } else { Ok(()) }
}
