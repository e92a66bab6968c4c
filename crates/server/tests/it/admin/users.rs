use counterfoil_feed::{FeedKeys, FeedName};
use counterfoil_jose::JwkSet;
use serde_json::json;

use super::ground::{Ground, ISSUER, ORDERS, Reply, sign_in, token_request};

fn problem(reply: &Reply) -> (u16, &str, &str) {
    reply.problem()
}

#[tokio::test]
async fn a_user_is_made_read_changed_and_deleted() {
    let ground = Ground::new().await;
    let made = ground
        .post(
            "/admin/v1/users",
            &json!({"username": "Dora", "password": "correct horse",
                "claims": {"email": "dora@example.com", "groups": ["staff"]}}),
        )
        .await
        .expect(201);
    let path = format!("/admin/v1/users/{}", made.id());
    assert_eq!(made.header("location"), format!("http://localhost:7070{path}"));
    assert!(made.body["sub"].as_str().unwrap().starts_with("usr_"));
    assert!(made.body.get("password").is_none());
    assert_eq!(made.header("counterfoil-seq"), made.body["receipt"]["seq"].to_string());

    let read = ground.get(&path).await.expect(200);
    assert_eq!(read.header("etag"), made.header("etag"));
    let mut shown = made.body.clone();
    shown.as_object_mut().unwrap().remove("receipt");
    assert_eq!(read.body, shown);

    let patch = json!({"claims": {"email": "d@example.com", "groups": null}});
    let patched = ground.patch(&path, &patch).await.expect(200);
    assert_eq!(patched.body["claims"], json!({"email": "d@example.com"}));
    assert_ne!(patched.header("etag"), read.header("etag"));

    ground.delete(&path).await.expect(200);
    assert_eq!(problem(&ground.get(&path).await), (404, "not_found", ""));
    assert_eq!(problem(&ground.delete(&path).await), (404, "not_found", ""));
}

/// What a signed-in alice holds, and whether it still works.
struct Held {
    access: String,
    refresh: String,
}

impl Held {
    async fn new(ground: &Ground) -> Self {
        let tokens = sign_in(&ground.router, Some(ORDERS)).await;
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }

    /// (the access token is active, the refresh token works)
    async fn alive(&self, ground: &Ground) -> (bool, bool) {
        let form = [("grant_type", "refresh_token"), ("refresh_token", self.refresh.as_str())];
        let refreshed = token_request(&ground.router, &form).await;
        (ground.is_active(&self.access).await, refreshed.status == 200)
    }
}

#[tokio::test]
async fn suspending_kills_at_once_and_resuming_revives_nothing() {
    let ground = Ground::new().await;
    let held = Held::new(&ground).await;
    assert_eq!(held.alive(&ground).await, (true, true));
    let alice = format!("/admin/v1/users/{}", ground.user("alice").await["id"].as_str().unwrap());

    let suspended = ground.call("POST", &format!("{alice}/suspend"), None).await.expect(200);
    assert_eq!(suspended.body["status"], "suspended");
    assert_eq!(held.alive(&ground).await, (false, false));

    let resumed = ground.call("POST", &format!("{alice}/resume"), None).await.expect(200);
    assert_eq!(resumed.body["status"], "active");
    assert_eq!(held.alive(&ground).await, (false, false));
    let anew = Held::new(&ground).await;
    assert_eq!(anew.alive(&ground).await, (true, true));

    ground.call("POST", &format!("{alice}/revoke"), None).await.expect(200);
    assert_eq!(anew.alive(&ground).await, (false, false));
    assert_eq!(ground.user("alice").await["status"], "active");
}

#[tokio::test]
async fn a_receipt_is_signed_and_names_the_change() {
    let ground = Ground::new().await;
    let alice = format!("/admin/v1/users/{}", ground.user("alice").await["id"].as_str().unwrap());
    let path = format!("{alice}/suspend?wait=effective");
    let answer = ground.call("POST", &path, None).await.expect(200);
    let receipt = &answer.body["receipt"];
    let keys = ground.get("/feed/v1/keys").await.expect(200).body.to_string();
    let feed = FeedName { iss: ISSUER.to_owned(), aud: ORDERS.to_owned() };
    let keys = FeedKeys::new(feed, &JwkSet::parse(keys.as_bytes()).unwrap()).unwrap();
    let signed = receipt["receipt"].as_str().unwrap();
    let verified = keys.receipt(signed, "admin").unwrap();
    assert_eq!(json!(verified.at.seq.get()), receipt["seq"]);
    assert_eq!(json!(verified.effective_at.as_secs()), receipt["effective_at"]);
    assert_eq!(answer.header("counterfoil-seq"), receipt["seq"].to_string());
    assert!(keys.receipt(signed, "another").is_err());
}
