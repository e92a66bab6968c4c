//! Rows 29 to 39, 47 and 48: claims.

use crate::draft::Draft;
use crate::world::{AUD, ISS, START, World, changed, described, word};
use counterfoil_verifier::{ClaimsFrom, Issuer, Principal, Reason};
use serde_json::{Value, json};

#[test]
fn row_29_times_of_another_type() {
    for value in [json!("1800000600"), json!(1_800_000_600.5), json!([1]), json!(null), json!(true)]
    {
        assert_eq!(changed(|draft| draft.claim("exp", value.clone())), "exp_type", "{value}");
        assert_eq!(changed(|draft| draft.claim("nbf", value.clone())), "nbf_type", "{value}");
        assert_eq!(changed(|draft| draft.claim("iat", value.clone())), "iat_type", "{value}");
    }
    assert_eq!(changed(|draft| draft.claim("exp", -1)), "exp_range");
    assert_eq!(changed(|draft| draft.claim("nbf", -1)), "nbf_type");
    assert_eq!(changed(|draft| draft.claim("iat", -1)), "iat_type");
}

#[test]
fn row_30_tokens_from_the_future() {
    assert_eq!(changed(|draft| draft.claim("nbf", START + 30)), "accepted", "within the skew");
    assert_eq!(changed(|draft| draft.claim("nbf", START + 31)), "not_yet_valid");
    assert_eq!(changed(|draft| draft.claim("iat", START + 30)), "accepted", "within the skew");
    assert_eq!(changed(|draft| draft.claim("iat", START + 31)), "iat_future");
    assert_eq!(changed(|draft| draft.without("iat")), "iat_missing");
}

#[test]
fn row_31_no_end() {
    assert_eq!(changed(|draft| draft.without("exp")), "exp_missing");
}

#[test]
fn row_32_times_at_the_ends_of_arithmetic() {
    assert_eq!(changed(|draft| draft.claim("exp", u64::MAX)), "exp_range");
    assert_eq!(changed(|draft| draft.claim("exp", i64::MAX)), "exp_range");
    assert_eq!(changed(|draft| draft.claim("iat", i64::MIN)), "iat_type");
    assert_eq!(changed(|draft| draft.claim("exp", 253_402_300_799_i64)), "lifetime_too_long");
    assert_eq!(changed(|draft| draft.claim("exp", START + 86_401)), "lifetime_too_long");
    assert_eq!(changed(|draft| draft.claim("exp", START + 86_400)), "accepted");
    assert_eq!(changed(|draft| draft.claim("iat", 0)), "lifetime_too_long");
}

#[test]
fn expiry_is_to_the_second() {
    assert_eq!(changed(|draft| draft.claim("exp", START + 1)), "accepted");
    assert_eq!(changed(|draft| draft.claim("exp", START)), "expired");
}

#[test]
fn row_33_no_audience() {
    assert_eq!(changed(|draft| draft.without("aud")), "aud_missing");
}

#[test]
fn row_34_audiences_of_another_form() {
    for value in
        [json!(1), json!({"a": 1}), json!(null), json!([1]), json!([AUD, 1]), json!([[AUD]])]
    {
        assert_eq!(changed(|draft| draft.claim("aud", value.clone())), "aud_type", "{value}");
    }
    for value in [json!(""), json!([]), json!([""]), json!([AUD, ""])] {
        assert_eq!(changed(|draft| draft.claim("aud", value.clone())), "aud_type", "{value}");
    }
    assert_eq!(changed(|draft| draft.claim("aud", vec![AUD; 17])), "aud_too_many");
    assert_eq!(changed(|draft| draft.claim("aud", vec!["a"; 2_500])), "aud_too_many");
    for value in [
        "https://orders.example/",
        "https://orders.exampl",
        "https://orders.example.evil.example",
        "HTTPS://ORDERS.EXAMPLE",
        "orders.example",
    ] {
        assert_eq!(changed(|draft| draft.claim("aud", value)), "aud_mismatch", "{value}");
    }
    assert_eq!(changed(|draft| draft.claim("aud", json!(["https://x.example", AUD]))), "accepted");
}

#[test]
fn row_35_issuers_of_another_form() {
    assert_eq!(changed(|draft| draft.without("iss")), "iss_missing");
    assert_eq!(changed(|draft| draft.claim("iss", "")), "iss_missing");
    for value in [json!([ISS]), json!(1), json!(null), json!({})] {
        assert_eq!(changed(|draft| draft.claim("iss", value.clone())), "iss_type", "{value}");
    }
    for value in ["https://id.example/", "https://ID.example", "http://id.example", "id.example"] {
        assert_eq!(changed(|draft| draft.claim("iss", value)), "iss_unknown", "{value}");
    }
}

/// An ID token of our own issuer, for the client `web-app`.
fn id_token(draft: &mut Draft) {
    draft.header("typ", "JWT");
    draft.claim("aud", "web-app");
    draft.claim("nonce", "n-0S6_WzA2Mj");
    draft.claim("at_hash", "77QmUPtjPfzWtF2AnpK9RQ");
    for name in ["client_id", "scope", "jti", "principal", "cf_epoch", "cf_rev", "cf_keys"] {
        draft.without(name);
    }
}

/// Acceptance question 4.
#[test]
fn row_36_id_tokens() {
    insta::assert_snapshot!(
        described(id_token),
        @"id_token: this is an ID token (aud=web-app), ask for resource=https://orders.example"
    );
    let plain = |draft: &mut Draft| {
        id_token(draft);
        draft.without("nonce");
        draft.without("at_hash");
    };
    assert_eq!(changed(plain), "id_token");
    assert_eq!(changed(|draft| draft.header("typ", "JWT")), "typ_mismatch");
    assert_eq!(changed(|draft| draft.without_header("typ")), "typ_missing");
    assert_eq!(changed(|draft| draft.header("typ", "AT+JWT")), "accepted");
    assert_eq!(changed(|draft| draft.header("typ", "application/at+jwt")), "accepted");
    assert_eq!(changed(|draft| draft.header("typ", "text/at+jwt")), "typ_mismatch");
    assert_eq!(changed(|draft| draft.header("typ", 1)), "header_type");
}

/// Where access tokens share `JWT` with ID tokens, what a token holds tells them apart.
#[test]
fn row_36_id_tokens_where_typ_does_not_tell() {
    let world = World::with(|config| {
        config.issuer(Issuer::counterfoil(ISS).typs(["JWT"]).claims(ClaimsFrom::Token))
    });
    let mut draft = Draft::accepted();
    draft.header("typ", "JWT");
    assert_eq!(world.check(&draft.sign()), "accepted");
    id_token(&mut draft);
    assert_eq!(world.check(&draft.sign()), "id_token");
    // Even one whose client calls itself like this API.
    draft.claim("aud", AUD);
    assert_eq!(world.check(&draft.sign()), "id_token");
}

/// A profile with `typ: JWT` is told by the snapshot.
#[test]
fn the_profile_may_add_a_typ() {
    let mut world = World::jwt();
    let mut draft = Draft::accepted();
    draft.header("typ", "JWT");
    assert_eq!(world.check(&draft.sign()), "typ_mismatch");
    world.typ = Some("JWT");
    let revisions = counterfoil_feed::Revisions {
        config: counterfoil_feed::Revision::new(7),
        ..counterfoil_feed::Revisions::default()
    };
    world.publisher.announce(revisions);
    world.pass(400);
    assert_eq!(world.check(&draft.sign()), "accepted");
    assert_eq!(world.check(&Draft::accepted().sign()), "accepted");
}

#[test]
fn rows_37_38_other_kinds_of_jwt() {
    for typ in [
        "secevent+jwt",
        "logout+jwt",
        "dpop+jwt",
        "statuslist+jwt",
        "oauth-id-jag+jwt",
        "txntoken+jwt",
        "token-introspection+jwt",
        "oauth-authz-req+jwt",
        "application/secevent+jwt",
        "cf-feed-frame+jwt",
        "cf-receipt+jwt",
    ] {
        assert_eq!(changed(|draft| draft.header("typ", typ)), "other_kind", "{typ}");
    }
    assert_eq!(changed(|draft| draft.header("typ", "vc+jwt")), "typ_mismatch");
}

#[test]
fn row_39_subjects() {
    assert_eq!(changed(|draft| draft.without("sub")), "sub_missing");
    assert_eq!(changed(|draft| draft.claim("sub", "")), "sub_missing");
    assert_eq!(changed(|draft| draft.claim("sub", 1)), "sub_type");
    assert_eq!(changed(|draft| draft.without("client_id")), "client_id_missing");
    assert_eq!(changed(|draft| draft.claim("client_id", json!(["web-app"]))), "client_id_type");
    // A client that was registered under some user's `sub`, and the reverse.
    let impostor = |draft: &mut Draft| draft.claim("client_id", "248289761001");
    assert_eq!(changed(impostor), "principal_conflict");
    assert_eq!(changed(|draft| draft.claim("principal", "service")), "principal_conflict");
    assert_eq!(changed(|draft| draft.without("principal")), "principal_conflict");
    assert_eq!(changed(|draft| draft.claim("principal", "root")), "principal_conflict");
}

/// Acceptance question 21: stated, never guessed.
#[test]
fn users_and_services_are_told_apart() {
    let world = World::jwt();
    let user = world.caller(&Draft::accepted().sign());
    assert_eq!((user.principal(), user.is_user()), (Principal::User, true));
    let mut draft = Draft::accepted();
    draft.claim("sub", "web-app");
    draft.claim("principal", "service");
    let service = world.caller(&draft.sign());
    assert_eq!((service.principal(), service.is_service()), (Principal::Service, true));
    // An issuer that does not say leaves it unstated, whatever `sub` looks like.
    let foreign = World::foreign(|config| config.issuer(Issuer::foreign(ISS)));
    draft.without("principal");
    assert_eq!(foreign.caller(&draft.sign()).principal(), Principal::Unstated);
}

#[test]
fn rows_47_48_bound_tokens() {
    for cnf in [
        json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}),
        json!({"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}),
        json!({"jkt": "a", "x5t#S256": "b"}),
        json!({"unknown": 1}),
        json!({}),
        json!(null),
    ] {
        assert_eq!(changed(|draft| draft.claim("cnf", cnf.clone())), "cnf_not_yet", "{cnf}");
    }
}

#[test]
fn the_claims_that_name_a_token_to_the_feed() {
    for name in ["cf_epoch", "cf_rev", "cf_keys"] {
        assert_eq!(changed(|draft| draft.without(name)), "freshness_claims", "{name}");
    }
    for (name, value) in [
        ("cf_epoch", json!("1")),
        ("cf_rev", json!(-1)),
        ("cf_rev", json!(1.5)),
        ("cf_keys", json!("AAAA")),
        ("cf_keys", json!("!")),
        ("cf_keys", json!([1])),
    ] {
        assert_eq!(changed(|draft| draft.claim(name, value.clone())), "freshness_claims", "{name}");
    }
}

#[test]
fn claims_of_another_type() {
    assert_eq!(changed(|draft| draft.claim("scope", json!(["orders:read"]))), "claim_type");
    assert_eq!(changed(|draft| draft.claim("jti", 1)), "claim_type");
    assert_eq!(changed(|draft| draft.without("jti")), "claim_type");
}

/// Acceptance question 7: expected, got, and the way out.
#[test]
fn the_audience_error_says_what_to_do() {
    insta::assert_snapshot!(
        described(|draft| draft.claim("aud", "account")),
        @"aud_mismatch: aud is `account`, expected `https://orders.example`: ask for a token with resource=https://orders.example"
    );
    insta::assert_snapshot!(
        described(|draft| draft.claim("aud", json!(["account", "a\"\r\nX: 1"]))),
        @"aud_mismatch: aud is `account a'??X: 1`, expected `https://orders.example`: ask for a token with resource=https://orders.example"
    );
    insta::assert_snapshot!(
        described(|draft| draft.claim("iss", "https://id.example/")),
        @"iss_unknown: iss is `https://id.example/`, expected `https://id.example`: they differ from character 19 on"
    );
    insta::assert_snapshot!(
        described(|draft| draft.header("typ", "secevent+jwt")),
        @"other_kind: this is a security event, not an access token"
    );
}

/// Acceptance question 5: why a token of the one form does not do where the other is expected.
#[test]
fn tokens_of_the_other_form_are_explained() {
    let jwt_only = World::foreign(|config| config.issuer(Issuer::foreign(ISS)));
    for token in [crate::world::opaque(1), "gho_16C7e42F292c6912E7710c838347Ae178B4a".to_owned()] {
        let step = jwt_only.step(&token);
        let counterfoil_verifier::Step::Rejected(reject) = step else { panic!("{step:?}") };
        insta::allow_duplicates! {
            insta::assert_snapshot!(
                reject,
                @"opaque_not_expected: this is an opaque token, which holds nothing to verify, but this API takes JWTs: set the format of https://orders.example at the issuer to jwt, or let the guard follow the issuer's feed"
            );
        }
    }
    for (token, expected) in
        [("cf_rt_abc", "a refresh token"), ("cf_ac_abc", "an authorization code")]
    {
        let step = World::jwt().step(token);
        let counterfoil_verifier::Step::Rejected(reject) = step else { panic!("{step:?}") };
        assert_eq!(reject.reason(), Reason::NotAnAccessToken);
        assert!(reject.description().contains(expected), "{reject}");
    }
}

#[test]
fn a_caller_holds_what_was_released_and_no_more() {
    let world = World::jwt();
    let mut draft = Draft::accepted();
    draft.claim("email", "alice@example.com");
    draft.claim("name", "Alice");
    draft.claim("amr", json!(["pwd", "otp"]));
    draft.claim("https://orders.example/tier", "gold");
    let caller = world.caller(&draft.sign());
    assert_eq!(caller.subject(), "248289761001");
    assert_eq!(caller.client_id(), "web-app");
    assert_eq!(caller.email(), Some("alice@example.com"));
    assert_eq!(caller.name(), Some("Alice"));
    assert_eq!(caller.amr(), ["pwd", "otp"]);
    assert_eq!(caller.auth_time().unwrap().as_secs(), START - 5);
    assert_eq!(caller.expires_at().as_secs(), START + 600);
    assert_eq!((caller.issuer(), caller.audience()), (ISS, AUD));
    assert_eq!(caller.token_id(), "j-1");
    let mut names: Vec<_> = caller.claims().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["email", "https://orders.example/tier", "name"]);
    assert_eq!(caller.claim("https://orders.example/tier"), Some(&Value::from("gold")));
    assert!(caller.require_scope("orders:read").is_ok());
    let missing = caller.require_scopes(&["orders:read", "orders:delete"]).unwrap_err();
    assert_eq!(missing.required(), "orders:read orders:delete");
    let shown = format!("{caller:?}");
    assert!(!shown.contains("alice") && !shown.contains("248289761001"), "{shown}");
}

#[test]
fn an_issuer_with_its_own_typ_may_name_the_client_azp() {
    let world = World::foreign(|config| {
        config.issuer(Issuer::foreign(ISS).typs(["JWT"]).max_lifetime_secs(3_600))
    });
    let mut draft = Draft::accepted();
    draft.header("typ", "JWT");
    draft.without("client_id");
    draft.without("jti");
    assert_eq!(world.caller(&draft.sign()).client_id(), "web-app");
    draft.without("azp");
    assert_eq!(word(world.step(&draft.sign())), "client_id_missing");
    draft.claim("client_id", "web-app");
    draft.claim("exp", START + 3_601);
    assert_eq!(word(world.step(&draft.sign())), "lifetime_too_long");
}
