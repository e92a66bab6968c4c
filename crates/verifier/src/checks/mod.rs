//! What a payload must say: one check per file, in the order of [`access_token`].

mod audience;
mod client_id;
mod confirmation;
mod id_token;
mod iss;
mod principal;
mod times;
mod typ;

pub(crate) use audience::names_this_api;
pub(crate) use confirmation::unbound;
pub(crate) use id_token::explain_id_token;
pub(crate) use iss::{unknown_issuer, unverified_issuer};
pub(crate) use times::{Moments, alive};
pub(crate) use typ::{Typ, check_typ};

use crate::{Principal, Reject};
use counterfoil_jose::{Claims, UnixTime};

/// What the claims of a token are measured against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'t> {
    pub(crate) issuer: &'t str,
    pub(crate) resource: &'t str,
    /// The issuer writes RFC 9068 and states `principal`; others may leave some of it out.
    pub(crate) native: bool,
    /// `typ` was the access tokens' own, not one that they share with ID tokens.
    pub(crate) own_typ: bool,
    pub(crate) max_lifetime_secs: i64,
    pub(crate) skew_secs: i64,
    pub(crate) now: UnixTime,
}

/// What the checks have found, borrowed from the payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'c> {
    pub(crate) subject: &'c str,
    pub(crate) principal: Principal,
    pub(crate) client_id: &'c str,
    pub(crate) scope: &'c str,
    pub(crate) token_id: &'c str,
    pub(crate) moments: Moments,
}

/// Checks the claims of a token whose signature is good.
pub(crate) fn access_token<'c>(
    claims: &'c Claims<'_>,
    terms: &Terms<'_>,
) -> Result<Facts<'c>, Reject> {
    iss::check(claims, terms)?;
    id_token::refuse(claims, terms)?;
    names_this_api(claims, terms.resource)?;
    let moments = times::check(claims, terms)?;
    unbound(claims)?;
    let subject = claims.require_string("sub")?;
    let client_id = client_id::check(claims, terms)?;
    let principal = principal::check(claims, terms, subject, client_id)?;
    let token_id = if terms.own_typ {
        claims.require_string("jti")?
    } else {
        claims.string("jti")?.unwrap_or_default()
    };
    let scope = claims.string("scope")?.unwrap_or_default();
    Ok(Facts { subject, principal, client_id, scope, token_id, moments })
}
