use counterfoil_jose::{JwsAlgorithm, SigningKey};
use serde_json::{Value, json};

use super::ground::{Ground, ISSUER, ORDERS, client_token};

const CLIENTS: &str = "/admin/v1/clients";

fn machine() -> Value {
    json!({"client_name": "Machine", "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["client_credentials"],
        "apis": [{"resource": ORDERS, "scopes": ["orders:read"]}]})
}

/// The document with members replaced, or removed where the value is null.
fn with(mut document: Value, members: Value) -> Value {
    let object = document.as_object_mut().unwrap();
    for (name, value) in members.as_object().unwrap() {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
    document
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {value}")).to_owned()
}

#[tokio::test]
async fn a_client_is_made_used_changed_and_deleted() {
    let ground = Ground::new().await;
    let made = ground.post(CLIENTS, &machine()).await.expect(201);
    let (name, secret) = (text(&made.body, "client_id"), text(&made.body, "client_secret"));
    assert_eq!(made.body["client_secret_expires_at"], 0);
    let path = format!("{CLIENTS}/{}", made.id());
    assert_eq!(made.header("location"), format!("{ISSUER}{path}"));

    // Told once and never again.
    for reply in [ground.get(&path).await, ground.get(CLIENTS).await] {
        assert!(!reply.expect(200).body.to_string().contains("client_secret\""));
    }
    let found = ground.find("clients", &format!("client_id={name}")).await;
    assert_eq!(found, path);
    let token = client_token(&ground.router, &name, &secret, ORDERS).await.unwrap();
    assert!(ground.is_active(&token).await);

    let renamed = ground.patch(&path, &json!({"client_name": "Robot"})).await.expect(200);
    assert_eq!(renamed.body["client_name"], "Robot");
    assert!(ground.is_active(&token).await, "a name ends nothing");

    ground.delete(&path).await.expect(200);
    assert!(!ground.is_active(&token).await);
    assert!(client_token(&ground.router, &name, &secret, ORDERS).await.is_none());
    assert_eq!(ground.get(&path).await.problem(), (404, "not_found", ""));
}

#[tokio::test]
async fn a_new_secret_replaces_the_old_one() {
    let ground = Ground::new().await;
    let path = ground.find("clients", "client_id=shop").await;
    let rotated = ground.call("POST", &format!("{path}/secret"), None).await.expect(200);
    let secret = text(&rotated.body, "client_secret");
    assert!(client_token(&ground.router, "shop", "shop-secret", ORDERS).await.is_none());
    assert!(client_token(&ground.router, "shop", &secret, ORDERS).await.is_some());

    let public = with(
        machine(),
        json!({"token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"], "redirect_uris": ["https://a.example/cb"]}),
    );
    let public = ground.post(CLIENTS, &public).await.expect(201);
    assert!(public.body.get("client_secret").is_none() && public.body["has_secret"] == false);
    let path = format!("{CLIENTS}/{}", public.id());
    let reply = ground.call("POST", &format!("{path}/secret"), None).await;
    assert_eq!(reply.problem(), (409, "wrong_state", ""));
    // A method that needs a secret draws one.
    let patch = json!({"token_endpoint_auth_method": "client_secret_post"});
    let now = ground.patch(&path, &patch).await.expect(200);
    assert!(now.body["client_secret"].is_string() && now.body["has_secret"] == true);
    let patch = json!({"token_endpoint_auth_method": "none"});
    let back = ground.patch(&path, &patch).await.expect(200);
    assert_eq!(back.body["has_secret"], false);
}

#[tokio::test]
async fn taking_a_scope_away_ends_the_standing_grant() {
    let ground = Ground::new().await;
    let body = with(
        machine(),
        json!({"apis": [
        {"resource": ORDERS, "scopes": ["orders:read", "orders:write"]}]}),
    );
    let made = ground.post(CLIENTS, &body).await.expect(201);
    let (name, secret) = (text(&made.body, "client_id"), text(&made.body, "client_secret"));
    let path = format!("{CLIENTS}/{}", made.id());
    let token = async || client_token(&ground.router, &name, &secret, ORDERS).await;
    let broad = token().await.unwrap();
    assert_eq!(ground.introspect(&broad).await["scope"], "orders:read orders:write");

    let narrow = json!({"apis": [{"resource": ORDERS, "scopes": ["orders:read"]}]});
    ground.patch(&path, &narrow).await.expect(200);
    assert!(!ground.is_active(&broad).await);
    let token_now = token().await.unwrap();
    assert_eq!(ground.introspect(&token_now).await["scope"], "orders:read");

    ground.patch(&path, &json!({"apis": null})).await.expect(200);
    assert!(!ground.is_active(&token_now).await);
    assert!(token().await.is_none());
}

#[tokio::test]
async fn what_a_client_may_not_be() {
    let ground = Ground::new().await;
    let key = SigningKey::generate(JwsAlgorithm::Es256).unwrap();
    let public = key.public_jwk().to_json();
    let private = with(public.clone(), json!({"d": "AAAA"}));
    let check = async |members: Value, code: &str, pointer: &str| {
        let reply = ground.post(CLIENTS, &with(machine(), members.clone())).await;
        let (_, found, at) = reply.problem();
        assert_eq!((found, at), (code, pointer), "{members}: {}", reply.body["detail"]);
    };
    let invalid =
        async |members: Value, pointer: &str| check(members, "invalid_member", pointer).await;
    for name in ["client_name", "token_endpoint_auth_method", "grant_types"] {
        invalid(json!({name: null}), &format!("/{name}")).await;
    }
    for name in ["id", "client_secret", "owner_api", "has_secret"] {
        check(json!({name: "x"}), "read_only_member", &format!("/{name}")).await;
    }
    check(json!({"redirect_uri": "x"}), "unknown_member", "/redirect_uri").await;
    check(json!({"client_id": "shop"}), "taken", "/client_id").await;
    for name in ["usr_alice", "usr_x", "a b", "https://a.example/c", "ü", ""] {
        invalid(json!({"client_id": name}), "/client_id").await;
    }
    invalid(json!({"client_name": "a\u{202e}b"}), "/client_name").await;
    invalid(
        json!({"token_endpoint_auth_method": "client_secret_jwt"}),
        "/token_endpoint_auth_method",
    )
    .await;
    invalid(json!({"token_endpoint_auth_method": "none"}), "/grant_types").await;
    invalid(json!({"grant_types": ["implicit"]}), "/grant_types/0").await;
    invalid(json!({"grant_types": []}), "/grant_types").await;
    invalid(json!({"grant_types": ["refresh_token"]}), "/grant_types").await;
    invalid(json!({"grant_types": ["authorization_code"]}), "/redirect_uris").await;
    invalid(json!({"grant_types": ["client_credentials", "client_credentials"]}), "/grant_types/1")
        .await;
    for uri in ["http://a.example/cb", "javascript:alert(1)", "/cb", "https://a.example/cb#f"] {
        invalid(json!({"redirect_uris": [uri]}), "/redirect_uris/0").await;
        invalid(json!({"post_logout_redirect_uris": [uri]}), "/post_logout_redirect_uris/0").await;
    }
    invalid(json!({"token_endpoint_auth_method": "private_key_jwt"}), "/jwks").await;
    invalid(json!({"jwks": {"keys": []}}), "/jwks/keys").await;
    invalid(json!({"jwks": {"keys": [private]}}), "/jwks/keys/0").await;
    invalid(json!({"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}), "/jwks/keys/0").await;
    invalid(json!({"jwks": {"keys": [public, public]}}), "/jwks/keys/1").await;
    invalid(json!({"scopes": ["orders:read"]}), "/scopes/0").await;
    invalid(json!({"id_token_signed_response_alg": "ES512"}), "/id_token_signed_response_alg")
        .await;
    invalid(json!({"id_token_signed_response_alg": "none"}), "/id_token_signed_response_alg").await;
    invalid(json!({"refresh": {"idle_secs": 100, "absolute_secs": 99}}), "/refresh/absolute_secs")
        .await;
    invalid(json!({"refresh": {"idle_secs": 1}}), "/refresh/idle_secs").await;
    invalid(json!({"default_max_age": -1}), "/default_max_age").await;
    invalid(json!({"default_max_age": 1.5}), "/default_max_age").await;
    let api = |resource: &str, scope: &str| json!({"resource": resource, "scopes": [scope]});
    invalid(json!({"apis": [api("https://nobody.example", "x")]}), "/apis/0/resource").await;
    invalid(json!({"apis": [api(ORDERS, "orders:reed")]}), "/apis/0/scopes/0").await;
    let twice = api(ORDERS, "orders:read");
    invalid(json!({"apis": [twice, twice]}), "/apis/1").await;
    check(json!({"apis": [{"resource": ORDERS, "scope": "x"}]}), "unknown_member", "/apis/0/scope")
        .await;
}

#[tokio::test]
async fn an_own_client_stays_what_it_is() {
    let ground = Ground::new().await;
    let path = ground.find("clients", "client_id=orders-api").await;
    let check = async |patch: Value, code: &str, pointer: &str| {
        let reply = ground.patch(&path, &patch).await;
        let (_, found, at) = reply.problem();
        assert_eq!((found, at), (code, pointer), "{patch}");
    };
    check(json!({"grant_types": ["client_credentials"]}), "invalid_member", "/grant_types").await;
    check(
        json!({"token_endpoint_auth_method": "none"}),
        "invalid_member",
        "/token_endpoint_auth_method",
    )
    .await;
    check(json!({"scopes": ["openid"]}), "invalid_member", "/scopes").await;
    check(json!({"client_id": "other"}), "read_only_member", "/client_id").await;
    check(json!({"owner_api": null}), "read_only_member", "/owner_api").await;
    assert_eq!(ground.delete(&path).await.problem(), (409, "wrong_state", ""));
    let rotated = ground.call("POST", &format!("{path}/secret"), None).await.expect(200);
    assert!(rotated.body["client_secret"].is_string());
}

#[tokio::test]
async fn a_client_may_prove_itself_by_a_key() {
    let ground = Ground::new().await;
    let key = SigningKey::generate(JwsAlgorithm::EdDsa).unwrap();
    let body = with(
        machine(),
        json!({"token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [key.public_jwk().to_json()]}}),
    );
    let made = ground.post(CLIENTS, &body).await.expect(201);
    assert_eq!(made.body["has_secret"], false);
    assert_eq!(made.body["jwks"]["keys"][0]["kid"], key.kid());
}
