//! A whole session over HTTP, as an SDK would have it.

use serde_json::{Value, json};

use super::ground::{Ground, key, model_json};

const TUPLES: [&str; 5] = [
    "group:eng#member@user:alice",
    "folder:root#viewer@group:eng#member",
    "document:budget#parent@folder:root",
    "document:budget#owner@user:bob",
    "document:plan#reader@user:alice",
];

#[tokio::test]
async fn questions_are_answered() {
    let ground = Ground::new().await;
    ground.write(&TUPLES).await;
    assert!(ground.allowed("document:budget#viewer@user:alice").await);
    assert!(ground.allowed("document:budget#viewer@user:bob").await);
    assert!(!ground.allowed("document:budget#owner@user:alice").await);

    let checks = json!({"checks": [
        {"tuple_key": key("document:budget#viewer@user:alice"), "correlation_id": "a"},
        {"tuple_key": key("document:budget#viewer@user:carol"), "correlation_id": "b"},
        {"tuple_key": key("document:budget#nothing@user:carol"), "correlation_id": "c"},
    ]});
    let batch = ground.post("batch-check", &checks).await.expect(200).body["result"].clone();
    assert_eq!(batch["a"], json!({"allowed": true}));
    assert_eq!(batch["b"], json!({"allowed": false}));
    assert_eq!(batch["c"]["error"]["input_error"], "validation_error");

    let asked = json!({"type": "document", "relation": "viewer", "user": "user:alice"});
    let listed = ground.post("list-objects", &asked).await.expect(200);
    let mut objects: Vec<&str> =
        listed.body["objects"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    objects.sort_unstable();
    assert_eq!(objects, ["document:budget", "document:plan"]);

    let users = json!({"object": {"type": "document", "id": "budget"}, "relation": "viewer",
        "user_filters": [{"type": "user"}]});
    let users = ground.post("list-users", &users).await.expect(200).body["users"].clone();
    assert_eq!(users.as_array().unwrap().len(), 2);
    assert!(users.as_array().unwrap().contains(&json!({"object": {"type": "user", "id": "bob"}})));

    let asked = json!({"tuple_key": {"object": "document:budget", "relation": "reader"}});
    let root = ground.post("expand", &asked).await.expect(200).body["tree"]["root"].clone();
    assert_eq!(root["name"], "document:budget#reader");
    assert_eq!(root["union"]["nodes"][1]["leaf"]["computed"]["userset"], "document:budget#owner");
}

#[tokio::test]
async fn what_is_stored_is_read_and_changed() {
    let ground = Ground::new().await;
    ground.write(&TUPLES).await;
    let read = ground.post("read", &json!({"page_size": 2})).await.expect(200).body;
    assert_eq!(read["tuples"].as_array().unwrap().len(), 2);
    assert_eq!(read["tuples"][0]["key"]["condition"], Value::Null);
    let more = json!({"continuation_token": read["continuation_token"]});
    let rest = ground.post("read", &more).await.expect(200).body;
    assert_eq!(rest["tuples"].as_array().unwrap().len(), 3);
    assert_eq!(rest["continuation_token"], "");

    let deletes = json!({"deletes": {"tuple_keys": [key("document:budget#owner@user:bob")]}});
    ground.post("write", &deletes).await.expect(200);
    assert!(!ground.allowed("document:budget#viewer@user:bob").await);

    let changes = ground.get("changes?type=document").await.expect(200).body;
    let operations: Vec<&str> = changes["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["operation"].as_str().unwrap())
        .collect();
    assert_eq!(operations.len(), 4);
    assert_eq!(operations[3], "TUPLE_OPERATION_DELETE");
}

#[tokio::test]
async fn models_and_assertions_are_kept() {
    let ground = Ground::new().await;
    let models = ground.get("authorization-models").await.expect(200).body;
    assert_eq!(models["authorization_models"][0]["id"], ground.model.as_str());
    let path = format!("authorization-models/{}", ground.model);
    let model = ground.get(&path).await.expect(200).body["authorization_model"].clone();
    assert_eq!(model["type_definitions"], model_json()["type_definitions"]);

    let path = ground.path(&format!("assertions/{}", ground.model));
    let question = key("document:plan#viewer@user:alice");
    let body = json!({"assertions": [{"tuple_key": question, "expectation": true}]});
    ground.send("PUT", &path, &[], &body).await.expect(204);
    let kept = ground.send("GET", &path, &[], &Value::Null).await.expect(200).body;
    assert_eq!(kept["assertions"][0]["tuple_key"]["user"], "user:alice");
    assert_eq!(kept["assertions"][0]["expectation"], true);
}
