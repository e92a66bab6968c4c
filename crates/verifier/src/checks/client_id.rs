use super::Terms;
use crate::Reject;
use counterfoil_jose::Claims;

/// RFC 9068 §2.2 demands `client_id`. Issuers that write another `typ` may say `azp` instead.
pub(super) fn check<'c>(claims: &'c Claims<'_>, terms: &Terms<'_>) -> Result<&'c str, Reject> {
    if terms.own_typ || claims.get("client_id").is_some() {
        return Ok(claims.require_string("client_id")?);
    }
    Ok(claims.require_string("azp")?)
}
