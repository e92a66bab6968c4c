use counterfoil_jose::{DecryptionKey, JweAlgorithm};
use serde_json::{Value, json};

use super::ground::{ADMIN, Ground, ORDERS, base64, client_token, encode, send};

const APIS: &str = "/admin/v1/apis";

fn stock() -> Value {
    json!({"resource": "https://stock.example", "profile": {"name": "Stock",
        "scopes": [{"name": "stock:read", "description": "Read the stock"}],
        "claims": [{"name": "email"}, {"name": "https://example.com/plan", "scope": "stock:read"}]}})
}

async fn introspect(ground: &Ground, (name, secret): (&str, &str), token: &str) -> (u16, Value) {
    let basic = format!("Basic {}", base64(&format!("{name}:{secret}")));
    let headers =
        [("authorization", basic.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let form = encode(&[("token", token)]);
    let reply = send(&ground.router, "POST", "/introspect", &headers, form).await;
    (reply.status.as_u16(), reply.body)
}

#[tokio::test]
async fn an_api_is_registered_used_changed_and_deleted() {
    let ground = Ground::new().await;
    let made = ground.post(APIS, &stock()).await.expect(201);
    let text = |name: &str| made.body[name].as_str().unwrap().to_owned();
    let own = (text("client_id"), text("client_secret"));
    let own = (own.0.as_str(), own.1.as_str());
    let path = format!("{APIS}/{}", made.id());
    assert_eq!(made.body["profile"]["format"], "opaque");
    assert_eq!(ground.find("apis", "resource=https://stock.example").await, path);
    assert!(ground.get(&path).await.expect(200).body.get("client_secret").is_none());
    let client = ground.get(&format!("/admin/v1/clients/{}", text("client"))).await.expect(200);
    assert_eq!(client.body["owner_api"], made.body["id"]);

    let machine = json!({"client_name": "M", "token_endpoint_auth_method": "client_secret_basic",
        "client_id": "m", "grant_types": ["client_credentials"],
        "apis": [{"resource": "https://stock.example", "scopes": ["stock:read"]}]});
    let machine = ground.post("/admin/v1/clients", &machine).await.expect(201);
    let secret = machine.body["client_secret"].as_str().unwrap();
    let token = client_token(&ground.router, "m", secret, "https://stock.example").await.unwrap();
    let (_, seen) = introspect(&ground, own, &token).await;
    assert_eq!((&seen["active"], &seen["scope"]), (&json!(true), &json!("stock:read")));

    let patch = json!({"profile": {"format": "jwt", "alg": "ES256", "lifetime_secs": 60}});
    let patched = ground.patch(&path, &patch).await.expect(200);
    assert_eq!(patched.body["profile"]["alg"], "ES256");
    assert_eq!(patched.body["profile"]["name"], "Stock");
    let jwt = client_token(&ground.router, "m", secret, "https://stock.example").await.unwrap();
    assert_eq!(jwt.split('.').count(), 3);

    ground.delete(&path).await.expect(200);
    assert_eq!(introspect(&ground, own, &token).await.0, 401, "its own client is gone too");
    let gone = client_token(&ground.router, "m", secret, "https://stock.example").await;
    assert!(gone.is_none());
    // Registered again it is another API; what was issued for the first stays dead.
    let again = ground.post(APIS, &stock()).await.expect(201);
    let text = |name: &str| again.body[name].as_str().unwrap().to_owned();
    let (_, seen) = introspect(&ground, (&text("client_id"), &text("client_secret")), &token).await;
    assert_eq!(seen, json!({"active": false}));
}

#[tokio::test]
async fn encrypted_tokens_need_a_usable_key() {
    let ground = Ground::new().await;
    let key = DecryptionKey::generate(JweAlgorithm::EcdhEsA256Kw).unwrap().public_jwk().to_json();
    let rsa = DecryptionKey::generate(JweAlgorithm::RsaOaep256).unwrap().public_jwk().to_json();
    let create = async |key: &Value| {
        let mut body = stock();
        body["profile"]["format"] = json!("jwe");
        body["profile"]["encryption_jwk"] = key.clone();
        ground.post(APIS, &body).await
    };
    let without = |name: &str| {
        let mut key = key.clone();
        key.as_object_mut().unwrap().remove(name);
        key
    };
    let mut signing = key.clone();
    signing["alg"] = json!("ES256");
    let mut private = key.clone();
    private["d"] = key["x"].clone();
    let bad = [
        without("kid"),
        without("alg"),
        without("x"),
        signing,
        private,
        json!({}),
        json!({"kty": "oct", "k": "AAAA", "kid": "1", "alg": "A256KW"}),
    ];
    for bad in bad {
        let reply = create(&bad).await;
        assert_eq!(reply.problem(), (422, "invalid_member", "/profile/encryption_jwk"), "{bad}");
    }
    let made = create(&key).await.expect(201);
    assert_eq!(made.body["profile"]["encryption_jwk"], key);
    // A merge patch leaves members of the old key behind; they are not kept.
    let patch = json!({"profile": {"encryption_jwk": rsa}});
    let patched = ground.patch(&format!("{APIS}/{}", made.id()), &patch).await.expect(200);
    assert_eq!(patched.body["profile"]["encryption_jwk"], rsa);
    let reply = ground
        .patch(&format!("{APIS}/{}", made.id()), &json!({"profile": {"encryption_jwk": null}}))
        .await;
    assert_eq!(reply.problem(), (422, "invalid_member", "/profile/encryption_jwk"));
}

async fn refused(ground: &Ground, body: Value, code: &str, pointer: &str) {
    let reply = ground.post(APIS, &body).await;
    let (_, found, at) = reply.problem();
    assert_eq!((found, at), (code, pointer), "{body}: {}", reply.body["detail"]);
}

#[tokio::test]
async fn what_a_resource_may_not_be() {
    let ground = Ground::new().await;
    let refused = async |body: Value, code: &str, at: &str| refused(&ground, body, code, at).await;
    let named = |resource: &str| {
        let mut body = stock();
        body["resource"] = json!(resource);
        body
    };
    for bad in [
        "",
        "stock",
        "/stock",
        "https://a.example#f",
        "https://a.example/#",
        "https://u:p@a.example",
        "javascript:alert(1)",
        "https://a.example/a b",
        "http://localhost:7070",
        "http://localhost:7070/",
        "http://localhost:7070/userinfo",
        "http://localhost:7070/token",
    ] {
        refused(named(bad), "invalid_member", "/resource").await;
    }
    refused(named(ORDERS), "taken", "/resource").await;
    refused(json!({"profile": {"name": "x"}}), "invalid_member", "/resource").await;
    refused(json!({"resource": "https://a.example"}), "invalid_member", "/profile").await;
    let mut body = stock();
    body["client_id"] = json!("shop");
    refused(body, "taken", "/client_id").await;
    let mut body = stock();
    body["client_id"] = json!("usr_bob");
    refused(body, "invalid_member", "/client_id").await;
}

#[tokio::test]
async fn what_a_profile_may_not_be() {
    let ground = Ground::new().await;
    let profile = async |members: Value, code: &str, pointer: &str| {
        let mut body = stock();
        for (name, value) in members.as_object().unwrap() {
            body["profile"][name] = value.clone();
        }
        refused(&ground, body, code, &format!("/profile{pointer}")).await;
    };
    let invalid = async |members: Value, at: &str| profile(members, "invalid_member", at).await;
    profile(json!({"lifetime": 60}), "unknown_member", "/lifetime").await;
    for constraint in ["dpop", "mtls"] {
        let members = json!({"sender_constraint": constraint});
        profile(members, "not_yet", "/sender_constraint").await;
    }
    invalid(json!({"name": ""}), "/name").await;
    invalid(json!({"format": "saml"}), "/format").await;
    invalid(json!({"format": "jwe"}), "/encryption_jwk").await;
    invalid(json!({"alg": "none"}), "/alg").await;
    invalid(json!({"alg": "HS256"}), "/alg").await;
    invalid(json!({"alg": "ES384"}), "/alg").await;
    invalid(json!({"typ": "jwt"}), "/typ").await;
    invalid(json!({"enc": "A192GCM"}), "/enc").await;
    for lifetime in [json!(9), json!(86_401), json!(-1), json!(1.5), json!("60"), json!(1e300)] {
        invalid(json!({"lifetime_secs": lifetime}), "/lifetime_secs").await;
    }
    for budget in [999, 60_001] {
        invalid(json!({"freshness_budget_ms": budget}), "/freshness_budget_ms").await;
    }
    invalid(json!({"claims_in_token": "why"}), "/claims_in_token").await;
    invalid(json!({"format": "jwt", "claims_in_token": "  "}), "/claims_in_token").await;
    invalid(json!({"userinfo_audience": true}), "/userinfo_audience").await;
    invalid(json!({"scopes": [{"name": "a b"}]}), "/scopes/0/name").await;
    invalid(json!({"scopes": [{"name": "openid"}]}), "/scopes/0/name").await;
    invalid(json!({"scopes": [{"name": "a"}, {"name": "a"}], "claims": []}), "/scopes/1/name")
        .await;
    invalid(json!({"claims": [{"name": "email"}, {"name": "email"}]}), "/claims/1").await;
    invalid(json!({"claims": [{"name": "email", "scope": "nobody"}]}), "/claims/0/scope").await;
    profile(json!({"claims": [{"name": "sub"}]}), "reserved_claim", "/claims/0/name").await;
    profile(json!({"claims": [{"name": "plan"}]}), "unknown_member", "/claims/0/name").await;
}

#[tokio::test]
async fn the_admin_api_does_not_lock_itself_out() {
    let ground = Ground::new().await;
    let path = ground.find("apis", &format!("resource={ADMIN}")).await;
    assert_eq!(ground.delete(&path).await.problem(), (409, "wrong_state", ""));
    let reply = ground.patch(&path, &json!({"profile": {"scopes": []}})).await;
    assert_eq!(reply.problem(), (422, "invalid_member", "/profile/scopes"));
    // Its tokens may be of any format.
    ground.patch(&path, &json!({"profile": {"format": "jwt"}})).await.expect(200);
    let token = client_token(&ground.router, "admin", "admin-secret", ADMIN).await.unwrap();
    assert_eq!(token.split('.').count(), 3);
    let bearer = format!("Bearer {token}");
    ground.send("GET", APIS, &[("authorization", &bearer)], "").await.expect(200);
}

#[tokio::test]
async fn names_of_an_api_stay() {
    let ground = Ground::new().await;
    let path = ground.find("apis", &format!("resource={ORDERS}")).await;
    for name in ["resource", "client_id"] {
        for value in [json!("https://other.example"), Value::Null] {
            let reply = ground.patch(&path, &json!({name: value})).await;
            let at = format!("/{name}");
            assert!(
                [(422, "read_only_member", at.as_str()), (422, "invalid_member", at.as_str())]
                    .contains(&reply.problem())
            );
        }
    }
    let read = ground.get(&path).await.expect(200);
    let same = ground.patch(&path, &read.body).await.expect(200);
    assert_eq!(same.header("etag"), read.header("etag"));
}

#[tokio::test]
async fn running_guards_are_listed() {
    let ground = Ground::new().await;
    let none = ground.get("/admin/v1/verifiers").await.expect(200);
    assert_eq!(none.body, json!({"items": []}));
    let basic = format!("Basic {}", base64("orders-api:orders-api-secret"));
    let headers = [("authorization", basic.as_str())];
    let nonce = counterfoil_jose::b64::encode(&[7; 16]);
    let path = format!("/feed/v1/snapshot?nonce={nonce}");
    send(&ground.router, "GET", &path, &headers, "").await.expect(200);
    let listed = ground.get("/admin/v1/verifiers").await.expect(200);
    let items = listed.body["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["api"], ORDERS);
    assert_eq!((&items[0]["state"], &items[0]["lease_left_ms"]), (&json!("syncing"), &json!(0)));
}
