//! What an API or a client learns of a user: the intersection of what it may learn and what was
//! granted, with the reason for each claim that stays away.

use serde::Serialize;

use crate::{
    model::{ApiProfile, ClaimMap},
    scope,
};

/// Claims that only the issuer writes; no user attribute may bear such a name.
pub const RESERVED_CLAIMS: [&str; 24] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "azp",
    "nonce",
    "at_hash",
    "c_hash",
    "s_hash",
    "acr",
    "amr",
    "auth_time",
    "sid",
    "client_id",
    "scope",
    "cnf",
    "act",
    "may_act",
    "active",
    "token_type",
    "principal",
];

/// Claims that the `profile` scope releases to clients beyond the standard ones: flat lists that
/// many clients read from the ID token.
const PROFILE_EXTRAS: [&str; 2] = ["groups", "roles"];

/// What is released, and what is not.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Released {
    /// The claims.
    pub claims: ClaimMap,
    /// Every claim that could have been released and was not.
    pub absent: Vec<Absent>,
}

/// A claim that stays away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Absent {
    /// Its name.
    pub claim: String,
    /// Why.
    #[serde(flatten)]
    pub reason: AbsentReason,
}

/// Why a claim stays away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum AbsentReason {
    /// The API's profile doesn't list it.
    NotInProfile,
    /// The scope that releases it was not granted.
    ScopeNotGranted {
        /// Which scope.
        scope: String,
    },
    /// The user has no value for it.
    NoValue,
}

/// What an API learns under these granted scopes.
#[must_use]
pub fn to_api(profile: &ApiProfile, scopes: &[&str], user: &ClaimMap) -> Released {
    let mut released = Released::default();
    for grant in &profile.claims {
        let needed = grant.scope.as_deref().or_else(|| scope::scope_of(&grant.name));
        let missing = needed.filter(|scope| !scopes.contains(scope));
        match (missing, user.get(&grant.name).filter(|value| !value.is_null())) {
            (Some(scope), _) => {
                let reason = AbsentReason::ScopeNotGranted { scope: scope.to_owned() };
                released.absent.push(Absent { claim: grant.name.clone(), reason });
            }
            (None, None) => released
                .absent
                .push(Absent { claim: grant.name.clone(), reason: AbsentReason::NoValue }),
            (None, Some(value)) => {
                released.claims.insert(grant.name.clone(), value.clone());
            }
        }
    }
    for name in user.keys() {
        if !profile.claims.iter().any(|grant| grant.name == *name) {
            released
                .absent
                .push(Absent { claim: name.clone(), reason: AbsentReason::NotInProfile });
        }
    }
    released
}

/// What a client learns, in the ID token and at UserInfo: the claims of the granted standard
/// scopes (OpenID Connect Core §5.4).
#[must_use]
pub fn to_client(scopes: &[&str], user: &ClaimMap) -> ClaimMap {
    let mut released = ClaimMap::new();
    for scope in scopes {
        let extras: &[&str] = if *scope == "profile" { &PROFILE_EXTRAS } else { &[] };
        for name in scope::claims_of(scope).iter().chain(extras) {
            if let Some(value) = user.get(*name).filter(|value| !value.is_null()) {
                released.insert((*name).to_owned(), value.clone());
            }
        }
    }
    released
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::ClaimGrant;

    #[test]
    fn an_api_learns_the_intersection_and_every_absence_has_a_reason() {
        let claim = |name: &str, scope: Option<&str>| ClaimGrant {
            name: name.into(),
            scope: scope.map(str::to_owned),
        };
        let profile = ApiProfile {
            claims: vec![
                claim("email", None),
                claim("phone_number", None),
                claim("https://c.example/plan", None),
                claim("https://c.example/team", Some("teams")),
                claim("name", None),
            ],
            ..ApiProfile::default()
        };
        let user = json!({"email": "a@b", "name": null, "phone_number": "1",
            "https://c.example/plan": "gold", "https://c.example/team": "x", "nickname": "al"});
        let got = to_api(&profile, &["openid", "email", "profile"], user.as_object().unwrap());
        insta::assert_snapshot!(serde_json::to_string_pretty(&got).unwrap(), @r#"
        {
          "claims": {
            "email": "a@b",
            "https://c.example/plan": "gold"
          },
          "absent": [
            {
              "claim": "phone_number",
              "reason": "scope_not_granted",
              "scope": "phone"
            },
            {
              "claim": "https://c.example/team",
              "reason": "scope_not_granted",
              "scope": "teams"
            },
            {
              "claim": "name",
              "reason": "no_value"
            },
            {
              "claim": "nickname",
              "reason": "not_in_profile"
            }
          ]
        }
        "#);
    }
}
