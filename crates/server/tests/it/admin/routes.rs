//! What every route refuses, taken from the document: a route can't be forgotten.

use serde_json::json;

use super::{
    contract::operations,
    ground::{ADMIN, Ground, ORDERS, Reply, client_token, send, sign_in},
};

/// Every guarded operation with a path that names nothing.
fn guarded(ground: &Ground) -> Vec<(String, String)> {
    let all = operations(&ground.document).into_iter();
    all.filter(|(_, path)| path.starts_with("/admin/"))
        .map(|(method, path)| (method, path.replace("{id}", "1")))
        .collect()
}

/// Those that take a body.
fn with_body(ground: &Ground) -> Vec<(String, String)> {
    guarded(ground)
        .into_iter()
        .filter(|(method, _)| ["POST", "PATCH"].contains(&method.as_str()))
        .collect()
}

#[tokio::test]
async fn nobody_enters_without_a_good_token() {
    let ground = Ground::new().await;
    let metadata = "resource_metadata=\"http://localhost:7070/.well-known/oauth-protected-resource\
                    /admin/v1\"";
    let router = &ground.router;
    let orders = client_token(router, "shop", "shop-secret", ORDERS).await.unwrap();
    let weak = client_token(router, "weak", "weak-secret", ADMIN).await.unwrap();
    let people = sign_in(router, Some(ADMIN)).await;
    let text = |name: &str| people[name].as_str().unwrap().to_owned();
    let mut broken = ground.token.clone();
    broken.pop();
    let bad = [broken, "x".to_owned(), "cf_at_".to_owned(), orders, text("refresh_token")];
    let lacking = [weak, text("access_token")];
    assert!(people["scope"].as_str().unwrap().contains("admin"), "{people}");
    for (method, path) in guarded(&ground) {
        let call = async |headers: &[(&str, &str)]| ground.send(&method, &path, headers, "").await;
        let reply = call(&[]).await;
        assert_eq!(reply.problem(), (401, "invalid_token", ""), "{method} {path}");
        assert_eq!(reply.header("www-authenticate"), format!("Bearer {metadata}"));
        assert_eq!(call(&[("authorization", "Basic eDp5")]).await.problem().0, 401);
        for token in &bad {
            let reply = call(&[("authorization", &format!("Bearer {token}"))]).await;
            assert_eq!(reply.problem(), (401, "invalid_token", ""), "{method} {path} {token}");
            let challenge = format!("Bearer error=\"invalid_token\", {metadata}");
            assert_eq!(reply.header("www-authenticate"), challenge);
        }
        for token in &lacking {
            let reply = call(&[("authorization", &format!("Bearer {token}"))]).await;
            assert_eq!(reply.problem(), (403, "insufficient_scope", ""), "{method} {path}");
            let challenge =
                format!("Bearer error=\"insufficient_scope\", {metadata}, scope=\"admin\"");
            assert_eq!(reply.header("www-authenticate"), challenge);
        }
        let good = format!("Bearer {}", ground.token);
        let twice = [("authorization", good.as_str()), ("authorization", good.as_str())];
        assert_eq!(call(&twice).await.problem(), (400, "invalid_request", ""));
    }
}

#[tokio::test]
async fn a_token_in_the_query_or_the_body_is_ignored() {
    let ground = Ground::new().await;
    let path = format!("/admin/v1/users?access_token={}", ground.token);
    assert_eq!(send(&ground.router, "GET", &path, &[], "").await.problem().0, 401);
}

#[tokio::test]
async fn parameters_are_known_and_sent_once() {
    let ground = Ground::new().await;
    for (method, path) in guarded(&ground) {
        let body = json!({});
        let call =
            async |query: &str| ground.call(&method, &format!("{path}?{query}"), Some(&body)).await;
        let unknown = call("surprise=1").await;
        assert_eq!(unknown.problem(), (400, "unknown_parameter", ""), "{method} {path}");
        let long = format!("x={}", "y".repeat(9_000));
        assert_eq!(call(&long).await.problem().0, 400, "{method} {path}");
    }
    let check = async |path: &str, code: &str| {
        let reply = ground.get(path).await;
        assert_eq!(reply.problem(), (400, code, ""), "{path}");
    };
    check("/admin/v1/users?limit=1&limit=2", "invalid_parameter").await;
    check("/admin/v1/users?user_name=alice", "unknown_parameter").await;
    for bad in ["limit=0", "limit=101", "limit=x", "cursor=x", "cursor=-1", "username=%ff"] {
        check(&format!("/admin/v1/users?{bad}"), "invalid_parameter").await;
    }
    for bad in ["user=x", "client=alice"] {
        check(&format!("/admin/v1/grants?{bad}"), "invalid_parameter").await;
    }
    let reply = ground.post("/admin/v1/users?wait=forever", &json!({})).await;
    assert_eq!(reply.problem(), (400, "invalid_parameter", ""));
    let reply = ground.get("/admin/v1/users?user=1").await;
    assert_eq!(
        reply.body["detail"],
        "unknown parameter `user`; known are `limit`, `cursor`, `username`"
    );
}

#[tokio::test]
async fn bodies_are_strict_json_of_bounded_size() {
    let ground = Ground::new().await;
    let json = [("content-type", "application/json")];
    for (method, path) in with_body(&ground) {
        let send = async |headers: &[(&str, &str)], body: String| {
            ground.call_with(&method, &path, headers, body).await
        };
        let check = |reply: &Reply, expected: (u16, &str)| {
            let (status, code, _) = reply.problem();
            assert_eq!((status, code), expected, "{method} {path}");
        };
        let deep = format!("{}{}", "{\"a\":".repeat(500), "}".repeat(500));
        for bad in [
            "{",
            "[]",
            "null",
            "\"x\"",
            "{\"a\":1,\"a\":2}",
            "{\"a\":{\"b\":1,\"b\":1}}",
            "{\"a\":NaN}",
            "{} {}",
            "\u{feff}{}",
            "{\"a\":\"\\u0000\"}",
            "{\"\\u0000\":1}",
            &deep,
        ] {
            check(&send(&json, bad.to_owned()).await, (400, "invalid_json"));
        }
        let members: Vec<String> = (0..300).map(|n| format!("\"m{n}\":1")).collect();
        let many = format!("{{{}}}", members.join(","));
        check(&send(&json, many).await, (400, "invalid_json"));
        let huge = format!("{{\"a\":\"{}\"}}", "x".repeat(70_000));
        check(&send(&json, huge).await, (413, "body_too_large"));
        for other in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx"] {
            let other = [("content-type", other)];
            check(&send(&other, "{}".to_owned()).await, (415, "unsupported_media_type"));
        }
        let twice = [json[0], json[0]];
        check(&send(&twice, "{}".to_owned()).await, (415, "unsupported_media_type"));
    }
}

#[tokio::test]
async fn other_methods_are_refused_with_those_allowed() {
    let ground = Ground::new().await;
    for (_, path) in guarded(&ground) {
        let reply = send(&ground.router, "PUT", &path, &[], "").await;
        assert_eq!(reply.problem(), (405, "method_not_allowed", ""), "{path}");
        assert!(!reply.header("allow").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn ids_that_name_nothing_are_not_found() {
    let ground = Ground::new().await;
    let ids = ["1", "0", "-1", "+1", "01", "x", "9223372036854775808", "%00", "1%2f2"];
    for (method, path) in operations(&ground.document) {
        if !path.contains("{id}") {
            continue;
        }
        for id in ids {
            let body = json!({});
            let path = path.replace("{id}", id);
            let path = if path.ends_with("seen-as") { format!("{path}?api=1") } else { path };
            let reply = ground.call(&method, &path, Some(&body)).await;
            assert_eq!(reply.problem(), (404, "not_found", ""), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_admin_api_describes_itself() {
    let ground = Ground::new().await;
    let path = "/.well-known/oauth-protected-resource/admin/v1";
    let metadata = ground.send("GET", path, &[], "").await.expect(200);
    assert_eq!(metadata.body["resource"], ADMIN);
    assert_eq!(metadata.body["authorization_servers"], json!(["http://localhost:7070"]));
    assert_eq!(metadata.body["scopes_supported"], json!(["admin"]));
    assert_eq!(ground.document["servers"][0]["url"], "http://localhost:7070");
    let flow = "/components/securitySchemes/admin/flows/clientCredentials/tokenUrl";
    assert_eq!(ground.document.pointer(flow).unwrap(), "http://localhost:7070/token");
}
