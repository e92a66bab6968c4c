//! Who may do what: keys, tokens, scopes, and every route without either.

use serde_json::{Value, json};

use super::{
    ground::{Ground, KEY, MODEL_ID, STORE, error, key},
    protobuf::{Message, call},
};
use crate::admin::ground::{ISSUER, Reply, client_token};

/// What a route does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Read,
    Write,
    Admin,
}

/// Every route with what it does, and a body that it takes.
fn routes() -> Vec<(&'static str, String, Need, Value)> {
    let of = |path: &str| format!("/stores/{STORE}/{path}");
    let asked = json!({"tuple_key": key("document:1#reader@user:bob")});
    let parts = json!({"subject": {"type": "user", "id": "bob"}, "action": {"name": "reader"},
        "resource": {"type": "document", "id": "1"}});
    let objects = json!({"type": "document", "relation": "reader", "user": "user:bob"});
    let users = json!({"object": {"type": "document", "id": "1"}, "relation": "reader",
        "user_filters": [{"type": "user"}]});
    let batch = json!({"checks": [{"tuple_key": key("document:1#reader@user:bob"), "correlation_id": "a"}]});
    let expand = json!({"tuple_key": {"object": "document:1", "relation": "reader"}});
    let write = json!({"writes": {"tuple_keys": [key("document:1#owner@user:bob")],
        "on_duplicate": "ignore"}});
    let mut routes = vec![
        ("GET", format!("/stores/{STORE}"), Need::Read, Value::Null),
        ("GET", of("authorization-models"), Need::Read, Value::Null),
        ("GET", of(&format!("authorization-models/{MODEL_ID}")), Need::Read, Value::Null),
        ("GET", of("changes"), Need::Read, Value::Null),
        ("GET", of(&format!("assertions/{MODEL_ID}")), Need::Read, Value::Null),
        ("POST", of("check"), Need::Read, asked.clone()),
        ("POST", of("explain"), Need::Read, asked.clone()),
        ("POST", of("list-permissions"), Need::Read, asked.clone()),
        ("POST", of("batch-check"), Need::Read, batch),
        ("POST", of("expand"), Need::Read, expand),
        ("POST", of("list-objects"), Need::Read, objects.clone()),
        ("POST", of("streamed-list-objects"), Need::Read, objects),
        ("POST", of("list-users"), Need::Read, users),
        ("POST", of("read"), Need::Read, json!({})),
        ("GET", of("export"), Need::Read, Value::Null),
        ("POST", of("import"), Need::Write, key("document:1#reader@user:bob")),
        ("POST", of("write"), Need::Write, write),
        (
            "POST",
            of("delete-by-filter"),
            Need::Write,
            json!({"tuple_key": key("group:x#member@user:y")}),
        ),
        ("PUT", of(&format!("assertions/{MODEL_ID}")), Need::Write, json!({"assertions": []})),
        ("POST", of("authorization-models"), Need::Admin, super::ground::model_json()),
        ("PUT", format!("/stores/{STORE}"), Need::Admin, json!({"name": "renamed"})),
    ];
    for path in ["evaluation", "evaluations", "search/subject", "search/resource", "search/action"]
    {
        routes.push(("POST", of(&format!("access/v1/{path}")), Need::Read, parts.clone()));
        routes.push(("POST", format!("/access/v1/{path}"), Need::Read, parts.clone()));
    }
    routes
}

/// An error of either kind of route: status and code, which AuthZEN doesn't have.
#[track_caller]
fn refused(path: &str, reply: &Reply) -> (u16, String) {
    if path.contains("/access/v1/") {
        assert!(reply.body.is_string(), "{path} {reply:#?}");
        return (reply.status.as_u16(), String::new());
    }
    let (status, code, _) = error(reply);
    (status, code.to_owned())
}

#[tokio::test]
async fn nobody_enters_without_a_key_or_a_token() {
    let ground = Ground::guarded().await;
    let foreign =
        client_token(&ground.router, "foreign", "foreign-secret", "https://orders.example");
    let foreign = foreign.await.unwrap();
    let mut broken = ground.token("admin").await;
    broken.pop();
    let bearer = |token: &str| format!("Bearer {token}");
    let bad = [
        (None, "bearer_token_missing"),
        (Some("Basic eDp5".to_owned()), "bearer_token_missing"),
        (Some(bearer("x")), "auth_failed_invalid_bearer_token"),
        (Some(bearer(KEY.trim_start_matches('a'))), "auth_failed_invalid_bearer_token"),
        (Some(bearer(&broken)), "auth_failed_invalid_bearer_token"),
        (Some(bearer(&foreign)), "auth_failed_invalid_audience"),
    ];
    let create = ("POST", "/stores".to_owned(), Need::Admin, json!({"name": "new"}));
    let list = ("GET", "/stores".to_owned(), Need::Read, Value::Null);
    for (method, path, _, body) in routes().into_iter().chain([create, list]) {
        for (authorization, code) in &bad {
            let headers: Vec<_> =
                authorization.iter().map(|value| ("authorization", value.as_str())).collect();
            let reply = ground.send(method, &path, &headers, &body).await;
            assert_eq!(reply.status, 401, "{method} {path} {authorization:?}");
            let challenge = reply.header("www-authenticate");
            assert!(challenge.starts_with("Bearer "), "{method} {path} {challenge}");
            assert_eq!(error(&reply).1, *code, "{method} {path} {authorization:?}");
        }
    }
    let path = "/.well-known/oauth-protected-resource/stores";
    let document = ground.send("GET", path, &[], &Value::Null).await.expect(200).body;
    assert_eq!(document["resource"], format!("{ISSUER}/stores"));
    assert_eq!(document["authorization_servers"], json!([ISSUER]));
    for method in ["Check", "Write", "CreateStore", "StreamedListObjects", "Watch"] {
        let said = call(&ground.router, method, &[], Message::new().frame()).await;
        assert_eq!((said.status, said.message.as_str()), (16, "missing%20bearer%20token"));
    }
}

#[tokio::test]
async fn a_scope_allows_what_it_names_and_what_is_less() {
    let ground = Ground::guarded().await;
    let rights = [
        ("none", None),
        ("reader", Some(Need::Read)),
        ("writer", Some(Need::Write)),
        ("here", Some(Need::Write)),
        ("elsewhere", None),
        ("admin", Some(Need::Admin)),
    ];
    for (client, right) in rights {
        let bearer = format!("Bearer {}", ground.token(client).await);
        let headers = [("authorization", bearer.as_str())];
        for (method, path, need, body) in routes() {
            let reply = ground.send(method, &path, &headers, &body).await;
            if right >= Some(need) {
                assert!(reply.status.is_success(), "{client} {method} {path} {reply:#?}");
                continue;
            }
            let expected = if path.contains("/access/v1/") {
                (403, String::new())
            } else {
                (401, "forbidden".to_owned())
            };
            assert_eq!(refused(&path, &reply), expected, "{client} {method} {path}");
        }
    }
    let bearer = format!("Bearer {KEY}");
    for (method, path, _, body) in routes() {
        let headers = [("authorization", bearer.as_str())];
        let reply = ground.send(method, &path, &headers, &body).await;
        assert!(reply.status.is_success(), "{method} {path} {reply:#?}");
    }
}

#[tokio::test]
async fn stores_are_made_by_those_with_the_right_to_all_and_seen_by_those_with_a_right() {
    let ground = Ground::guarded().await;
    let create = async |client: &str| {
        let bearer = format!("Bearer {}", ground.token(client).await);
        let headers = [("authorization", bearer.as_str())];
        ground.send("POST", "/stores", &headers, &json!({"name": "new store"})).await
    };
    for client in ["none", "reader", "writer", "here", "elsewhere"] {
        assert_eq!(error(&create(client).await).1, "forbidden", "{client}");
    }
    create("admin").await.expect(201);
    for (client, count) in [("none", 0), ("elsewhere", 0), ("here", 1), ("reader", 2)] {
        let bearer = format!("Bearer {}", ground.token(client).await);
        let headers = [("authorization", bearer.as_str())];
        let listed = ground.send("GET", "/stores", &headers, &Value::Null).await.expect(200);
        assert_eq!(listed.body["stores"].as_array().unwrap().len(), count, "{client}");
    }
}

#[tokio::test]
async fn a_token_that_was_used_before_is_refused_once_it_is_revoked() {
    let ground = Ground::guarded().await;
    let token = ground.token("reader").await;
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let body = json!({"tuple_key": key("document:1#reader@user:bob")});
    let path = format!("/stores/{STORE}/check");
    assert_eq!(ground.send("POST", &path, &headers, &body).await.expect(200).body["allowed"], true);
    let form = format!("token={token}&client_id=reader&client_secret=reader-secret");
    let media = [("content-type", "application/x-www-form-urlencoded")];
    crate::admin::ground::send(&ground.router, "POST", "/revoke", &media, form).await.expect(200);
    let reply = ground.send("POST", &path, &headers, &body).await;
    assert_eq!(error(&reply).1, "auth_failed_invalid_bearer_token");
}
