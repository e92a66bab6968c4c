use counterfoil_feed::{FeedKeys, FeedName};
use counterfoil_jose::JwkSet;
use serde_json::{Value, json};

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

#[tokio::test]
async fn what_a_user_may_not_be() {
    let ground = Ground::new().await;
    let check = async |body: Value, code: &str, pointer: &str| {
        let reply = ground.post("/admin/v1/users", &body).await;
        assert_eq!(reply.problem().1, code, "{body}");
        assert_eq!(reply.problem().2, pointer, "{body}");
    };
    let claims = |claims: Value| json!({"username": "x", "claims": claims});
    check(json!({}), "invalid_member", "/username").await;
    check(json!({"username": ""}), "invalid_member", "/username").await;
    check(json!({"username": 7}), "invalid_member", "/username").await;
    check(json!({"username": " x"}), "invalid_member", "/username").await;
    check(json!({"username": "x\ny"}), "invalid_member", "/username").await;
    check(json!({"username": "x".repeat(129)}), "invalid_member", "/username").await;
    check(json!({"username": "ü".repeat(128) + "x"}), "invalid_member", "/username").await;
    check(json!({"username": "ALICE"}), "taken", "/username").await;
    check(json!({"usernme": "x"}), "unknown_member", "/usernme").await;
    check(json!({"username": "x", "password": "short"}), "invalid_member", "/password").await;
    check(json!({"username": "x", "password": null}), "invalid_member", "/password").await;
    check(
        json!({"username": "longenough", "password": "LongEnough"}),
        "invalid_member",
        "/password",
    )
    .await;
    check(json!({"username": "x", "password": "ü".repeat(600)}), "invalid_member", "/password")
        .await;
    for name in ["id", "sub", "status", "version", "has_password", "receipt"] {
        let body = json!({"username": "x", name: "y"});
        check(body, "read_only_member", &format!("/{name}")).await;
    }
    check(claims(json!([])), "invalid_member", "/claims").await;
    check(claims(json!({"email_verified": "true"})), "invalid_member", "/claims/email_verified")
        .await;
    check(claims(json!({"groups": "a b"})), "invalid_member", "/claims/groups").await;
    check(claims(json!({"groups": ["a", "a"]})), "invalid_member", "/claims/groups/1").await;
    check(claims(json!({"groups": [["a"]]})), "invalid_member", "/claims/groups/0").await;
    check(claims(json!({"email": 1})), "invalid_member", "/claims/email").await;
    check(claims(json!({"email": null})), "invalid_member", "/claims/email").await;
    check(claims(json!({"address": {"planet": "x"}})), "unknown_member", "/claims/address/planet")
        .await;
    check(claims(json!({"sub": "x"})), "reserved_claim", "/claims/sub").await;
    check(claims(json!({"scope": "admin"})), "reserved_claim", "/claims/scope").await;
    check(claims(json!({"plan": "gold"})), "unknown_member", "/claims/plan").await;
    check(
        claims(json!({"https://a.example/x": null})),
        "invalid_member",
        "/claims/https:~1~1a.example~1x",
    )
    .await;
    let many: Vec<(String, u8)> = (0..65).map(|n| (format!("urn:x:{n}"), 1)).collect();
    check(claims(many.into_iter().collect()), "invalid_member", "/claims").await;
    let reply = ground.post("/admin/v1/users", &json!({"usernme": "x"})).await;
    assert_eq!(reply.body["detail"], "unknown member `usernme`; did you mean `username`?");
}

#[tokio::test]
async fn a_patch_merges_and_what_was_read_can_be_sent_back() {
    let ground = Ground::new().await;
    let path = ground.find("users", "username=alice").await;
    let read = ground.get(&path).await.expect(200);
    // Nothing changed: the version stays, and the receipt names what is in force.
    let same = ground.patch(&path, &read.body).await.expect(200);
    assert_eq!(same.header("etag"), read.header("etag"));
    let empty = ground.patch(&path, &json!({})).await.expect(200);
    assert_eq!(empty.body["version"], read.body["version"]);

    let patch = json!({"username": "alicia", "claims": {"email_verified": null,
        "address": {"country": "FR"}}});
    let merge = [("content-type", "application/merge-patch+json; charset=utf-8")];
    let merged = ground.call_with("PATCH", &path, &merge, patch.to_string()).await.expect(200);
    assert_eq!(merged.body["username"], "alicia");
    assert_eq!(
        merged.body["claims"],
        json!({"email": "alice@example.com", "https://example.com/plan": "gold",
            "address": {"country": "FR"}})
    );
    let reply = ground.patch(&path, &json!({"username": null})).await;
    assert_eq!(problem(&reply), (422, "invalid_member", "/username"));
    let reply = ground.patch(&path, &json!({"sub": "usr_other"})).await;
    assert_eq!(problem(&reply), (422, "read_only_member", "/sub"));
    let reply = ground.patch(&path, &json!({"nothing": null})).await;
    assert_eq!(problem(&reply), (422, "unknown_member", "/nothing"));
}

#[tokio::test]
async fn a_password_can_be_set_changed_and_taken_away() {
    let ground = Ground::new().await;
    let path = ground.find("users", "username=alice").await;
    let check = async |patch: Value, has_password: bool| {
        let reply = ground.patch(&path, &patch).await.expect(200);
        assert_eq!(reply.body["has_password"], has_password, "{patch}");
        assert!(!reply.body.to_string().contains("correct horse"));
    };
    check(json!({"password": "correct horse"}), true).await;
    check(json!({"claims": {"name": "Alice"}}), true).await;
    check(json!({"password": null}), false).await;
    check(json!({"password": "correct horse"}), true).await;
}

#[tokio::test]
async fn if_match_refuses_lost_updates() {
    let ground = Ground::new().await;
    let path = ground.find("users", "username=alice").await;
    let old = ground.get(&path).await.header("etag").to_owned();
    ground.patch(&path, &json!({"claims": {"name": "A"}})).await.expect(200);
    let new = ground.get(&path).await.header("etag").to_owned();
    let body = json!({"claims": {"name": "B"}}).to_string();
    let check = async |method: &str, path: &str, tag: &str, status: u16| {
        let headers = [("content-type", "application/json"), ("if-match", tag)];
        let body = if method == "PATCH" { body.clone() } else { String::new() };
        ground.call_with(method, path, &headers, body).await.expect(status);
    };
    for method in ["PATCH", "DELETE"] {
        check(method, &path, &old, 412).await;
        check(method, &path, "\"x\"", 412).await;
        check(method, &path, &format!("W/{new}"), 412).await;
        check(method, &path, "", 412).await;
    }
    check("POST", &format!("{path}/suspend"), &old, 412).await;
    check("PATCH", &path, &format!("{old}, {new}"), 200).await;
    check("PATCH", &path, "*", 200).await;
}

#[tokio::test]
async fn writers_at_once_lose_nothing() {
    let ground = Ground::new().await;
    let path = ground.find("users", "username=alice").await;
    let patch = async |name: &str| {
        let patch = json!({"claims": {name: name}});
        // Who keeps losing is told so, and tries again as any caller would.
        while ground.patch(&path, &patch).await.status != 200 {}
    };
    let names = ["name", "nickname", "given_name", "family_name", "middle_name", "locale"];
    let [a, b, c, d, e, f] = names;
    tokio::join!(patch(a), patch(b), patch(c), patch(d), patch(e), patch(f));
    let claims = ground.user("alice").await["claims"].clone();
    for name in names {
        assert_eq!(claims[name], name);
    }
}

#[tokio::test]
async fn lists_are_paged_by_id_and_name_everybody_once() {
    let ground = Ground::new().await;
    for n in 0..5 {
        ground.post("/admin/v1/users", &json!({"username": format!("u{n}")})).await.expect(201);
    }
    let mut seen = Vec::new();
    let mut path = "/admin/v1/users?limit=2".to_owned();
    loop {
        let page = ground.get(&path).await.expect(200);
        let items = page.body["items"].as_array().unwrap();
        assert!((1..=2).contains(&items.len()));
        seen.extend(items.iter().map(|user| {
            let id: i64 = user["id"].as_str().unwrap().parse().unwrap();
            (id, user["username"].as_str().unwrap().to_owned())
        }));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        path = format!("/admin/v1/users?limit=2&cursor={cursor}");
    }
    assert!(seen.is_sorted_by(|a, b| a.0 < b.0), "{seen:?}");
    // Ids made within one millisecond sort at random, so names are compared as a set.
    let mut names: Vec<&str> = seen.iter().map(|(_, name)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["alice", "u0", "u1", "u2", "u3", "u4"]);
    let named = ground.get("/admin/v1/users?username=U3").await.expect(200);
    assert_eq!(named.body["items"].as_array().unwrap().len(), 1);
    let none = ground.get("/admin/v1/users?username=nobody").await.expect(200);
    assert_eq!(none.body, json!({"items": []}));
}

#[tokio::test]
async fn an_api_learns_the_new_claim_at_once() {
    let ground = Ground::new().await;
    let path = ground.find("users", "username=alice").await;
    let held = Held::new(&ground).await;
    let learned = async || ground.introspect(&held.access).await["email"].clone();
    assert_eq!(learned().await, "alice@example.com");
    let patch = json!({"claims": {"email": "new@example.com"}});
    ground.patch(&format!("{path}?wait=effective"), &patch).await.expect(200);
    assert_eq!(learned().await, "new@example.com");
}

#[tokio::test]
async fn deleting_a_user_ends_everything() {
    let ground = Ground::new().await;
    let path = ground.find("users", "username=alice").await;
    let held = Held::new(&ground).await;
    ground.delete(&path).await.expect(200);
    assert_eq!(held.alive(&ground).await, (false, false));
    // The name is free again, and its new bearer is somebody else.
    let anew = ground.post("/admin/v1/users", &json!({"username": "alice"})).await.expect(201);
    assert_ne!(anew.body["sub"], "usr_alice");
    assert_eq!(held.alive(&ground).await, (false, false));
}

#[tokio::test]
async fn a_preview_names_the_reason_for_each_absent_claim() {
    let ground = Ground::new().await;
    let path = ground.find("users", "username=alice").await;
    let orders = ground.find("apis", "resource=https://orders.example").await;
    let id = orders.rsplit('/').next().unwrap();
    let seen = ground.get(&format!("{path}/seen-as?api={id}")).await.expect(200).body;
    assert_eq!(
        seen,
        json!({"api": "https://orders.example", "sub": "usr_alice", "scopes": [],
            "claims": {"https://example.com/plan": "gold"},
            "absent": [{"claim": "email", "reason": "scope_not_granted", "scope": "email"},
                {"claim": "email_verified", "reason": "not_in_profile"}]})
    );
    let by_name = format!("{path}/seen-as?api=https://orders.example&scopes=openid+email");
    let seen = ground.get(&by_name).await.expect(200).body;
    assert_eq!(seen["claims"]["email"], "alice@example.com");
    assert_eq!(problem(&ground.get(&format!("{path}/seen-as")).await).1, "invalid_parameter");
    let bad = format!("{path}/seen-as?api={id}&scopes=%22");
    assert_eq!(problem(&ground.get(&bad).await).1, "invalid_parameter");
    assert_eq!(problem(&ground.get(&format!("{path}/seen-as?api=x")).await).0, 404);
}

#[tokio::test]
async fn the_same_on_postgresql() {
    let ground = Ground::on_postgres().await;
    let made = ground.post("/admin/v1/users", &json!({"username": "Dora"})).await.expect(201);
    let path = ground.find("users", "username=dora").await;
    assert!(path.ends_with(&made.id()));
    ground.patch(&path, &json!({"claims": {"name": "D"}})).await.expect(200);
    let taken = ground.post("/admin/v1/users", &json!({"username": "DORA"})).await;
    assert_eq!(problem(&taken), (409, "taken", "/username"));
    ground.delete(&path).await.expect(200);

    let alice = ground.find("users", "username=alice").await;
    let held = Held::new(&ground).await;
    assert_eq!(held.alive(&ground).await, (true, true));
    let suspend = format!("{alice}/suspend?wait=effective");
    let answer = ground.call("POST", &suspend, None).await.expect(200);
    assert!(answer.body["receipt"]["receipt"].is_string());
    ground.call("POST", &format!("{alice}/resume"), None).await.expect(200);
    assert_eq!(held.alive(&ground).await, (false, false));
    for list in ["users", "clients", "apis", "grants", "sessions", "keys", "verifiers"] {
        ground.get(&format!("/admin/v1/{list}")).await.expect(200);
    }
}
