//! A server that may keep nothing in memory answers as one that keeps all.

use serde_json::{Value, json};

use super::{ground::Ground, mutants::bodies};

const TUPLES: [&str; 9] = [
    "group:eng#member@user:ann",
    "group:all#member@group:eng#member",
    "folder:root#viewer@group:all#member",
    "folder:open#viewer@user:*",
    "document:1#parent@folder:root",
    "document:2#parent@folder:open",
    "document:1#owner@user:bob",
    "document:2#banned@user:bob",
    "document:3#reader@group:eng#member",
];

/// What of an answer is the same wherever it was found: neither ids nor the order of a set.
fn comparable(mut body: Value) -> String {
    if let Some(members) = body.as_object_mut() {
        members.remove("revision");
        members.remove("page");
        for name in ["objects", "users"] {
            if let Some(list) = members.get_mut(name).and_then(Value::as_array_mut) {
                list.sort_by_key(Value::to_string);
            }
        }
    }
    body.to_string()
}

#[tokio::test]
async fn answers_from_the_database_are_the_same() {
    let (kept, backed) = (Ground::new().await, Ground::without_memory().await);
    for ground in [&kept, &backed] {
        ground.write(&TUPLES).await;
    }
    let questions = |model: &str| {
        let of_users = |(route, body): (&'static str, Value)| {
            ["bob", "ann", "carol"].map(|user| {
                let text = body.to_string().replace("user:bob", &format!("user:{user}"));
                ["1", "2", "3", "4"].map(|document| {
                    let text = text.replace("document:1", &format!("document:{document}"));
                    let text = text.replace(r#""id":"1""#, &format!(r#""id":"{document}""#));
                    (route, serde_json::from_str::<Value>(&text).unwrap())
                })
            })
        };
        let others = ["read", "write", "delete-by-filter", "assertions", "authorization-models"];
        let bodies = bodies(model).into_iter().filter(move |(route, _)| !others.contains(route));
        bodies.flat_map(of_users).flatten().collect::<Vec<_>>()
    };
    let both = questions(&kept.model).into_iter().zip(questions(&backed.model));
    for ((route, of_kept), (_, of_backed)) in both {
        let said = kept.post(route, &of_kept).await;
        let found = backed.post(route, &of_backed).await;
        assert_eq!(said.status, found.status, "{route} {of_kept}");
        assert_eq!(comparable(said.body), comparable(found.body), "{route} {of_kept}");
    }
}

#[tokio::test]
async fn a_write_is_seen_at_once_without_memory_too() {
    let ground = Ground::without_memory().await;
    for round in 0..10 {
        let tuple = format!("document:{round}#owner@user:bob");
        ground.write(&[tuple.as_str()]).await;
        assert!(ground.allowed(&format!("document:{round}#viewer@user:bob")).await);
        let gone = json!({"deletes": {"tuple_keys": [super::ground::key(&tuple)]}});
        ground.post("write", &gone).await.expect(200);
        assert!(!ground.allowed(&format!("document:{round}#viewer@user:bob")).await);
    }
}
