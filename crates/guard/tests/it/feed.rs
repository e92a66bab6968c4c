//! The steady state, and what changes it.

use crate::issuer::Answer;
use crate::world::{Reply, World};
use counterfoil_feed::{Mode, WatermarkKind};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::task::JoinHandle;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_token_costs_no_call() {
    let world = World::new().await;
    let token = world.token(1);
    let first = world.order(&token).await;
    assert_eq!(first.email(), "alice@example.com");
    assert_eq!(first.body["source"], "origin");
    let calls = ["introspect", "jwks", "metadata", "snapshot", "stream", "feed_keys"];
    let before = calls.map(|route| world.issuer.count(route));
    assert_eq!(world.issuer.count("introspect"), 1);
    for _ in 0..1_000 {
        let reply = world.order(&token).await;
        assert_eq!(reply.email(), "alice@example.com");
        assert_eq!(
            (&reply.body["source"], &reply.body["bound_ms"]),
            (&json!("push"), &json!(5_000))
        );
    }
    assert_eq!(calls.map(|route| world.issuer.count(route)), before);
    assert_eq!(world.counter("accepted_push"), 1_000);
    let status = world.guard.status();
    assert_eq!((status.level.as_str(), status.bound_ms), ("L2", Some(5_000)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_token_is_401_at_once() {
    for (kind, id) in [
        (WatermarkKind::User, b"alice".as_slice()),
        (WatermarkKind::Grant, b"grant-1"),
        (WatermarkKind::Token, b"token-1"),
    ] {
        let world = World::new().await;
        let token = world.token(1);
        assert_eq!(world.order(&token).await.status, 200);
        let revision = world.issuer.commit(kind, id, Mode::Hard);
        world.applied(revision).await;
        let reply = world.order(&token).await;
        assert_eq!(reply.status, 401);
        insta::allow_duplicates! {
            insta::assert_snapshot!(
                reply.challenge.unwrap(),
                @r#"Bearer resource_metadata="https://orders.example/.well-known/oauth-protected-resource", error="invalid_token", error_description="the token was revoked""#
            );
        }
        assert_eq!(world.counter("rejected_revoked"), 1);
        assert_eq!(world.issuer.count("introspect"), 1, "a dead token is not asked about");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_claim_is_in_the_very_next_answer() {
    let world = World::new().await;
    let token = world.token(1);
    assert_eq!(world.order(&token).await.email(), "alice@example.com");
    let revision = world.issuer.commit(WatermarkKind::Claims, b"alice", Mode::Soft);
    world.issuer.answer(&token, Answer::Json(world.issuer.active("alice@new.example")));
    world.applied(revision).await;
    assert_eq!(world.order(&token).await.email(), "alice@new.example");
    assert_eq!(world.order(&token).await.body["source"], "push");
    assert_eq!(world.issuer.count("introspect"), 2);
}

/// P1: the answer left before the change and arrives after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_overtaken_is_asked_for_again() {
    let world = Arc::new(World::new().await);
    let token = world.token(1);
    let old = world.issuer.active("alice@example.com");
    let _previous = world.issuer.hold.send_replace(true);
    let pending = order_in_background(&world, &token);
    world.until("the question", || world.issuer.count("introspect") == 1).await;
    let revision = world.issuer.commit(WatermarkKind::Claims, b"alice", Mode::Soft);
    world.applied(revision).await;
    let new = world.issuer.active("alice@new.example");
    world.issuer.answer_in_turn(&token, [Answer::Json(old), Answer::Json(new)]);
    let _previous = world.issuer.hold.send_replace(false);
    assert_eq!(pending.await.unwrap().email(), "alice@new.example");
    assert_eq!(world.issuer.count("introspect"), 2);
}

fn order_in_background(world: &Arc<World>, token: &str) -> JoinHandle<Reply> {
    let (world, token) = (Arc::clone(world), token.to_owned());
    tokio::spawn(async move { world.order(&token).await })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_requests_ask_once() {
    let world = Arc::new(World::new().await);
    let token = world.token(1);
    let _previous = world.issuer.hold.send_replace(true);
    let requests: Vec<_> = (0..64).map(|_| order_in_background(&world, &token)).collect();
    world.until("63 that wait", || world.counter("coalesced") == 63).await;
    let _previous = world.issuer.hold.send_replace(false);
    for request in requests {
        assert_eq!(request.await.unwrap().email(), "alice@example.com");
    }
    assert_eq!(world.issuer.count("introspect"), 1);
}

/// Without a lease an answer is good for those alone who came before it was asked for; the others
/// share the next one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_lease_sixty_four_requests_ask_twice() {
    let world = Arc::new(World::new().await);
    let token = world.token(1);
    assert_eq!(world.order(&token).await.status, 200);
    let _previous = world.issuer.hold_leases.send_replace(true);
    world.clock.advance(6_000);
    let asked = world.issuer.count("introspect");
    let _previous = world.issuer.hold.send_replace(true);
    let first = order_in_background(&world, &token);
    world.until("the question", || world.issuer.count("introspect") == asked + 1).await;
    let others: Vec<_> = (0..63).map(|_| order_in_background(&world, &token)).collect();
    world.until("63 that wait", || world.counter("coalesced") == 63).await;
    let _previous = world.issuer.hold.send_replace(false);
    assert_eq!(first.await.unwrap().email(), "alice@example.com");
    for request in others {
        assert_eq!(request.await.unwrap().email(), "alice@example.com");
    }
    assert_eq!(world.issuer.count("introspect"), asked + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_epoch_empties_memory() {
    let world = World::new().await;
    let token = world.token(1);
    assert_eq!(world.order(&token).await.status, 200);
    world.issuer.raise_epoch();
    world.issuer.answer(&token, Answer::Json(world.issuer.active("alice@example.com")));
    let epoch = world.issuer.head().epoch;
    let followed = || world.guard.status().follower.map(|follower| follower.applied.epoch);
    world
        .until_in_time("the new epoch", || followed() == Some(epoch) && world.lease_left_ms() > 0)
        .await;
    let reply = world.order(&token).await;
    assert_eq!((reply.email(), &reply.body["source"]), ("alice@example.com", &json!("origin")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_guard_stops_following() {
    let world = World::new().await;
    let issuer = Arc::clone(&world.issuer);
    world.until("the stream", || issuer.open_streams.load(Ordering::SeqCst) == 1).await;
    drop(world);
    let closed = async {
        while issuer.open_streams.load(Ordering::SeqCst) > 0 {
            // The server notices a closed connection when it writes.
            issuer.clock.advance(1_000);
            issuer.flush();
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), closed).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_stays_fresh_for_as_long_as_it_runs() {
    let world = World::new().await;
    let token = world.token(1);
    assert_eq!(world.order(&token).await.status, 200);
    world.pass(60_000).await;
    assert_eq!(world.order(&token).await.body["source"], "push");
    assert_eq!(world.issuer.count("introspect"), 1);
    world.pass(540_000).await;
    let reply = world.order(&token).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (401, "invalid_token"), "never past exp");
}
