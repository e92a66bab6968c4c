//! AuthZEN's Authorization API 1.0, by the examples of its specification.

use serde_json::{Value, json};

use super::ground::{Ground, key};
use crate::admin::ground::{ISSUER, Reply, send};

const TUPLES: [&str; 6] = [
    "document:1#owner@user:alice@example.com",
    "document:2#banned@user:alice@example.com",
    "document:3#reader@user:alice@example.com",
    "document:3#reader@group:eng#member",
    "group:eng#member@user:bob@example.com",
    "document:4#reader@user:bob@example.com",
];

async fn ground() -> Ground {
    let ground = Ground::new().await;
    ground.write(&TUPLES).await;
    ground
}

fn parts(subject: &str, action: &str, resource: &str) -> Value {
    let entity = |name: &str| {
        let (of, id) = name.split_once(':').unwrap();
        json!({"type": of, "id": id})
    };
    json!({"subject": entity(subject), "action": {"name": action}, "resource": entity(resource)})
}

#[tokio::test]
async fn an_evaluation_decides_and_a_denial_says_why() {
    let ground = ground().await;
    let alice = "user:alice@example.com";
    let allowed = ground.post("access/v1/evaluation", &parts(alice, "viewer", "document:1")).await;
    assert_eq!(allowed.expect(200).body, json!({"decision": true}));
    // At the root the only store answers.
    let body = parts(alice, "viewer", "document:2");
    let denied = ground.send("POST", "/access/v1/evaluation", &[], &body).await.expect(200);
    assert_eq!(denied.body["decision"], false);
    let why = denied.body["context"]["reason_admin"]["en"].as_str().unwrap();
    assert!(why.contains("no tuple of document:2#reader names the user"), "{why}");
    assert_eq!(denied.header("openfga-store-id"), ground.store);
    assert_eq!(denied.header("openfga-authorization-model-id"), ground.model);
    assert!(!denied.header("counterfoil-revision").is_empty());
}

#[tokio::test]
async fn a_request_is_known_by_its_name() {
    let ground = ground().await;
    let name = "bfe9eb29-ab87-4ca3-be83-a1d5d8305716";
    let headers = [("x-request-id", name), ("content-type", "application/json")];
    let good = parts("user:alice@example.com", "viewer", "document:1");
    for body in [good, json!({})] {
        let path = ground.path("access/v1/evaluation");
        let reply = ground.send("POST", &path, &headers, &body).await;
        assert_eq!(reply.header("x-request-id"), name, "{reply:#?}");
    }
}

#[tokio::test]
async fn what_is_missing_or_unknown_is_refused_with_a_message() {
    let ground = ground().await;
    let good = parts("user:alice@example.com", "viewer", "document:1");
    let check = |reply: &Reply, text: &str| {
        assert_eq!(reply.status, 400, "{reply:#?}");
        assert!(reply.body.as_str().unwrap().contains(text), "{reply:#?}");
    };
    for (pointer, text) in [
        ("/subject", "`subject` is missing"),
        ("/subject/type", "`subject.type` is missing"),
        ("/subject/id", "`subject.id` is missing"),
        ("/action", "`action` is missing"),
        ("/action/name", "`action.name` is missing"),
        ("/resource", "`resource` is missing"),
        ("/resource/id", "`resource.id` is missing"),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = Value::Null;
        check(&ground.post("access/v1/evaluation", &body).await, text);
    }
    let unknown = parts("user:alice@example.com", "chief", "document:1");
    check(&ground.post("access/v1/evaluation", &unknown).await, "document#chief");
    // Members that nobody knows are ignored.
    let mut more = good;
    more["surprise"] = json!(1);
    more["subject"]["surprise"] = json!([1]);
    ground.post("access/v1/evaluation", &more).await.expect(200);
}

#[tokio::test]
async fn evaluations_have_defaults_and_three_semantics() {
    let ground = ground().await;
    let documents: Vec<Value> =
        (1..=3).map(|n| json!({"resource": {"type": "document", "id": n.to_string()}})).collect();
    let ask = async |options: Value| {
        let body = json!({"subject": {"type": "user", "id": "alice@example.com"},
            "action": {"name": "viewer"}, "options": options, "evaluations": documents});
        let reply = ground.post("access/v1/evaluations", &body).await.expect(200);
        let decisions = reply.body["evaluations"].as_array().unwrap();
        decisions.iter().map(|one| one["decision"].as_bool().unwrap()).collect::<Vec<_>>()
    };
    let semantic = |name: &str| json!({"evaluations_semantic": name});
    assert_eq!(ask(Value::Null).await, [true, false, true]);
    assert_eq!(ask(semantic("execute_all")).await, [true, false, true]);
    assert_eq!(ask(semantic("deny_on_first_deny")).await, [true, false]);
    assert_eq!(ask(semantic("permit_on_first_permit")).await, [true]);

    let mut body = parts("user:alice@example.com", "viewer", "document:1");
    body["options"] = semantic("at_random");
    assert_eq!(ground.post("access/v1/evaluations", &body).await.status, 400);
    body["options"] = Value::Null;
    // Without a list it is one evaluation.
    let one = ground.post("access/v1/evaluations", &body).await.expect(200);
    assert_eq!(one.body, json!({"decision": true}));
    // What an item says wins, and an item's error is its own.
    body["evaluations"] = json!([
        {},
        {"action": {"name": "owner"}},
        {"action": {"name": "chief"}},
        {"subject": {"type": "user", "id": "bob@example.com"}},
    ]);
    let several = ground.post("access/v1/evaluations", &body).await.expect(200).body;
    let decisions = several["evaluations"].as_array().unwrap();
    let decided: Vec<bool> = decisions.iter().map(|one| one["decision"] == true).collect();
    assert_eq!(decided, [true, true, false, false]);
    assert_eq!(decisions[2]["context"]["error"]["status"], 400);
}

#[tokio::test]
async fn properties_and_context_reach_conditions() {
    let ground = ground().await;
    let mut tuple = key("document:1#auditor@user:carol");
    tuple["condition"] = json!({"name": "in_hours", "context": {}});
    ground.post("write", &json!({"writes": {"tuple_keys": [tuple]}})).await.expect(200);
    let ask = async |context: Value| {
        let mut body = parts("user:carol", "auditor", "document:1");
        body["context"] = context;
        ground.post("access/v1/evaluation", &body).await.expect(200).body
    };
    assert_eq!(ask(json!({"hour": 10})).await["decision"], true);
    assert_eq!(ask(json!({"hour": 20})).await["decision"], false);
    let lacking = ask(json!({})).await;
    assert_eq!(lacking["decision"], false);
    assert_eq!(
        lacking["context"]["missing"],
        json!([{"condition": "in_hours", "parameter": "hour"}])
    );
    let mut body = parts("user:dave", "viewer", "document:1");
    body["contextual_tuples"] = json!({"tuple_keys": [key("document:1#reader@user:dave")]});
    let reply = ground.post("access/v1/evaluation", &body).await.expect(200);
    assert_eq!(reply.body["decision"], true);
}

#[tokio::test]
async fn searches_find_what_evaluations_permit() {
    let ground = ground().await;
    let search = async |what: &str, body: &Value| {
        let reply = ground.post(&format!("access/v1/search/{what}"), body).await.expect(200);
        let found = reply.body["results"].as_array().unwrap().clone();
        assert_eq!(reply.body["page"]["count"], found.len());
        (found, reply.body["page"]["next_token"].as_str().unwrap().to_owned())
    };
    let mut body = parts("user:ignored", "viewer", "document:3");
    let (subjects, next) = search("subject", &body).await;
    let entity = |of: &str, id: &str| json!({"type": of, "id": id});
    let both = [entity("user", "alice@example.com"), entity("user", "bob@example.com")];
    assert_eq!((subjects.as_slice(), next.as_str()), (&both[..], ""));
    body["subject"] = json!({"type": "user"});
    body["page"] = json!({"limit": 1});
    let (first, next) = search("subject", &body).await;
    assert_eq!(first, both[..1]);
    body["page"] = json!({"limit": 1, "token": next});
    let (second, next) = search("subject", &body).await;
    assert_eq!((second.as_slice(), next.as_str()), (&both[1..], ""));

    let body = parts("user:bob@example.com", "viewer", "document:ignored");
    let (resources, _) = search("resource", &body).await;
    assert_eq!(resources, [entity("document", "3"), entity("document", "4")]);
    for resource in resources {
        let mut body = parts("user:bob@example.com", "viewer", "document:0");
        body["resource"] = resource;
        let decided = ground.post("access/v1/evaluation", &body).await.expect(200);
        assert_eq!(decided.body["decision"], true);
    }

    let mut body = parts("user:alice@example.com", "ignored", "document:1");
    let (actions, _) = search("action", &body).await;
    assert_eq!(
        actions,
        [json!({"name": "owner"}), json!({"name": "reader"}), json!({"name": "viewer"})]
    );
    body["page"] = json!({"limit": 2});
    let (actions, next) = search("action", &body).await;
    assert_eq!(actions.len(), 2);
    body["page"] = json!({"next_token": next});
    let (actions, next) = search("action", &body).await;
    assert_eq!((actions, next), (vec![json!({"name": "viewer"})], String::new()));
}

#[tokio::test]
async fn metadata_names_the_decision_point_it_was_asked_for() {
    let mut ground = ground().await;
    let store = format!("{ISSUER}/stores/{}", ground.store);
    for (path, identifier) in [
        (String::new(), ISSUER.to_owned()),
        (format!("/{}", ground.store), store.clone()),
        (format!("/stores/{}", ground.store), store),
    ] {
        let path = format!("/.well-known/authzen-configuration{path}");
        let document = send(&ground.router, "GET", &path, &[], "").await.expect(200).body;
        assert_eq!(document["policy_decision_point"], identifier);
        for (name, endpoint) in [
            ("access_evaluation_endpoint", "evaluation"),
            ("access_evaluations_endpoint", "evaluations"),
            ("search_subject_endpoint", "search/subject"),
            ("search_resource_endpoint", "search/resource"),
            ("search_action_endpoint", "search/action"),
        ] {
            assert_eq!(document[name], format!("{identifier}/access/v1/{endpoint}"));
        }
    }
    // With two stores none is the default, and the root says so.
    ground.fill(&[]).await;
    let body = parts("user:bob", "viewer", "document:1");
    let reply = ground.send("POST", "/access/v1/evaluation", &[], &body).await.expect(404);
    assert!(reply.body.as_str().unwrap().contains("no default store"), "{reply:#?}");
}
