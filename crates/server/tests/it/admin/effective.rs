//! `?wait=effective`: an answer means that nobody accepts any more what the change ended.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use counterfoil_jose::{b64, crypto::Secret32};
use counterfoil_server::{Clock, Config};
use counterfoil_store::{PostgresOptions, SqliteOptions, Store};
use counterfoil_testing::scratch::Dir;
use serde_json::{Value, json};

use super::ground::{Ground, ISSUER, ORDERS, Reply, base64, send, sign_in};

/// A clock that stands still until it is moved.
#[derive(Debug)]
struct Hand(AtomicU64);

impl Clock for Hand {
    fn now_ms(&self) -> i64 {
        1_800_000_000_000 + i64::try_from(self.boot_ms()).unwrap()
    }

    fn boot_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn ticks(&self) -> u64 {
        self.boot_ms() * 1_000_000
    }
}

/// A guard of the orders API, as far as the issuer can tell.
struct Guard<'g> {
    ground: &'g Ground,
    instance: String,
    applied: Value,
}

impl<'g> Guard<'g> {
    async fn new(ground: &'g Ground) -> Self {
        let mut guard = Self { ground, instance: String::new(), applied: Value::Null };
        let path = format!("/feed/v1/snapshot?nonce={}", nonce());
        let snapshot = payload(&guard.ask("GET", &path, String::new()).await.expect(200));
        snapshot["instance"].as_str().unwrap().clone_into(&mut guard.instance);
        guard.applied = snapshot;
        guard
    }

    /// Asks for a lease, acknowledging what its snapshot held.
    async fn renew(&self) -> Value {
        let request = json!({
            "instance": self.instance, "nonce": nonce(), "epoch": self.applied["epoch"],
            "applied_seq": self.applied["seq"], "head_hash": self.applied["head_hash"],
        });
        payload(&self.ask("POST", "/feed/v1/lease", request.to_string()).await.expect(200))
    }

    async fn ask(&self, method: &str, path: &str, body: String) -> Reply {
        let basic = format!("Basic {}", base64("orders-api:orders-api-secret"));
        let headers = [("authorization", basic.as_str()), ("content-type", "application/json")];
        send(&self.ground.router, method, path, &headers, body).await
    }
}

fn nonce() -> String {
    b64::encode(&counterfoil_jose::crypto::random::<16>())
}

fn payload(reply: &Reply) -> Value {
    let jwt = reply.body.as_str().unwrap();
    serde_json::from_slice(&b64::decode(jwt.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_silent_guard_is_waited_out() {
    let dir = Dir::new("effective").unwrap();
    let options = SqliteOptions::default();
    let store = Store::open_sqlite(&dir.join("counterfoil.db"), options).await.unwrap();
    let clock = Arc::new(Hand(AtomicU64::new(1_000_000)));
    let mut config = Config::new(ISSUER, Secret32::random()).unwrap();
    config.clock = Arc::clone(&clock) as _;
    config.receipt_wait_max = Duration::from_millis(50);
    let ground = Ground::with(config, store).await;
    // An earlier process may have granted leases; let those end.
    clock.0.fetch_add(100_000, Ordering::SeqCst);
    let guard = Guard::new(&ground).await;
    let lease = guard.renew().await;
    let lease_ms = lease["lease_ms"].as_u64().unwrap();

    // The clock stands still, so the lease never ends, and the guard never says that it has heard.
    let path = ground.find("users", "username=alice").await;
    let change = json!({"claims": {"email": "new@example.com"}});
    let path = format!("{path}?wait=effective");
    let tired = ground.patch(&path, &change).await.expect(202);
    let receipt = &tired.body["receipt"];
    assert!(receipt["seq"].as_u64() > lease["committed_seq"].as_u64());
    assert!(receipt.get("receipt").is_none() && receipt["detail"].is_string(), "{receipt}");
    assert_eq!(ground.user("alice").await["claims"]["email"], "new@example.com", "durable");

    // It still says nothing, but its lease is over.
    clock.0.fetch_add(2 * lease_ms, Ordering::SeqCst);
    let change = json!({"claims": {"email": "newer@example.com"}});
    let done = ground.patch(&path, &change).await.expect(200);
    let receipt = &done.body["receipt"];
    assert_eq!((&receipt["acknowledged"], &receipt["lapsed"]), (&json!(0), &json!(1)));
    assert!(receipt["receipt"].is_string());
}

/// Two nodes over one database: what one says is in force is in force at the other, and at the
/// other's guards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_speaks_for_every_node() {
    let url = counterfoil_testing::postgres::shared().fresh_database();
    let key = Secret32::random();
    let node = async || {
        let store = Store::open_postgres(PostgresOptions::new(url.clone())).await.unwrap();
        Ground::with(Config::new(ISSUER, key.clone()).unwrap(), store).await
    };
    let (one, other) = (node().await, node().await);
    let tokens = sign_in(&one.router, Some(ORDERS)).await;
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(other.introspect(token).await["email"], "alice@example.com");

    let path = one.find("users", "username=alice").await;
    let change = json!({"claims": {"email": "new@example.com"}});
    one.patch(&format!("{path}?wait=effective"), &change).await.expect(200);
    assert_eq!(other.introspect(token).await["email"], "new@example.com");

    // A guard at the other node that has gone silent is waited for by this one.
    let guard = Guard::new(&other).await;
    guard.renew().await;
    let suspend = format!("{path}/suspend?wait=effective");
    one.call("POST", &suspend, None).await.expect(200);
    assert!(!one.is_active(token).await);
    assert!(!other.is_active(token).await);
    let left = other.get("/admin/v1/verifiers").await.expect(200);
    let items = left.body["items"].as_array().unwrap();
    let lapsed = |item: &Value| item["lease_left_ms"] == 0;
    assert!(items.iter().all(lapsed), "{items:?}");
}
