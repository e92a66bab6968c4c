use crate::reject::cut;
use crate::{ACCESS_TOKEN_TYP, Reason, Reject};
use counterfoil_jose::{jws, same_media_type};

/// `typ`s of JWTs that are something else by their own specification, and what they are.
const OTHER_KINDS: [(&str, &str); 10] = [
    ("secevent+jwt", "a security event"),
    ("logout+jwt", "a logout token"),
    ("dpop+jwt", "a DPoP proof"),
    ("statuslist+jwt", "a status list"),
    ("oauth-id-jag+jwt", "an identity assertion grant"),
    ("txntoken+jwt", "a transaction token"),
    ("token-introspection+jwt", "an introspection answer"),
    ("oauth-authz-req+jwt", "an authorization request"),
    ("cf-feed-frame+jwt", "a frame of the feed"),
    ("cf-receipt+jwt", "a receipt"),
];

/// A `typ` that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Typ {
    /// Whether only access tokens have it.
    pub(crate) own: bool,
}

/// RFC 9068 §4: anything but the expected `typ` is refused; a missing one too
/// ([RFC 8725 §3.11](https://www.rfc-editor.org/rfc/rfc8725#section-3.11)).
pub(crate) fn check_typ<'t>(
    header: &jws::Header,
    accepted: impl Iterator<Item = &'t str> + Clone,
) -> Result<Typ, Reject> {
    let listed = || accepted.clone().collect::<Vec<_>>().join(" or ");
    let Some(typ) = header.typ() else {
        let text = format!("the token has no `typ`, expected {}", listed());
        return Err(Reject::explained(Reason::TypMissing, &text));
    };
    let names = |accepted: &&str| *accepted == typ || same_media_type(accepted, typ);
    if let Some(found) = accepted.clone().find(names) {
        return Ok(Typ { own: found == ACCESS_TOKEN_TYP || !same_media_type(found, "JWT") });
    }
    let other = OTHER_KINDS.iter().find(|(name, _)| same_media_type(name, typ));
    Err(match other {
        Some((_, what)) => {
            let text = format!("this is {what}, not an access token");
            Reject::explained(Reason::OtherKind, &text)
        }
        None => {
            let text = format!("typ is `{}`, expected {}", cut(typ), listed());
            Reject::explained(Reason::TypMismatch, &text)
        }
    })
}
