//! The grants, decided on facts that differ in one thing.

use std::sync::Arc;

use counterfoil_jose::UnixTime;

use super::{authorization_code as code_grant, client_credentials, refresh_token, *};
use crate::{
    client_auth::{
        AssertionContext, AuthenticatedClient, PresentedClient, authenticate, hash_secret,
    },
    model::{
        Client, ClientAuthMethod, Effect, Grant, GrantId, GrantKind, GrantType, Guard,
        RefreshFamily, Revision, Rotation, Session, User, UserStatus,
    },
    params::Params,
    pkce::CodeChallenge,
    testing::{NOW, api, client, session, user},
    token::{authorization_code::AuthorizationCode, refresh::RefreshToken},
};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn prove(client: Client) -> AuthenticatedClient {
    let form = format!("client_id={}&client_secret=secret", client.client_id);
    let form = match client.settings.token_endpoint_auth_method {
        ClientAuthMethod::None => format!("client_id={}", client.client_id),
        _ => form,
    };
    let presented = PresentedClient::parse(None, &Params::parse(form.as_bytes()).unwrap()).unwrap();
    let context = AssertionContext { issuer: "https://i", token_endpoint: "https://i/t", now: NOW };
    authenticate(&presented, Some(Arc::new(client)), &context).unwrap()
}

fn code() -> AuthorizationCode {
    AuthorizationCode {
        id: [9; 16],
        client: client().id,
        user: user().id,
        session: session().id,
        redirect_uri: Some(AuthorizationCode::hash_redirect_uri("https://app.example/cb")),
        code_challenge: CodeChallenge::parse(CHALLENGE).unwrap(),
        scopes: ["openid", "offline_access", "orders:read"].map(str::to_owned).to_vec(),
        apis: vec![api().id],
        nonce: Some("n".into()),
        auth_time: NOW,
        amr: vec!["pwd".into()],
        issued_at: NOW,
        revision: Revision::new(3),
    }
}

fn code_facts() -> code_grant::Facts {
    code_grant::Facts {
        code: Some(code()),
        second_look: None,
        user: Some(user()),
        apis: vec![api()],
        revision: Revision::new(5),
    }
}

fn second_look(
    redeemed: Option<Grant>,
    session: Option<Session>,
) -> Option<code_grant::SecondLook> {
    Some(code_grant::SecondLook { redeemed, session })
}

fn presented() -> code_grant::Presented<'static> {
    code_grant::Presented {
        redirect_uri: Some("https://app.example/cb"),
        code_verifier: Some(VERIFIER),
        resource: None,
    }
}

/// `ok`, or the error's code, with `revokes` when the refusal writes.
fn redeem(
    presented: &code_grant::Presented<'_>,
    facts: &code_grant::Facts,
    now: UnixTime,
) -> String {
    match code_grant::decide(&prove(client()), presented, facts, GrantId::new(77), now) {
        Ok(decision) => {
            assert_eq!(decision.plan.revision, Revision::new(5), "stamped with what was loaded");
            "ok".into()
        }
        Err(refusal) if refusal.batch.effects.is_empty() => refusal.error.code.as_str().into(),
        Err(refusal) => format!("{} revokes", refusal.error.code.as_str()),
    }
}

#[track_caller]
fn check_code(expected: &str, change: impl FnOnce(&mut code_grant::Facts)) {
    let mut facts = code_facts();
    change(&mut facts);
    assert_eq!(redeem(&presented(), &facts, NOW.plus_secs(1)), expected);
}

#[test]
fn a_code_needs_everything_to_be_right() {
    check_code("ok", |_| {});
    check_code("invalid_grant", |f| f.code = None);
    check_code("invalid_grant", |f| f.user = None);
    check_code("invalid_grant", |f| f.apis.clear());
    check_code("invalid_grant", |f| {
        let mut other = code();
        other.client = crate::model::ClientId::new(999);
        f.code = Some(other);
    });
    check_code("invalid_grant", |f| {
        let mut suspended = User::clone(&user());
        suspended.status = UserStatus::Suspended;
        f.user = Some(Arc::new(suspended));
    });
    check_code("ok", |f| f.second_look = second_look(None, Some(session())));
    check_code("invalid_grant", |f| f.second_look = second_look(None, None));
    check_code("invalid_grant", |f| {
        let ended = Session { ended_at: Some(NOW), ..session() };
        f.second_look = second_look(None, Some(ended));
    });
}

/// Before a second look, that is for the batch to find out.
#[test]
fn a_code_is_redeemed_only_while_its_session_lives() {
    let now = NOW.plus_secs(1);
    let prove = prove(client());
    let decided =
        code_grant::decide(&prove, &presented(), &code_facts(), GrantId::new(77), now).unwrap();
    let (session, user) = (session().id, user().id);
    assert!(decided.batch.guards.contains(&Guard::SessionLive { session, user, now }));
}

#[test]
fn a_code_lives_a_minute() {
    assert_eq!(redeem(&presented(), &code_facts(), NOW.plus_secs(59)), "ok");
    assert_eq!(redeem(&presented(), &code_facts(), NOW.plus_secs(60)), "invalid_grant");
}

#[test]
fn a_replay_revokes_but_a_bystander_can_not() {
    let redeemed = Some(grant(None));
    let mut facts = code_facts();
    facts.second_look = second_look(redeemed, Some(session()));
    assert_eq!(redeem(&presented(), &facts, NOW), "invalid_grant revokes");
    // Long after its expiry a replay is still one.
    assert_eq!(redeem(&presented(), &facts, NOW.plus_secs(600)), "invalid_grant revokes");
    // And after its sign-in has ended: what was granted offline would live on.
    let ended = Session { ended_at: Some(NOW), ..session() };
    let late = code_grant::Facts {
        second_look: second_look(Some(grant(None)), Some(ended)),
        ..code_facts()
    };
    assert_eq!(redeem(&presented(), &late, NOW), "invalid_grant revokes");
    let wrong = code_grant::Presented { code_verifier: Some(CHALLENGE), ..presented() };
    assert_eq!(redeem(&wrong, &facts, NOW), "invalid_grant");
    let missing = code_grant::Presented { code_verifier: None, ..presented() };
    assert_eq!(redeem(&missing, &facts, NOW), "invalid_grant");
}

#[test]
fn what_is_presented_must_fit() {
    let check = |presented, expected: &str| {
        assert_eq!(redeem(&presented, &code_facts(), NOW), expected);
    };
    check(code_grant::Presented { redirect_uri: None, ..presented() }, "ok");
    let other = Some("https://app.example/other");
    check(code_grant::Presented { redirect_uri: other, ..presented() }, "invalid_grant");
    let resource = Some("https://orders.example");
    check(code_grant::Presented { resource, ..presented() }, "ok");
    let resource = Some("https://other.example");
    check(code_grant::Presented { resource, ..presented() }, "invalid_target");
}

#[test]
fn several_apis_without_a_choice_are_invalid_target() {
    let mut second = crate::model::Api::clone(&api());
    second.id = crate::model::ApiId::new(21);
    second.resource = "https://second.example".into();
    let mut facts = code_facts();
    let mut both = code();
    both.apis.push(second.id);
    facts.code = Some(both);
    facts.apis.push(Arc::new(second));
    assert_eq!(redeem(&presented(), &facts, NOW), "invalid_target");
    let resource = Some("https://second.example");
    assert_eq!(redeem(&code_grant::Presented { resource, ..presented() }, &facts, NOW), "ok");
}

fn family(generation: u32, recent: &[(u32, i64)]) -> RefreshFamily {
    RefreshFamily {
        generation,
        recent: recent
            .iter()
            .map(|(generation, at)| Rotation { generation: *generation, at: NOW.plus_secs(*at) })
            .collect(),
        idle_expires_at: NOW.plus_secs(1_000),
        expires_at: NOW.plus_secs(2_000),
    }
}

fn grant(refresh: Option<RefreshFamily>) -> Grant {
    Grant {
        id: GrantId::new(50),
        kind: GrantKind::AuthorizationCode { code: [9; 16] },
        user: Some(user().id),
        client: client().id,
        apis: vec![api().id],
        session: Some(session().id),
        scopes: ["openid", "email", "offline_access", "orders:read"].map(str::to_owned).to_vec(),
        auth_time: Some(NOW),
        amr: vec![],
        nonce: None,
        created_at: NOW,
        revoked_at: None,
        refresh,
    }
}

fn refresh_facts(generation: u32, family: RefreshFamily) -> refresh_token::Facts {
    refresh_token::Facts {
        token: Some(RefreshToken { grant: GrantId::new(50), generation }),
        grant: Some(Arc::new(grant(Some(family)))),
        user: Some(user()),
        session: Some(session()),
        apis: vec![api()],
        revision: Revision::new(5),
    }
}

/// What a refresh gets: the generation sent and whether the family moved, or the error.
fn refresh(facts: &refresh_token::Facts, scope: Option<&[String]>, now: UnixTime) -> String {
    let presented = refresh_token::Presented { scope, resource: None };
    match refresh_token::decide(&prove(client()), &presented, facts, now) {
        Ok(decision) => {
            let moved = decision.batch.effects.iter().any(|effect| {
                matches!(effect, Effect::RotateRefresh { from, to, .. } if to.generation != *from)
            });
            let sent = decision.plan.refresh.unwrap().generation;
            format!("{sent}{}", if moved { " moved" } else { "" })
        }
        Err(refusal) if refusal.batch.effects.is_empty() => refusal.error.code.as_str().into(),
        Err(refusal) => format!("{} revokes", refusal.error.code.as_str()),
    }
}

#[test]
fn rotation_grace_and_reuse() {
    let check = |generation, family, at, expected: &str| {
        assert_eq!(refresh(&refresh_facts(generation, family), None, NOW.plus_secs(at)), expected);
    };
    check(1, family(1, &[]), 0, "2 moved");
    // Within the grace window the same successor again, even if it was used itself.
    check(1, family(2, &[(1, 0)]), 30, "2");
    check(1, family(3, &[(1, 0), (2, 5)]), 30, "2");
    check(2, family(3, &[(1, 0), (2, 5)]), 30, "3");
    // After it, reuse.
    check(1, family(2, &[(1, 0)]), 31, "invalid_grant revokes");
    check(1, family(9, &[]), 0, "invalid_grant revokes");
    // Never issued.
    check(3, family(2, &[]), 0, "invalid_grant");
    check(0, family(2, &[]), 0, "invalid_grant");
    // Over.
    check(1, family(1, &[]), 1_000, "invalid_grant");
}

#[test]
fn a_client_that_rotates_too_fast_keeps_its_token() {
    let recent: Vec<(u32, i64)> = (1..=16).map(|generation| (generation, 0)).collect();
    let facts = refresh_facts(17, family(17, &recent));
    assert_eq!(refresh(&facts, None, NOW.plus_secs(1)), "17");
    assert_eq!(refresh(&facts, None, NOW.plus_secs(31)), "18 moved");
}

#[test]
fn a_refresh_may_narrow_and_never_widen() {
    let facts = refresh_facts(1, family(1, &[]));
    let scopes = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(refresh(&facts, Some(&scopes(&["openid"])), NOW), "2 moved");
    assert_eq!(refresh(&facts, Some(&scopes(&["openid", "profile"])), NOW), "invalid_scope");
}

#[test]
fn an_api_taken_from_a_client_is_not_refreshed() {
    let mut without = client();
    without.settings.apis.clear();
    let presented = refresh_token::Presented { scope: None, resource: None };
    let facts = refresh_facts(1, family(1, &[]));
    let refused = refresh_token::decide(&prove(without), &presented, &facts, NOW).unwrap_err();
    assert_eq!(refused.error.code.as_str(), "invalid_target");
}

#[test]
fn what_hangs_on_a_session_ends_with_it_unless_offline() {
    let mut facts = refresh_facts(1, family(1, &[]));
    facts.session = Some(Session { ended_at: Some(NOW), ..session() });
    assert_eq!(refresh(&facts, None, NOW), "2 moved");
    let mut online = grant(Some(family(1, &[])));
    online.scopes.retain(|scope| scope != "offline_access");
    facts.grant = Some(Arc::new(online));
    assert_eq!(refresh(&facts, None, NOW), "invalid_grant");
}

fn service() -> Client {
    let mut service = client();
    service.secret = Some(hash_secret("secret"));
    service.settings.token_endpoint_auth_method = ClientAuthMethod::ClientSecretPost;
    service.settings.grant_types = vec![GrantType::ClientCredentials];
    service
}

#[test]
fn client_credentials_write_once_per_pair() {
    let client = prove(service());
    let presented = client_credentials::Presented { scope: None, resource: None };
    let mut facts =
        client_credentials::Facts { apis: vec![api()], standing: None, revision: Revision::new(1) };
    let decide = |facts: &client_credentials::Facts,
                  presented: &client_credentials::Presented<'_>| {
        client_credentials::decide(&client, presented, facts, &api(), || GrantId::new(1), NOW)
    };
    let first = decide(&facts, &presented).unwrap();
    assert_eq!(first.batch.effects.len(), 1);
    facts.standing = Some(first.plan.grant);
    let second = decide(&facts, &presented).unwrap();
    assert!(second.batch.effects.is_empty(), "no row per token");
    assert!(second.plan.user.is_none() && second.plan.refresh.is_none());
    let scope = ["admin".to_owned()];
    let wider = client_credentials::Presented { scope: Some(&scope), resource: None };
    assert_eq!(decide(&facts, &wider).unwrap_err().code.as_str(), "invalid_scope");
}

#[test]
fn public_clients_and_unregistered_grants_are_refused() {
    let apis = [api()];
    let public = client_credentials::choose(&prove(client()), None, &apis);
    assert_eq!(public.unwrap_err().code.as_str(), "unauthorized_client");
    let parse = |client: Client, form: &str| {
        let parsed = TokenRequest::parse(&Params::parse(form.as_bytes()).unwrap(), &prove(client));
        parsed.err().map(|error| error.code.as_str())
    };
    assert_eq!(parse(service(), "grant_type=client_credentials"), None);
    assert_eq!(
        parse(service(), "grant_type=authorization_code&code=x"),
        Some("unauthorized_client")
    );
    assert_eq!(parse(service(), "grant_type=password"), Some("unsupported_grant_type"));
    assert_eq!(parse(service(), ""), Some("invalid_request"));
    assert_eq!(
        parse(service(), "grant_type=client_credentials&resource=a&resource=b"),
        Some("invalid_target")
    );
}
