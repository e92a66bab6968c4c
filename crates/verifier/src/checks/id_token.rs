use super::Terms;
use super::audience::listed;
use crate::{Reason, Reject};
use counterfoil_jose::Claims;

/// Claims that only ID tokens have (OpenID Connect Core §2, §3.1.3.6, §3.3.2.11).
const ID_TOKEN_CLAIMS: [&str; 4] = ["nonce", "at_hash", "c_hash", "s_hash"];

/// An ID token is for its client and proves nothing to an API. Where access tokens share its
/// `typ`, what it holds tells it apart.
pub(super) fn refuse(claims: &Claims<'_>, terms: &Terms<'_>) -> Result<(), Reject> {
    if !terms.own_typ && looks_like_one(claims) {
        return Err(reject(claims, terms.resource));
    }
    Ok(())
}

/// Says that a payload is an ID token's, for a token that was refused for its `typ` already.
pub(crate) fn explain_id_token(claims: &Claims<'_>, resource: &str) -> Option<Reject> {
    // Access tokens of RFC 9068 have `client_id`; ID tokens never do.
    let for_nobody_else = claims.get("client_id").is_none() && claims.get("scope").is_none();
    (looks_like_one(claims) || for_nobody_else).then(|| reject(claims, resource))
}

fn looks_like_one(claims: &Claims<'_>) -> bool {
    ID_TOKEN_CLAIMS.iter().any(|name| claims.get(name).is_some())
}

fn reject(claims: &Claims<'_>, resource: &str) -> Reject {
    let aud = match claims.audience() {
        Ok(Some(audience)) => listed(&audience),
        Ok(None) | Err(_) => "?".to_owned(),
    };
    let text = format!("this is an ID token (aud={aud}), ask for resource={resource}");
    Reject::explained(Reason::IdToken, &text)
}
