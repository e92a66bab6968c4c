//! Grants and sessions.

use serde_json::Value;

use super::ground::{Ground, ORDERS, client_token, sign_in};

async fn items(ground: &Ground, path: &str) -> Vec<Value> {
    ground.get(path).await.expect(200).body["items"].as_array().unwrap().clone()
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_grant_is_listed_and_revoked_once() {
    let ground = Ground::new().await;
    let alice = ground.user("alice").await;
    let tokens = sign_in(&ground.router, Some(ORDERS)).await;
    let access = tokens["access_token"].as_str().unwrap();
    let machine = client_token(&ground.router, "shop", "shop-secret", ORDERS).await.unwrap();

    let of_alice = items(&ground, &format!("/admin/v1/grants?user={}", id(&alice))).await;
    assert_eq!(of_alice.len(), 1);
    let grant = &of_alice[0];
    assert_eq!(grant["kind"], "authorization_code");
    assert!(grant["refresh_expires_at"].is_i64() && grant["session"].is_string());
    let client = grant["client"].as_str().unwrap();
    let of_shop = items(&ground, &format!("/admin/v1/grants?client={client}")).await;
    assert_eq!(of_shop.len(), 2, "alice's and its own");
    let both = format!("/admin/v1/grants?client={client}&user={}", id(&alice));
    assert_eq!(items(&ground, &both).await.len(), 1);

    let path = format!("/admin/v1/grants/{}", id(grant));
    ground.delete(&format!("{path}?wait=effective")).await.expect(200);
    assert!(!ground.is_active(access).await);
    assert!(ground.is_active(&machine).await, "another grant lives on");
    ground.delete(&path).await.expect(200);
    let now = items(&ground, &both).await;
    assert!(now[0]["revoked_at"].is_i64());

    let standing = of_shop.iter().find(|it| it["kind"] == "client_credentials").unwrap();
    ground.delete(&format!("/admin/v1/grants/{}", id(standing))).await.expect(200);
    assert!(!ground.is_active(&machine).await);
    // A client's right is its registration; ending one grant kills the tokens that hang on it.
    let anew = client_token(&ground.router, "shop", "shop-secret", ORDERS).await.unwrap();
    assert!(ground.is_active(&anew).await);
}

#[tokio::test]
async fn ending_a_session_ends_what_hangs_on_it() {
    let ground = Ground::new().await;
    let alice = ground.user("alice").await;
    let tokens = sign_in(&ground.router, Some(ORDERS)).await;
    let access = tokens["access_token"].as_str().unwrap();
    let list = format!("/admin/v1/sessions?user={}", id(&alice));
    let sessions = items(&ground, &list).await;
    assert_eq!(sessions.len(), 1);
    assert!(sessions[0].get("ended_at").is_none());
    let path = format!("/admin/v1/sessions/{}", id(&sessions[0]));
    ground.delete(&path).await.expect(200);
    assert!(!ground.is_active(access).await);
    assert!(items(&ground, &list).await[0]["ended_at"].is_i64());
    ground.delete(&path).await.expect(200);
    assert!(items(&ground, "/admin/v1/sessions?user=1").await.is_empty());
}
