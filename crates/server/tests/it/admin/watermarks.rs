//! What guards learn of each changing call: read off the API's own feed.

use counterfoil_jose::b64;
use serde_json::{Value, json};

use super::ground::{Ground, ORDERS, base64, client_token, send, sign_in};

/// What the orders API's guards are told of changes after `seq`: kind, mode, reason.
async fn told(ground: &Ground, seq: u64) -> Vec<String> {
    let basic = format!("Basic {}", base64("orders-api:orders-api-secret"));
    let path = format!("/feed/v1/snapshot?nonce={}", b64::encode(&[7; 16]));
    let headers = [("authorization", basic.as_str())];
    let snapshot = send(&ground.router, "GET", &path, &headers, "").await.expect(200);
    let payload = snapshot.body.as_str().unwrap().split('.').nth(1).unwrap();
    let payload: Value = serde_json::from_slice(&b64::decode(payload).unwrap()).unwrap();
    let marks = payload["watermarks"].as_array().unwrap().iter();
    let new = marks.filter(|mark| mark["not_before"].as_u64().unwrap() > seq);
    let mut told: Vec<String> = new
        .map(|mark| {
            let text = |name: &str| mark[name].as_str().unwrap().to_owned();
            format!("{} {} {}", text("kind"), text("mode"), text("reason"))
        })
        .collect();
    told.sort();
    told
}

/// Makes a call and compares what guards are told of it.
async fn check(ground: &Ground, method: &str, path: &str, body: Value, expected: &[&str]) {
    let before = ground.call("POST", "/admin/v1/keys/rotate", None).await.expect(200);
    let seq = before.body["receipt"]["seq"].as_u64().unwrap();
    let body = (!body.is_null()).then_some(&body);
    let reply = ground.call(method, path, body).await;
    assert!(reply.status.is_success(), "{method} {path}: {reply:#?}");
    assert_eq!(told(ground, seq).await, expected, "{method} {path}");
}

#[tokio::test]
async fn of_users() {
    let ground = Ground::new().await;
    let path = ground.find("users", "username=alice").await;
    let patch = async |body: Value, expected: &[&str]| {
        check(&ground, "PATCH", &path, body, expected).await;
    };
    patch(json!({"claims": {"email": "n@example.com"}}), &["claims soft updated"]).await;
    patch(json!({"username": "alicia"}), &[]).await;
    patch(json!({"password": "correct horse"}), &[]).await;
    let both = json!({"username": "alice", "claims": {"name": "A"}});
    patch(both, &["claims soft updated"]).await;
    let act = async |action: &str, expected: &[&str]| {
        let path = format!("{path}/{action}");
        check(&ground, "POST", &path, Value::Null, expected).await;
    };
    act("suspend", &["user hard suspended"]).await;
    act("resume", &[]).await;
    act("revoke", &["user hard admin_revoked"]).await;
    check(&ground, "DELETE", &path, Value::Null, &["user hard deleted"]).await;
    let new = json!({"username": "dora"});
    check(&ground, "POST", "/admin/v1/users", new, &[]).await;
}

#[tokio::test]
async fn of_clients() {
    let ground = Ground::new().await;
    let path = ground.find("clients", "client_id=shop").await;
    client_token(&ground.router, "shop", "shop-secret", ORDERS).await.unwrap();
    check(&ground, "PATCH", &path, json!({"client_name": "S"}), &[]).await;
    let narrow = json!({"apis": [{"resource": ORDERS, "scopes": []}]});
    check(&ground, "PATCH", &path, narrow, &["grant hard updated"]).await;
    check(&ground, "POST", &format!("{path}/secret"), Value::Null, &[]).await;
    check(&ground, "DELETE", &path, Value::Null, &["client hard deleted"]).await;
}

#[tokio::test]
async fn of_apis() {
    let ground = Ground::new().await;
    let path = ground.find("apis", "resource=https://orders.example").await;
    let other = json!({"resource": "https://other.example", "profile": {"name": "Other"}});
    check(&ground, "POST", "/admin/v1/apis", other, &[]).await;
    let patch = json!({"profile": {"claims": []}});
    check(&ground, "PATCH", &path, patch, &["api soft updated"]).await;
    // Another API's change is none of this one's business.
    let other = ground.find("apis", "resource=https://other.example").await;
    let patch = json!({"profile": {"lifetime_secs": 60}});
    check(&ground, "PATCH", &other, patch, &[]).await;
}

#[tokio::test]
async fn of_grants_and_sessions() {
    let ground = Ground::new().await;
    sign_in(&ground.router, Some(ORDERS)).await;
    let grant = ground.find("grants", "limit=1").await;
    let grants = ground.get("/admin/v1/grants").await.expect(200).body;
    let of_alice = grants["items"].as_array().unwrap().iter().find(|it| it["user"].is_string());
    let grant_of_alice = format!("/admin/v1/grants/{}", of_alice.unwrap()["id"].as_str().unwrap());
    assert_ne!(grant, grant_of_alice, "the first is the administrator's own");
    check(&ground, "DELETE", &grant_of_alice, Value::Null, &["grant hard admin_revoked"]).await;
    let session = ground.find("sessions", "limit=1").await;
    check(&ground, "DELETE", &session, Value::Null, &["session hard admin_revoked"]).await;
}

#[tokio::test]
async fn of_a_compromised_key() {
    let ground = Ground::new().await;
    let body = json!({"compromised": true});
    let path = "/admin/v1/keys/rotate";
    // Within one API's feed, everything of the issuer and everything of the API are the same.
    check(&ground, "POST", path, body, &["api hard key_rotated"]).await;
}
