use crate::{Reason, Reject};
use counterfoil_jose::Claims;

/// A token bound to a key must not pass as a bearer token
/// ([RFC 9449 §7.2](https://www.rfc-editor.org/rfc/rfc9449#section-7.2)). Whatever `cnf` holds,
/// even nothing: what is not understood is not skipped.
pub(crate) fn unbound(claims: &Claims<'_>) -> Result<(), Reject> {
    if claims.get("cnf").is_some() { Err(Reason::CnfNotYet.into()) } else { Ok(()) }
}
