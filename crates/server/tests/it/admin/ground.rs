//! A server in process, with a client that may administer, one that is of an API, and a user.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use counterfoil_jose::{b64, crypto::Secret32};
use counterfoil_server::{Config, FirstKeys, Server, World};
use counterfoil_store::{PostgresOptions, SqliteOptions, Store};
use counterfoil_testing::scratch::Dir;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

pub const ISSUER: &str = "http://localhost:7070";
pub const ADMIN: &str = "http://localhost:7070/admin/v1";
pub const ORDERS: &str = "https://orders.example";

pub struct Ground {
    pub router: Router,
    pub token: String,
    /// The API description.
    pub document: Value,
    /// Its jobs end when it is dropped.
    _server: Server,
    _dir: Option<Dir>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{self:#?}");
        self
    }

    /// The stable code and the pointer of a problem.
    #[track_caller]
    pub fn problem(&self) -> (u16, &str, &str) {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{self:#?}");
        let text = |name: &str| self.body[name].as_str().unwrap_or_default();
        assert_eq!(self.body["status"], self.status.as_u16());
        assert!(!text("detail").is_empty() && !text("title").is_empty());
        assert_eq!(text("type"), format!("urn:counterfoil:problem:{}", text("code")));
        (self.status.as_u16(), text("code"), text("pointer"))
    }

    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Ground {
    /// On SQLite in a directory of its own.
    pub async fn new() -> Self {
        let dir = Dir::new("admin").unwrap();
        let options = SqliteOptions::default();
        let store = Store::open_sqlite(&dir.join("counterfoil.db"), options).await.unwrap();
        Self { _dir: Some(dir), ..Self::over(store).await }
    }

    /// On PostgreSQL, in a database of its own.
    pub async fn on_postgres() -> Self {
        let url = counterfoil_testing::postgres::shared().fresh_database();
        let store = Store::open_postgres(PostgresOptions::new(url)).await.unwrap();
        Self::over(store).await
    }

    /// On any store.
    pub async fn over(store: Store) -> Self {
        Self::with(Config::new(ISSUER, Secret32::random()).unwrap(), store).await
    }

    /// On any store, as configured.
    pub async fn with(config: Config, store: Store) -> Self {
        let server = Server::start(config, store, &world(), FirstKeys::generate).await.unwrap();
        let router = server.router();
        let token = admin_token(&router).await;
        let document = send(&router, "GET", "/openapi.json", &[], "").await.expect(200).body;
        Self { router, token, document, _server: server, _dir: None }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.call("POST", path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.call("PATCH", path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.call("DELETE", path, None).await
    }

    pub async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let body = body.map_or(String::new(), Value::to_string);
        self.call_with(method, path, &[("content-type", "application/json")], body).await
    }

    pub async fn call_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Reply {
        let bearer = format!("Bearer {}", self.token);
        let headers: Vec<_> =
            headers.iter().copied().chain([("authorization", bearer.as_str())]).collect();
        self.send(method, path, &headers, body).await
    }

    /// Sends a request as it is, and compares the answer with the document.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Reply {
        let reply = send(&self.router, method, path, headers, body).await;
        super::contract::check(&self.document, method, path, &reply);
        reply
    }

    /// What the orders API learns of a token.
    pub async fn introspect(&self, token: &str) -> Value {
        let basic = format!("Basic {}", base64("orders-api:orders-api-secret"));
        let headers = [
            ("authorization", basic.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let form = format!("token={token}");
        send(&self.router, "POST", "/introspect", &headers, form).await.expect(200).body
    }

    /// Whether a token is alive, as the orders API sees it.
    pub async fn is_active(&self, token: &str) -> bool {
        self.introspect(token).await["active"] == true
    }

    /// The path of the one thing that a filtered list names.
    pub async fn find(&self, list: &str, filter: &str) -> String {
        let found = self.get(&format!("/admin/v1/{list}?{filter}")).await.expect(200);
        format!("/admin/v1/{list}/{}", found.body["items"][0]["id"].as_str().unwrap())
    }

    /// Finds a user by name.
    pub async fn user(&self, username: &str) -> Value {
        let list = self.get(&format!("/admin/v1/users?username={username}")).await.expect(200);
        list.body["items"][0].clone()
    }
}

pub async fn send(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Reply {
    let mut request =
        Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
    Reply { status: parts.status, headers: parts.headers, body }
}

/// A token for the admin API, got as any client gets one.
pub async fn admin_token(router: &Router) -> String {
    client_token(router, "admin", "admin-secret", ADMIN).await.expect("a token")
}

/// A `client_credentials` token, if the client may have one.
pub async fn client_token(
    router: &Router,
    client_id: &str,
    secret: &str,
    resource: &str,
) -> Option<String> {
    let basic = format!("Basic {}", base64(&format!("{client_id}:{secret}")));
    let headers =
        [("authorization", basic.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("resource", resource)
        .finish();
    let reply = send(router, "POST", "/token", &headers, form).await;
    reply.body["access_token"].as_str().map(str::to_owned)
}

/// Base64 of RFC 4648 §4, which HTTP Basic uses; the crate has only the URL-safe one.
pub fn base64(text: &str) -> String {
    let mut encoded = b64::encode(text.as_bytes()).replace('-', "+").replace('_', "/");
    while !encoded.len().is_multiple_of(4) {
        encoded.push('=');
    }
    encoded
}

fn world() -> World {
    let access =
        |resource: &str, scopes: &[&str]| json!([{"resource": resource, "scopes": scopes}]);
    let client = |client_id: &str, apis: Value| {
        json!({"client_id": client_id, "client_secret": format!("{client_id}-secret"),
            "settings": {"client_name": client_id, "grant_types": ["client_credentials"],
                "token_endpoint_auth_method": "client_secret_basic", "apis": apis}})
    };
    let shop = json!({"client_id": "shop", "client_secret": "shop-secret", "settings": {
        "client_name": "Shop", "token_endpoint_auth_method": "client_secret_basic",
        "redirect_uris": ["https://shop.example/cb"], "consent": "first_party",
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "scopes": ["openid", "email", "offline_access"],
        "apis": [{"resource": ORDERS, "scopes": ["orders:read"]},
            {"resource": ADMIN, "scopes": ["admin"]}]}});
    let world = json!({
        "apis": [
            {"resource": ADMIN, "client_id": "admin-api", "client_secret": "admin-api-secret",
             "profile": {"name": "Administration", "scopes": [{"name": "admin"}]}},
            {"resource": ORDERS, "client_id": "orders-api", "client_secret": "orders-api-secret",
             "profile": {"name": "Orders", "freshness_budget_ms": 1000,
                "scopes": [{"name": "orders:read"}, {"name": "orders:write"}],
                "claims": [{"name": "email"}, {"name": "https://example.com/plan"}]}},
        ],
        "clients": [client("admin", access(ADMIN, &["admin"])), client("weak", access(ADMIN, &[])),
            shop],
        "users": [{"sub": "usr_alice", "username": "alice", "password": "alice", "claims": {
            "email": "alice@example.com", "email_verified": true,
            "https://example.com/plan": "gold"}}],
    });
    serde_json::from_value(world).unwrap()
}

/// Tokens of alice at the client `shop`, got through the pages as a browser would.
pub async fn sign_in(router: &Router, resource: Option<&str>) -> Value {
    let verifier = "a".repeat(43);
    let challenge = b64::encode(&counterfoil_jose::crypto::sha256(verifier.as_bytes()));
    let mut query = vec![
        ("client_id", "shop"),
        ("response_type", "code"),
        ("redirect_uri", "https://shop.example/cb"),
        ("scope", "openid email offline_access orders:read admin"),
        ("state", "s"),
        ("code_challenge_method", "S256"),
        ("code_challenge", &challenge),
    ];
    query.extend(resource.map(|resource| ("resource", resource)));
    let (back, _) = pass_sign_in(router, &format!("/authorize?{}", encode(&query))).await;
    let location = url::Url::parse(back.header("location")).unwrap();
    let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://shop.example/cb"),
        ("code_verifier", verifier.as_str()),
    ];
    token_request(router, &form).await.expect(200).body
}

/// Signs alice in on the page at a path: where she is sent then, and her browser's cookies.
pub async fn pass_sign_in(router: &Router, path: &str) -> (Reply, String) {
    let page = send(router, "GET", path, &[], "").await.expect(200);
    let html = page.body.as_str().unwrap();
    let hidden = |name: &str| {
        let after = html.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        after.split('"').next().unwrap().to_owned()
    };
    let (interaction, csrf) = (hidden("interaction"), hidden("csrf"));
    let form = [
        ("username", "alice"),
        ("password", "alice"),
        ("interaction", interaction.as_str()),
        ("csrf", csrf.as_str()),
    ];
    let cookie = cookies(&page);
    let headers = [
        ("cookie", cookie.as_str()),
        ("origin", ISSUER),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let back = send(router, "POST", "/sign-in", &headers, encode(&form)).await.expect(303);
    let all = format!("{cookie}; {}", cookies(&back));
    (back, all)
}

/// A request of the client `shop` at the token endpoint.
pub async fn token_request(router: &Router, form: &[(&str, &str)]) -> Reply {
    let basic = format!("Basic {}", base64("shop:shop-secret"));
    let headers =
        [("authorization", basic.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    send(router, "POST", "/token", &headers, encode(form)).await
}

pub fn encode(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn cookies(reply: &Reply) -> String {
    let set = reply.headers.get_all(header::SET_COOKIE).iter();
    let pairs = set.map(|value| value.to_str().unwrap().split(';').next().unwrap());
    pairs.collect::<Vec<_>>().join("; ")
}
