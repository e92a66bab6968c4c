//! Headers in, headers out.

use crate::world::{World, bearer, with_authorization, without_token};
use axum::body::Body;
use axum::http::{Request, header};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_credentials_are_asked_for_without_an_error() {
    let world = World::new().await;
    let reply = world.send(without_token("/orders/7")).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (401, "unauthenticated"));
    insta::assert_snapshot!(
        reply.challenge.unwrap(),
        @r#"Bearer resource_metadata="https://orders.example/.well-known/oauth-protected-resource""#
    );
    // Credentials of another kind are none of ours.
    for value in ["Basic YTpi", "DPoP abc", "Digest username=\"a\", realm=\"b\"", "Bearers x", "x"]
    {
        let reply = world.send(with_authorization("/orders/7", value)).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (401, "unauthenticated"), "{value}");
        assert!(!reply.challenge.unwrap().contains("error="), "{value}");
    }
}

/// Row 53.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ambiguous_credentials_are_400() {
    let world = World::new().await;
    let token = world.token(1);
    let two = Request::get("/orders/7")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    let one_of_another_kind = Request::get("/orders/7")
        .header(header::AUTHORIZATION, "Basic YTpi")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    for request in [
        two,
        one_of_another_kind,
        with_authorization("/orders/7", &format!("Bearer {token}, Bearer {token}")),
        with_authorization("/orders/7", &format!("Basic YTpi, Bearer {token}")),
        with_authorization("/orders/7", "Bearer \u{fc}"),
        without_token(&format!("/orders/7?access_token={token}")),
        bearer(&format!("/orders/7?a=b&access_token={token}"), &token),
        bearer("/orders/7?access_token", &token),
    ] {
        let shown = format!("{request:?}");
        let reply = world.send(request).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (400, "invalid_request"), "{shown}");
        assert!(reply.challenge.unwrap().contains("error=\"invalid_request\""), "{shown}");
    }
    assert_eq!(world.get("/orders/7?my_access_token=1", &token).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_scheme_has_no_case() {
    let world = World::new().await;
    let token = world.token(1);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request = with_authorization("/orders/7", &format!("{scheme}  {token}"));
        assert_eq!(world.send(request).await.status, 200, "{scheme}");
    }
    for empty in ["Bearer", "Bearer "] {
        let reply = world.send(with_authorization("/orders/7", empty)).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (401, "invalid_token"), "{empty}");
    }
}

/// Row 67: an absent token is anonymous where that is allowed, an invalid one never.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn optional_means_absent_and_not_invalid() {
    let world = World::new().await;
    let token = world.token(1);
    let anonymous = world.send(without_token("/optional")).await;
    assert_eq!((anonymous.status.as_u16(), &anonymous.body["anonymous"]), (200, &true.into()));
    assert_eq!(world.get("/optional", &token).await.body["anonymous"], false);
    for value in ["Bearer x", "Bearer", "Bearer cf_at_AAAA", "Basic YTpi"] {
        let reply = world.send(with_authorization("/optional", value)).await;
        assert_eq!(reply.status, 401, "{value}");
    }
}

/// A forgotten layer is a mistake in the application, never an open door.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_extractor_without_its_layer_is_500() {
    let world = World::new().await;
    let token = world.token(1);
    for path in ["/forgotten", "/forgotten-optional"] {
        let reply = world.get(path, &token).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (500, "not_guarded"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_scope_is_403_and_names_all() {
    let world = World::new().await;
    let reply = world.get("/admin", &world.token(1)).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (403, "insufficient_scope"));
    insta::assert_snapshot!(
        reply.challenge.unwrap(),
        @r#"Bearer resource_metadata="https://orders.example/.well-known/oauth-protected-resource", error="insufficient_scope", scope="orders:read orders:delete""#
    );
}

/// Acceptance question 7, as the client reads it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_description_says_what_to_do() {
    let world = World::new().await;
    let reply = world.order("cf_rt_abc").await;
    insta::assert_snapshot!(
        reply.challenge.unwrap(),
        @r#"Bearer resource_metadata="https://orders.example/.well-known/oauth-protected-resource", error="invalid_token", error_description="this is a refresh token, not an access token""#
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_says_which_issuer_to_ask() {
    let world = World::new().await;
    let reply = world.send(without_token("/.well-known/oauth-protected-resource")).await;
    assert_eq!(reply.body["resource"], "https://orders.example");
    assert_eq!(reply.body["authorization_servers"][0], world.issuer.url);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_shows_a_secret() {
    let world = World::new().await;
    let token = world.token(1);
    assert_eq!(world.order(&token).await.status, 200);
    let caller = world.guard.check(&token).await.unwrap();
    let shown = format!("{:?} {:?} {caller:?}", world.guard, world.guard.status());
    for secret in [token.as_str(), crate::issuer::CLIENT_SECRET, "alice@example.com"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
