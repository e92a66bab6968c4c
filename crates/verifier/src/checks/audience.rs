use crate::reject::cut;
use crate::{Reason, Reject};
use counterfoil_jose::Claims;
use counterfoil_jose::claims::Audience;
use counterfoil_jose::json::Value;

/// The audience must name this API, byte by byte
/// ([RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068#section-4)).
pub(crate) fn names_this_api(claims: &Claims<'_>, resource: &str) -> Result<(), Reject> {
    // The usual form needs no list.
    if claims.get("aud").and_then(Value::as_str) == Some(resource) {
        return Ok(());
    }
    let audience = claims.require_audience()?;
    if audience.contains(resource) {
        return Ok(());
    }
    let text = format!(
        "aud is `{}`, expected `{resource}`: ask for a token with resource={resource}",
        listed(&audience)
    );
    Err(Reject::explained(Reason::AudMismatch, &text))
}

pub(super) fn listed(audience: &Audience<'_>) -> String {
    cut(&audience.iter().collect::<Vec<_>>().join(" "))
}
