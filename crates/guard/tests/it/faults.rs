//! What an issuer that is down, stopped, slow or broken does to an API.

use crate::issuer::{Answer, opaque_token};
use crate::world::World;
use axum::http::StatusCode;
use counterfoil_feed::{Mode, WatermarkKind};
use counterfoil_jose::crypto::Secret32;
use serde_json::json;
use std::sync::Arc;

/// SIGKILL: answers go on for the lease, then 503; with the issuer back, all is well again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_issuer_costs_nothing_for_a_lease_and_then_503() {
    let world = World::new().await;
    let token = world.token(1);
    assert_eq!(world.order(&token).await.status, 200);
    world.issuer.kill();
    world.clock.advance(2_000);
    assert_eq!(world.order(&token).await.body["source"], "push");
    world.clock.advance(3_100);
    let reply = world.order(&token).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (503, "verifier_not_fresh"));
    assert_eq!(reply.retry_after.as_deref(), Some("1"));
    assert_eq!(reply.challenge, None, "nothing is wrong with the token");
    // For a second nobody tries again: an outage costs each caller a 503 at once.
    assert_eq!(world.order(&token).await.status, 503);
    world.until("the readiness probe to fail", || !world.guard.status().ready).await;
    world.issuer.start().await;
    world.until_fresh().await;
    assert_eq!(world.order(&token).await.body["source"], "push");
}

/// SIGSTOP: connections stay open and nothing comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_issuer_is_no_different() {
    let world = Arc::new(World::new().await);
    let token = world.token(1);
    assert_eq!(world.order(&token).await.status, 200);
    world.freeze();
    world.clock.advance(4_000);
    assert_eq!(world.order(&token).await.body["source"], "push");
    world.clock.advance(1_100);
    let asked = world.issuer.count("introspect");
    let pending = {
        let (world, token) = (Arc::clone(&world), token.clone());
        tokio::spawn(async move { world.order(&token).await })
    };
    world.until("the question", || world.issuer.count("introspect") > asked).await;
    world.clock.advance(3_000);
    let reply = pending.await.unwrap();
    assert_eq!((reply.status.as_u16(), reply.code()), (503, "verifier_not_fresh"));
    world.thaw();
    world.until_fresh().await;
    assert_eq!(world.order(&token).await.status, 200);
}

/// A change that is made while the guard can't hear of it is seen before anything is answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_revoked_meanwhile_is_never_accepted_again() {
    let world = World::new().await;
    let token = world.token(1);
    assert_eq!(world.order(&token).await.status, 200);
    world.issuer.kill();
    world.issuer.commit(WatermarkKind::Grant, b"grant-1", Mode::Hard);
    world.clock.advance(6_000);
    world.issuer.answer(&token, Answer::Json(json!({"active": false})));
    assert_eq!(world.order(&token).await.status, 503);
    world.issuer.restart().await;
    world.until_fresh().await;
    assert_eq!(world.order(&token).await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_issuer_is_followed_without_a_gap() {
    let world = World::new().await;
    let token = world.token(1);
    assert_eq!(world.order(&token).await.status, 200);
    world.issuer.restart().await;
    let instance = || world.guard.status().follower.and_then(|follower| follower.instance);
    let before = instance();
    // The new process doesn't know the guard, which begins again; requests are asked about.
    world.until_in_time("a new name", || instance().is_some_and(|name| Some(name) != before)).await;
    assert_eq!(world.order(&token).await.status, 200);
    world.until_fresh().await;
    assert_eq!(world.order(&token).await.body["source"], "push");
    let revision = world.issuer.commit(WatermarkKind::User, b"alice", Mode::Hard);
    world.applied(revision).await;
    assert_eq!(world.order(&token).await.status, 401);
}

/// An API may start before its issuer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cold_guard_says_503_until_it_knows() {
    let world = World::cold(|builder| builder).await;
    let token = world.token(1);
    let reply = world.order(&token).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (503, "verifier_not_fresh"));
    world.issuer.start().await;
    world.until_fresh().await;
    assert_eq!(world.order(&token).await.status, 200);
}

/// Routes marked so go on for their grace, and say so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_route_outlives_the_lease_by_its_grace() {
    let world =
        World::with(|builder| builder.longest_grace(std::time::Duration::from_secs(60))).await;
    let token = world.token(1);
    assert_eq!(world.order(&token).await.status, 200);
    world.issuer.kill();
    world.clock.advance(6_000);
    assert_eq!(world.order(&token).await.status, 503);
    let stale = world.get("/stale", &token).await;
    assert_eq!((&stale.body["source"], &stale.body["bound_ms"]), (&json!("cache"), &json!(65_000)));
    assert_eq!(world.counter("accepted_cache"), 1);
    world.clock.advance(60_000);
    assert_eq!(world.get("/stale", &token).await.status, 503);
}

/// P4: junk dies here, whatever state the guard is in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn junk_costs_no_call() {
    let world = World::new().await;
    let jwks = world.issuer.count("jwks");
    let other_api = opaque_token(&world.issuer.url, &Secret32::from([44; 32]), 1);
    let mut damaged = world.token(1);
    let last = damaged.pop().unwrap();
    damaged.push(if last == 'A' { 'B' } else { 'A' });
    for junk in [
        other_api.as_str(),
        damaged.as_str(),
        "cf_at_",
        "x",
        "eyJhbGciOiJub25lIn0.e30.",
        "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IngifQ.e30.AAAA",
        "a.b.c.d.e",
    ] {
        assert_eq!(world.order(junk).await.status, 401, "{junk}");
    }
    assert_eq!(world.issuer.count("introspect"), 0);
    assert_eq!(world.issuer.count("jwks"), jwks);
}

/// P5, row 74 and 76: whatever a broken issuer says, it says nothing about the token.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_issuer_is_never_taken_for_a_bad_token() {
    let world = World::new().await;
    let html = "<html>down for maintenance</html>";
    for (number, answer) in [
        Answer::Raw(StatusCode::OK, "text/html", html),
        Answer::Raw(StatusCode::OK, "application/json", html),
        Answer::Raw(StatusCode::OK, "application/json", r#"{"active":"true"}"#),
        Answer::Raw(StatusCode::INTERNAL_SERVER_ERROR, "application/json", r#"{"active":false}"#),
        Answer::Raw(StatusCode::UNAUTHORIZED, "application/json", r#"{"active":false}"#),
        Answer::Raw(StatusCode::FOUND, "application/json", r#"{"active":false}"#),
        Answer::Json(json!({"active": true})),
    ]
    .into_iter()
    .enumerate()
    {
        let token = world.token(i64::try_from(number).unwrap() + 10);
        let good = Answer::Json(world.issuer.active("alice@example.com"));
        world.issuer.answer(&token, answer.clone());
        let reply = world.order(&token).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code()),
            (503, "verifier_not_fresh"),
            "{answer:?}"
        );
        world.issuer.answer(&token, good);
        assert_eq!(world.order(&token).await.email(), "alice@example.com", "nothing was kept");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inactive_token_is_remembered() {
    let world = World::new().await;
    let token = world.issuer.opaque(5);
    for _ in 0..3 {
        assert_eq!(world.order(&token).await.status, 401);
    }
    assert_eq!(world.issuer.count("introspect"), 1);
}
