use super::Terms;
use crate::{Principal, Reason, Reject};
use counterfoil_jose::Claims;

/// Who acts is stated, never guessed from `sub`
/// ([RFC 9700 §4.15](https://www.rfc-editor.org/rfc/rfc9700#section-4.15)): a client whose id is
/// some user's `sub` must not become that user, nor the reverse.
pub(super) fn check(
    claims: &Claims<'_>,
    terms: &Terms<'_>,
    subject: &str,
    client_id: &str,
) -> Result<Principal, Reject> {
    let stated = match claims.get("principal") {
        Some(stated) => stated.as_str(),
        None if terms.native => return Err(Reason::PrincipalConflict.into()),
        None => return Ok(Principal::Unstated),
    };
    match stated {
        Some("user") if subject != client_id => Ok(Principal::User),
        Some("service") if subject == client_id => Ok(Principal::Service),
        Some("user" | "service") => Err(Reason::PrincipalConflict.into()),
        _ if terms.native => Err(Reason::PrincipalConflict.into()),
        // A claim of this name that means something else elsewhere.
        _ => Ok(Principal::Unstated),
    }
}
