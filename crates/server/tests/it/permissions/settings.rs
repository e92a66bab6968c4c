//! What a store decides for itself.

use counterfoil_permission::language;
use serde_json::{Value, json};

use super::ground::{Ground, key, model_json};

/// Groups that are members of one another, `0` of the next and so on, and bob in the last.
fn chain(last: usize) -> Vec<String> {
    let links = (0..last).map(|n| format!("group:{n}#member@group:{}#member", n + 1));
    links.chain([format!("group:{last}#member@user:bob")]).collect()
}

impl Ground {
    async fn set(&self, settings: &Value) -> crate::admin::ground::Reply {
        let path = format!("/stores/{}", self.store);
        self.send("PUT", &path, &[], &json!({"name": "drive", "settings": settings})).await
    }

    async fn shown_settings(&self) -> Value {
        let path = format!("/stores/{}", self.store);
        let shown = self.send("GET", &path, &[], &Value::Null).await.expect(200);
        shown.body.get("settings").cloned().unwrap_or(Value::Null)
    }
}

#[tokio::test]
async fn a_store_says_how_long_a_path_may_be() {
    let ground = Ground::new().await;
    let links = chain(99);
    for links in links.chunks(50) {
        ground.write(&links.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    let asked = json!({"tuple_key": key("group:0#member@user:bob")});
    ground.post("check", &asked).await.expect(400);
    ground.set(&json!({"depth": 99})).await.expect(200);
    ground.post("check", &asked).await.expect(400);
    ground.set(&json!({"depth": 100})).await.expect(200);
    assert!(ground.allowed("group:0#member@user:bob").await);
    let listed = json!({"type": "group", "relation": "member", "user": "user:bob"});
    let listed = ground.post("list-objects", &listed).await.expect(200);
    assert_eq!(listed.body["objects"].as_array().unwrap().len(), 100);
    assert_eq!(ground.shown_settings().await, json!({"strict": false, "depth": 100}));

    // A change of the name leaves them be.
    let path = format!("/stores/{}", ground.store);
    ground.send("PUT", &path, &[], &json!({"name": "drives"})).await.expect(200);
    assert!(ground.allowed("group:0#member@user:bob").await);
    ground.set(&json!({})).await.expect(200);
    ground.post("check", &asked).await.expect(400);
    assert_eq!(ground.shown_settings().await, Value::Null);
}

#[tokio::test]
async fn settings_that_may_not_be() {
    let ground = Ground::new().await;
    for settings in [json!({"depth": 0}), json!({"depth": 101}), json!({"deep": 3}), json!(7)] {
        let reply = ground.set(&settings).await.expect(400);
        assert_eq!(reply.body["code"], "validation_error", "{settings}");
        let made = json!({"name": "other", "settings": settings});
        ground.send("POST", "/stores", &[], &made).await.expect(400);
    }
}

/// Of which there is a warning: a bin has no `viewer`.
fn warned() -> Value {
    let warned = language::parse(
        "model
  schema 1.1
type user
type folder
  relations
    define viewer: [user]
type bin
type document
  relations
    define parent: [folder, bin]
    define viewer: viewer from parent
",
    );
    serde_json::from_str(&language::to_json(&warned.unwrap())).unwrap()
}

#[tokio::test]
async fn a_strict_store_takes_no_model_of_which_there_is_a_warning() {
    let ground = Ground::new().await;
    let made = json!({"name": "strict", "settings": {"strict": true}});
    let made = ground.send("POST", "/stores", &[], &made).await.expect(201);
    assert_eq!(made.body["settings"], json!({"strict": true, "depth": 25}));
    let strict = format!("/stores/{}/authorization-models", made.id());
    let refused = ground.send("POST", &strict, &[], &warned()).await.expect(400);
    assert_eq!(refused.body["code"], "invalid_authorization_model");
    assert!(refused.body["message"].as_str().unwrap().contains("document#viewer"), "{refused:#?}");
    ground.send("POST", &strict, &[], &model_json()).await.expect(201);
    ground.post("authorization-models", &warned()).await.expect(201);
}

#[tokio::test]
async fn a_strict_store_answers_as_the_coming_resolver() {
    let ground = Ground::new().await;
    ground.write(&["group:eng#member@user:bob"]).await;
    let asked = json!({"tuple_key": key("group:eng#member@group:eng#member")});
    for (strict, answer) in [(false, true), (true, false), (false, true)] {
        ground.set(&json!({"strict": strict})).await.expect(200);
        let found = ground.post("check", &asked).await.expect(200);
        assert_eq!(found.body["allowed"], answer, "strict: {strict}");
        assert!(ground.allowed("group:eng#member@user:bob").await);
    }
}

#[tokio::test]
async fn a_store_made_strict_says_what_of_its_model_is_not() {
    let ground = Ground::new().await;
    ground.post("authorization-models", &warned()).await.expect(201);
    let asked = json!({"tuple_key": key("document:1#viewer@user:bob")});
    ground.post("check", &asked).await.expect(200);
    ground.set(&json!({"strict": true})).await.expect(200);
    for _ in 0..2 {
        let refused = ground.post("check", &asked).await.expect(400);
        assert_eq!(refused.body["code"], "validation_error");
        let message = refused.body["message"].as_str().unwrap();
        assert!(message.contains("strict") && message.contains("document#viewer"), "{message}");
    }
    ground.set(&json!({"strict": false})).await.expect(200);
    ground.post("check", &asked).await.expect(200);
}
