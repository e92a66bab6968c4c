//! JWTs: an issuer's keys, with a feed and without.

use crate::clock::VirtualClock;
use crate::issuer::{AUD, Answer, Issuer, cf_keys, signing_key};
use crate::world::{World, credential};
use counterfoil_guard::{ClaimsFrom, Clock, Guard, Issuer as Trusted};
use counterfoil_jose::jws::{JwsHeader, sign};
use counterfoil_jose::{JwsAlgorithm, SigningKey};
use serde_json::json;
use std::sync::Arc;

fn jwt(issuer: &Issuer, key: &SigningKey) -> String {
    let now = issuer.clock.now().unix().as_secs();
    let payload = json!({
        "iss": issuer.url, "sub": "248289761001", "aud": AUD, "client_id": "web-app",
        "exp": now + 600, "iat": now, "jti": "j-1", "scope": "orders:read", "principal": "user",
        "cf_epoch": 1, "cf_rev": 100, "cf_keys": cf_keys(), "email": "alice@in-the-token.example",
    });
    sign(key, &JwsHeader::typ("at+jwt"), payload.to_string().as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thin_jwt_is_asked_about_once() {
    let world = World::new().await;
    let token = jwt(&world.issuer, &signing_key());
    world.issuer.answer(&token, Answer::Json(world.issuer.active("alice@example.com")));
    assert_eq!(world.order(&token).await.email(), "alice@example.com");
    assert_eq!(world.order(&token).await.body["source"], "push");
    assert_eq!(world.issuer.count("introspect"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_in_a_jwt_need_no_question() {
    let world = World::with(|builder| builder.claims(ClaimsFrom::Token)).await;
    let token = jwt(&world.issuer, &signing_key());
    let reply = world.order(&token).await;
    assert_eq!(
        (reply.email(), &reply.body["source"]),
        ("alice@in-the-token.example", &json!("push"))
    );
    assert_eq!(world.issuer.count("introspect"), 0);
}

/// Acceptance question 23: the feed tells of a new key, and of one that left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_rotate_without_a_401() {
    let world = World::with(|builder| builder.claims(ClaimsFrom::Token)).await;
    let old = jwt(&world.issuer, &signing_key());
    assert_eq!(world.order(&old).await.status, 200);
    let new = SigningKey::generate(JwsAlgorithm::Es256).unwrap().with_kid("new");
    let new_token = jwt(&world.issuer, &new);
    world.issuer.sign_with(vec![copy(&signing_key()), copy(&new)]);
    // A fetch that was under way before may have brought the old ones alone.
    let fetched = world.issuer.count("jwks");
    world.issuer.announce_keys();
    world.until("the new keys", || world.issuer.count("jwks") > fetched).await;
    assert_eq!(world.order(&new_token).await.status, 200);
    assert_eq!(world.order(&old).await.status, 200);
    world.issuer.sign_with(vec![copy(&new)]);
    let fetched = world.issuer.count("jwks");
    world.clock.advance(100);
    world.issuer.announce_keys();
    world.until("the old key to leave", || world.issuer.count("jwks") > fetched).await;
    let waiting = async {
        while world.order(&old).await.status != 401 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), waiting).await.unwrap();
    assert_eq!(world.order(&new_token).await.status, 200);
}

fn copy(key: &SigningKey) -> SigningKey {
    let pkcs8 = key.to_pkcs8();
    SigningKey::from_pkcs8(key.algorithm(), pkcs8.expose()).unwrap().with_kid(key.kid())
}

/// Level 0: one fetch of the keys, whatever comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_feed_keys_are_fetched_and_kept() {
    let clock = VirtualClock::new();
    let issuer = Issuer::new(clock.clone()).await;
    issuer.start().await;
    let guard = Guard::builder(AUD)
        .trust(Trusted::foreign(&issuer.url))
        .clock(Arc::new(clock.clone()))
        .build()
        .unwrap();
    let token = jwt(&issuer, &signing_key());
    let caller = guard.check(&token).await.unwrap();
    assert_eq!(caller.email(), Some("alice@in-the-token.example"));
    assert_eq!(caller.freshness().level.as_str(), "L0");
    assert_eq!(caller.freshness().bound_ms, 600_000);
    for number in 0..100 {
        let stranger = SigningKey::generate(JwsAlgorithm::EdDsa).unwrap();
        let token = jwt(&issuer, &stranger.with_kid(format!("k{number}")));
        assert!(guard.check(&token).await.is_err());
    }
    assert_eq!(issuer.count("jwks"), 1);
    assert_eq!(guard.status().level.as_str(), "L0");
}

/// Level 0 with questions: an answer is kept for its time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_feed_answers_are_kept_for_a_while() {
    let clock = VirtualClock::new();
    let issuer = Issuer::new(clock.clone()).await;
    issuer.start().await;
    let trusted =
        Trusted::foreign(&issuer.url).claims(ClaimsFrom::Introspection).answer_ttl_ms(10_000);
    let guard = Guard::builder(AUD)
        .trust(trusted)
        .credential(&issuer.url, credential())
        .clock(Arc::new(clock.clone()))
        .build()
        .unwrap();
    issuer.answer("opaque-of-somebody", Answer::Json(issuer.active("alice@example.com")));
    for _ in 0..3 {
        let caller = guard.check("opaque-of-somebody").await.unwrap();
        assert_eq!(caller.email(), Some("alice@example.com"));
    }
    assert_eq!(issuer.count("introspect"), 1);
    clock.advance(10_000);
    assert!(guard.check("opaque-of-somebody").await.is_ok());
    assert_eq!(issuer.count("introspect"), 2);
}
