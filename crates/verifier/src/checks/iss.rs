use super::Terms;
use crate::reject::cut;
use crate::{Reason, Reject};
use counterfoil_jose::json::JsonLimits;
use counterfoil_jose::{Claims, jws};

/// The issuer is compared byte by byte: no case folding, no trailing slash
/// ([RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068#section-4)).
pub(super) fn check(claims: &Claims<'_>, terms: &Terms<'_>) -> Result<(), Reject> {
    let iss = claims.require_string("iss")?;
    if iss == terms.issuer { Ok(()) } else { Err(unknown_issuer(iss, &[terms.issuer])) }
}

/// Reads `iss` before any signature was checked, to choose a configuration by and no more.
pub(crate) fn unverified_issuer(
    token: &jws::Unverified<'_>,
    limits: JsonLimits,
) -> Result<String, Reject> {
    let claims = Claims::parse(token.unverified_payload(), limits).map_err(|error| {
        Reject::explained(Reason::PayloadJson, &format!("the payload: {error}"))
    })?;
    Ok(claims.require_string("iss")?.to_owned())
}

pub(crate) fn unknown_issuer(iss: &str, expected: &[&str]) -> Reject {
    let text = match expected {
        [one] => match difference(iss, one) {
            Some(at) => format!(
                "iss is `{}`, expected `{one}`: they differ from character {at} on",
                cut(iss)
            ),
            None => format!("iss is `{}`, expected `{one}`", cut(iss)),
        },
        _ => format!("iss `{}` is not one of the issuers that this API trusts", cut(iss)),
    };
    Reject::explained(Reason::IssUnknown, &text)
}

/// The first character that differs, from 1, where the two begin alike for long enough that
/// somebody may have overlooked it.
fn difference(iss: &str, expected: &str) -> Option<usize> {
    let same = iss.chars().zip(expected.chars()).take_while(|(a, b)| a == b).count();
    (same >= "https://".len()).then_some(same + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_the_differing_character() {
        let reject = unknown_issuer("https://id.example/", &["https://id.example"]);
        assert_eq!(
            reject.description(),
            "iss is `https://id.example/`, expected `https://id.example`: \
             they differ from character 19 on"
        );
    }
}
