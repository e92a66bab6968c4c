use serde_json::{Value, json};

use super::ground::{Ground, ORDERS, admin_token, client_token, send};

async fn states(ground: &Ground) -> Vec<(String, String, String)> {
    let list = ground.get("/admin/v1/keys").await.expect(200).body;
    assert!(!list.to_string().contains("secret"));
    let text = |key: &Value, name: &str| key[name].as_str().unwrap_or_default().to_owned();
    let items = list["items"].as_array().unwrap().iter();
    items.map(|key| (text(key, "purpose"), text(key, "alg"), text(key, "state"))).collect()
}

fn count(states: &[(String, String, String)], purpose: &str, state: &str) -> usize {
    states.iter().filter(|(p, _, s)| p == purpose && s == state).count()
}

#[tokio::test]
async fn a_gentle_rotation_publishes_successors_and_ends_nothing() {
    let ground = Ground::new().await;
    let token = client_token(&ground.router, "shop", "shop-secret", ORDERS).await.unwrap();
    let before = states(&ground).await;
    let active = count(&before, "sign", "active");
    let rotated = ground.call("POST", "/admin/v1/keys/rotate", None).await.expect(200);
    let kids = rotated.body["kids"].as_array().unwrap();
    assert_eq!(kids.len(), active + 1, "each signing key and the sealing one");
    let after = states(&ground).await;
    assert_eq!(count(&after, "sign", "active"), active);
    assert_eq!(count(&after, "sign", "published"), active);
    assert!(ground.is_active(&token).await);
    ground.get("/admin/v1/keys").await.expect(200);
    let jwks = send(&ground.router, "GET", "/jwks", &[], "").await.expect(200);
    assert_eq!(jwks.body["keys"].as_array().unwrap().len(), 2 * active);
}

#[tokio::test]
async fn a_compromised_key_takes_everything_with_it() {
    let mut ground = Ground::new().await;
    let token = client_token(&ground.router, "shop", "shop-secret", ORDERS).await.unwrap();
    let path = "/admin/v1/keys/rotate?wait=effective";
    let answer = ground.post(path, &json!({"compromised": true})).await.expect(200);
    assert!(answer.body["receipt"]["receipt"].is_string());
    assert!(!ground.is_active(&token).await);
    assert_eq!(ground.get("/admin/v1/keys").await.problem(), (401, "invalid_token", ""));
    ground.token = admin_token(&ground.router).await;
    assert_eq!(count(&states(&ground).await, "sign", "retired"), 4);
}

#[tokio::test]
async fn a_rotation_understands_one_member() {
    let ground = Ground::new().await;
    let check = async |body: Value, code: &str, pointer: &str| {
        let reply = ground.post("/admin/v1/keys/rotate", &body).await;
        assert_eq!(reply.problem(), (422, code, pointer), "{body}");
    };
    check(json!({"compromised": "true"}), "invalid_member", "/compromised").await;
    check(json!({"compromise": true}), "unknown_member", "/compromise").await;
}
