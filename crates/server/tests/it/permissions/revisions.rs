//! Revisions: every write and every answer carries one, and a question may insist on one.

use serde_json::json;

use super::ground::{Ground, error, key};

/// Acceptance question 18: whoever shares an order sees it shared at once, on either engine.
#[tokio::test]
async fn question_18_what_was_written_is_visible_at_once() {
    for ground in [Ground::new().await, Ground::on_postgres().await] {
        let shared = "document:order-1#reader@user:bob";
        for _ in 0..3 {
            assert!(!ground.allowed(shared).await);
            let written = ground.write(&[shared]).await;
            let revision = written.body["revision"].as_str().unwrap().to_owned();
            assert_eq!(written.header("counterfoil-revision"), revision);
            for consistency in [
                json!({"at_least_as_fresh": revision}),
                json!({"exact": revision}),
                json!("FULL"),
                json!("MINIMIZE_LATENCY"),
            ] {
                let asked = json!({"tuple_key": key(shared), "consistency": consistency});
                let answer = ground.post("check", &asked).await.expect(200);
                assert_eq!(answer.body["allowed"], true, "{consistency}");
                assert_eq!(answer.body["revision"], revision.as_str(), "{consistency}");
            }
            let deletes = json!({"deletes": {"tuple_keys": [key(shared)]}});
            let deleted = ground.post("write", &deletes).await.expect(200);
            let header = format!("at_least_as_fresh={}", deleted.header("counterfoil-revision"));
            let headers = [("counterfoil-consistency", header.as_str())];
            let asked = json!({"tuple_key": key(shared)});
            let answer = ground.send("POST", &ground.path("check"), &headers, &asked).await;
            assert_eq!(answer.expect(200).body["allowed"], false);
        }
    }
}

#[tokio::test]
async fn a_revision_is_of_one_store() {
    let mut ground = Ground::new().await;
    let foreign = ground.write(&["document:1#reader@user:bob"]).await;
    let foreign = foreign.header("counterfoil-revision").to_owned();
    ground.fill(&[]).await;
    let number = foreign.split_once('.').unwrap().0;
    for bad in [foreign.as_str(), number, "x", "", "-1.ABCDEF"] {
        let consistency = json!({"at_least_as_fresh": bad});
        let asked =
            json!({"tuple_key": key("document:1#reader@user:bob"), "consistency": consistency});
        let reply = ground.post("check", &asked).await;
        assert_eq!(error(&reply).1, "validation_error", "{bad}");
    }
    for bad in ["soon", "at_least_as_fresh", "exact="] {
        let headers = [("counterfoil-consistency", bad)];
        let asked = json!({"tuple_key": key("document:1#reader@user:bob")});
        let reply = ground.send("POST", &ground.path("check"), &headers, &asked).await;
        assert_eq!(error(&reply).1, "validation_error", "{bad}");
    }
}
