//! Streams: objects as they are found, and a store's changes.

use axum::{
    Router,
    body::{Body, BodyDataStream},
    http::Request,
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{
    ground::{Ground, error, key},
    protobuf::{Message, call},
};
use crate::admin::ground::send;

#[tokio::test]
async fn a_stream_of_objects_ends_with_the_last() {
    let ground = Ground::new().await;
    let tuples: Vec<String> = (0..300).map(|n| format!("document:{n}#reader@user:bob")).collect();
    for chunk in tuples.chunks(100) {
        ground.write(&chunk.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    let asked = json!({"type": "document", "relation": "viewer", "user": "user:bob"});
    let reply = ground.post("streamed-list-objects", &asked).await.expect(200);
    let text = reply.body.as_str().unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 300);
    assert!(lines.iter().all(|line| line["result"]["object"].is_string()));
    // Pages name each once, in order.
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let mut page = asked.clone();
        page["page_size"] = json!(70);
        page["continuation_token"] = json!(token);
        let page = ground.post("list-objects", &page).await.expect(200).body;
        seen.extend(page["objects"].as_array().unwrap().clone());
        token = page["continuation_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    let mut all: Vec<String> = (0..300).map(|n| format!("document:{n}")).collect();
    all.sort_unstable();
    assert_eq!(json!(seen), json!(all));
}

/// The lines of a stream of objects, read as slowly as may be.
async fn slowly(ground: &Ground, asked: &Value) -> Vec<Value> {
    let request = Request::post(ground.path("streamed-list-objects"))
        .header("content-type", "application/json")
        .body(Body::from(asked.to_string()))
        .unwrap();
    let response = ground.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut body = response.into_body().into_data_stream();
    let mut text = String::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.unwrap();
        assert!(chunk.ends_with(b"\n"), "a chunk is whole lines");
        text.push_str(std::str::from_utf8(&chunk).unwrap());
        tokio::task::yield_now().await;
    }
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_slow_reader_gets_every_object_once() {
    const COUNT: usize = 9_000;
    let ground = Ground::new().await;
    let tuples: Vec<String> =
        (0..COUNT).map(|n| key(&format!("document:{n}#reader@user:bob")).to_string()).collect();
    let imported =
        send(&ground.router, "POST", &ground.path("import"), &[], tuples.join("\n")).await;
    imported.expect(200);
    let asked = json!({"type": "document", "relation": "viewer", "user": "user:bob"});
    let lines = slowly(&ground, &asked).await;
    let mut names: Vec<&str> =
        lines.iter().map(|line| line["result"]["object"].as_str().unwrap()).collect();
    assert_eq!(names.len(), COUNT);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), COUNT);
}

#[tokio::test]
async fn an_error_after_some_objects_is_the_last_line() {
    let ground = Ground::new().await;
    for number in 0..30 {
        let mut tuple = key(&format!("document:{number}#auditor@user:bob"));
        // The last one alone does not say what its condition asks for.
        let context = if number < 29 { json!({"hour": 10}) } else { json!({}) };
        tuple["condition"] = json!({"name": "in_hours", "context": context});
        ground.post("write", &json!({"writes": {"tuple_keys": [tuple]}})).await.expect(200);
    }
    let asked = json!({"type": "document", "relation": "auditor", "user": "user:bob"});
    let lines = slowly(&ground, &asked).await;
    assert_eq!(lines.len(), 30);
    assert!(lines[..29].iter().all(|line| line["result"]["object"].is_string()), "{lines:?}");
    let error = &lines[29]["error"];
    assert_eq!((&error["code"], &error["details"]), (&json!(3), &json!([])));
    assert!(error["message"].as_str().unwrap().contains("hour"), "{error}");
}

/// Server-sent events, one by one.
struct Events {
    body: BodyDataStream,
    text: String,
}

impl Events {
    async fn open(router: &Router, path: &str, last: Option<&str>) -> Self {
        let mut request = Request::builder().uri(path);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The name, the id and the data of the next event.
    async fn next(&mut self) -> (String, String, Value) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let found = event.lines().find_map(|line| line.strip_prefix(name));
                    found.unwrap_or_default().to_owned()
                };
                let data = serde_json::from_str(&field("data: ")).unwrap();
                let found = (field("event: "), field("id: "), data);
                self.text = rest.to_owned();
                return found;
            }
            let bytes = self.body.next().await.unwrap().unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

#[tokio::test]
async fn a_watcher_misses_nothing_and_hears_nothing_twice() {
    let ground = Ground::new().await;
    let mut live = Events::open(&ground.router, &ground.path("watch"), None).await;
    let (name, start, _) = live.next().await;
    assert_eq!(name, "heartbeat");
    let mut revisions = Vec::new();
    for n in 0..5 {
        let tuple = format!("document:{n}#reader@user:bob");
        let written = ground.write(&[tuple.as_str()]).await;
        revisions.push(written.header("counterfoil-revision").to_owned());
        let (name, id, data) = live.next().await;
        assert_eq!((name.as_str(), &id), ("changes", &revisions[n]));
        assert_eq!(data["revision"], revisions[n].as_str());
        assert_eq!(data["changes"][0]["tuple_key"]["object"], format!("document:{n}"));
        assert_eq!(data["changes"][0]["operation"], "TUPLE_OPERATION_WRITE");
    }
    // Whoever comes back goes on where it was, by either way of saying so.
    let path = ground.path(&format!("watch?after={}", revisions[1]));
    let mut resumed = Events::open(&ground.router, &path, None).await;
    let mut again = Events::open(&ground.router, &ground.path("watch"), Some(&start)).await;
    assert_eq!(resumed.next().await.1, revisions[1]);
    assert_eq!(again.next().await.1, start);
    for revision in &revisions[2..] {
        assert_eq!(&resumed.next().await.1, revision);
    }
    for revision in &revisions {
        assert_eq!(&again.next().await.1, revision);
    }
    // A model is a change, too.
    let model = super::ground::model_json();
    let written = ground.post("authorization-models", &model).await.expect(201);
    let (_, _, data) = live.next().await;
    assert_eq!(data["authorization_model_id"], written.body["authorization_model_id"]);

    for bad in ["x", "99999.ABCDEF", "-1"] {
        let reply = ground.get(&format!("watch?after={bad}")).await;
        assert_eq!(error(&reply).1, "validation_error", "{bad}");
    }
    let number = |revision: &str| revision.split_once('.').unwrap().1.to_owned();
    let ahead = ground.get(&format!("watch?after=99999.{}", number(&revisions[0]))).await;
    assert!(error(&ahead).2.contains("has not had"), "{ahead:#?}");
}

#[tokio::test]
async fn a_watch_over_grpc_ends_with_the_store() {
    let ground = Ground::new().await;
    ground.write(&["document:1#reader@user:bob"]).await;
    let start = format!("0.{}", ground.store.split_at(20).1);
    let message = Message::new().text(1, &ground.store).text(2, &start);
    let watching = call(&ground.router, "Watch", &[], message.frame());
    let ending = async {
        let path = format!("/stores/{}", ground.store);
        ground.send("DELETE", &path, &[], &Value::Null).await.expect(204);
    };
    let (said, ()) = tokio::join!(watching, ending);
    let told: Vec<String> = said.messages.iter().map(|message| message.text(1)).collect();
    assert_eq!(told[0], start, "a heartbeat says where it stands");
    assert!(said.status == 5 || said.status == 0, "{said:#?}");
}

#[tokio::test]
async fn an_explanation_is_for_people_and_for_programs() {
    let ground = Ground::new().await;
    ground.write(&["folder:1#viewer@user:bob", "document:1#parent@folder:1"]).await;
    let asked = json!({"tuple_key": key("document:1#viewer@user:bob")});
    let told = ground.post("explain", &asked).await.expect(200).body;
    assert_eq!((&told["allowed"], &told["decision"]), (&json!(true), &json!("allow")));
    assert!(
        told["text"].as_str().unwrap().contains("the tuple folder:1#viewer@user:bob"),
        "{told:#}"
    );
    assert_eq!(told["reason"]["name"], "document:1#viewer");
    assert_eq!(told["complete"], true);
    let asked = json!({"tuple_key": key("document:1#viewer@user:carol")});
    let told = ground.post("explain", &asked).await.expect(200).body;
    assert_eq!((&told["allowed"], &told["decision"]), (&json!(false), &json!("deny")));

    let asked = json!({"tuple_key": {"user": "user:bob", "object": "document:1"}});
    let may = ground.post("list-permissions", &asked).await.expect(200).body;
    let may: Vec<(&str, bool)> = may["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["relation"].as_str().unwrap(), one["allowed"] == true))
        .collect();
    let expected = [
        ("auditor", false),
        ("banned", false),
        ("owner", false),
        ("parent", false),
        ("reader", false),
        ("viewer", true),
    ];
    assert_eq!(may, expected);

    let filter = json!({"tuple_key": {"object": "document:", "user": "folder:1"}});
    let gone = ground.post("delete-by-filter", &filter).await.expect(200).body;
    assert_eq!(gone["deleted"], 1);
    assert!(!ground.allowed("document:1#viewer@user:bob").await);
}

#[tokio::test]
async fn what_was_exported_is_imported() {
    let mut ground = Ground::new().await;
    let tuples: Vec<String> = (0..90).map(|n| format!("document:{n}#reader@user:bob")).collect();
    ground.write(&tuples.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut conditional = key("document:1#auditor@user:bob");
    conditional["condition"] = json!({"name": "in_hours", "context": {"hour": 10}});
    conditional["expires_at"] = json!("2099-01-01T00:00:00Z");
    ground.post("write", &json!({"writes": {"tuple_keys": [conditional]}})).await.expect(200);

    let exported = ground.get("export").await.expect(200).body;
    let text = exported.as_str().unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 93);
    assert_eq!(lines[0]["store"]["name"], "drive");
    assert_eq!(lines[0]["authorization_model"]["id"], ground.model.as_str());
    assert_eq!(lines[92], json!({"end": {"tuples": 91}}));

    ground.fill(&[]).await;
    // An import can be repeated: what is there stays as it is said.
    for _ in 0..2 {
        let reply =
            send(&ground.router, "POST", &ground.path("import"), &[], text.to_owned()).await;
        let body = reply.expect(200).body;
        assert_eq!((&body["imported"], &body["done"]), (&json!(91), &json!(true)));
        assert!(ground.allowed("document:89#viewer@user:bob").await);
        assert!(ground.allowed("document:1#auditor@user:bob").await);
    }
    let again = ground.get("export").await.expect(200).body;
    let tuples = |text: &str| {
        let mut tuples: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
        tuples.sort_unstable();
        tuples
    };
    assert_eq!(tuples(again.as_str().unwrap()), tuples(text));
}

#[tokio::test]
async fn an_import_says_where_it_stopped() {
    let ground = Ground::new().await;
    let path = ground.path("import");
    let good = key("document:1#reader@user:bob").to_string();
    let check = async |lines: &[&str], code: &str, number: u64| {
        let body = lines.join("\n");
        let reply = send(&ground.router, "POST", &path, &[], body).await.expect(200).body;
        assert_eq!(reply["error"]["code"], code, "{reply:#}");
        assert_eq!(reply["line"], number, "{reply:#}");
    };
    check(&[&good, "", "{"], "validation_error", 3).await;
    check(&["[]"], "validation_error", 1).await;
    check(&[&good, "{\"user\": \"user:bob\"}"], "validation_error", 2).await;
    check(&[&key("document:1#viewer@user:bob").to_string()], "validation_error", 1).await;
    let long = format!("{{\"user\": \"{}\"}}", "x".repeat(65_536));
    check(&[&good, &long], "exceeded_entity_limit", 2).await;
    let nothing = send(&ground.router, "POST", &path, &[], "").await.expect(200).body;
    assert_eq!((&nothing["imported"], &nothing["done"]), (&json!(0), &json!(true)));
}
