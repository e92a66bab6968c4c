//! A server in process whose permission API is open, with a store and a model.

use std::future::pending;

use axum::Router;
use counterfoil_jose::crypto::Secret32;
use counterfoil_server::{
    Config, FirstKeys, Listening, PermissionAccess, PresharedKey, Server, World,
};
use counterfoil_store::{PostgresOptions, SqliteOptions, Store};
use counterfoil_testing::scratch::Dir;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::admin::ground::{ISSUER, Reply, encode, send};

pub struct Ground {
    pub router: Router,
    /// The id of a store.
    pub store: String,
    /// The id of its model.
    pub model: String,
    /// Its jobs end when it is dropped.
    server: Server,
    _dir: Option<Dir>,
}

/// Documents in folders, read by users and groups; one relation under a condition.
pub const MODEL: &str = "model
  schema 1.1
type user
type group
  relations
    define member: [user, group#member]
type folder
  relations
    define parent: [folder]
    define viewer: [user, user:*, group#member] or viewer from parent
type document
  relations
    define parent: [folder]
    define owner: [user]
    define banned: [user]
    define auditor: [user with in_hours]
    define reader: [user, group#member] or owner
    define viewer: (reader or viewer from parent) but not banned
condition in_hours(hour: int) {
  hour >= 9 && hour < 17
}
";

/// The model as OpenFGA's API takes it.
pub fn model_json() -> Value {
    let model = counterfoil_permission::language::parse(MODEL).unwrap();
    serde_json::from_str(&counterfoil_permission::language::to_json(&model)).unwrap()
}

impl Ground {
    /// Open to everybody, on SQLite in a directory of its own.
    pub async fn new() -> Self {
        Self::with(PermissionAccess { open: true, ..PermissionAccess::default() }).await
    }

    /// The same on PostgreSQL.
    pub async fn on_postgres() -> Self {
        let url = counterfoil_testing::postgres::shared().fresh_database();
        let store = Store::open_postgres(PostgresOptions::new(url)).await.unwrap();
        let open = PermissionAccess { open: true, ..PermissionAccess::default() };
        Self::over(open, store, &World::default()).await
    }

    /// Reached as configured.
    pub async fn with(access: PermissionAccess) -> Self {
        let dir = Dir::new("permissions").unwrap();
        let options = SqliteOptions::default();
        let store = Store::open_sqlite(&dir.join("counterfoil.db"), options).await.unwrap();
        Self { _dir: Some(dir), ..Self::over(access, store, &World::default()).await }
    }

    pub async fn over(access: PermissionAccess, store: Store, world: &World) -> Self {
        let mut config = Config::new(ISSUER, Secret32::random()).unwrap();
        config.permission_access = access;
        Self::configured(config, store, world).await
    }

    /// Open to everybody, and with no memory for relationships: all is answered from the database.
    pub async fn without_memory() -> Self {
        let dir = Dir::new("permissions").unwrap();
        let options = SqliteOptions::default();
        let store = Store::open_sqlite(&dir.join("counterfoil.db"), options).await.unwrap();
        let mut config = Config::new(ISSUER, Secret32::random()).unwrap();
        config.permission_access.open = true;
        config.permissions.memory_bytes = 0;
        Self { _dir: Some(dir), ..Self::configured(config, store, &World::default()).await }
    }

    async fn configured(config: Config, store: Store, world: &World) -> Self {
        let open = config.permission_access.open;
        let server = Server::start(config, store, world, FirstKeys::generate).await.unwrap();
        let router = server.router();
        let (store, model) = (String::new(), String::new());
        let mut ground = Self { router, store, model, server, _dir: None };
        if open {
            ground.fill(&[]).await;
        }
        ground
    }

    /// Guarded by tokens and a key, with a client for each right and a store that the world made.
    pub async fn guarded() -> Self {
        let dir = Dir::new("permissions").unwrap();
        let options = SqliteOptions::default();
        let store = Store::open_sqlite(&dir.join("counterfoil.db"), options).await.unwrap();
        let keys = vec![PresharedKey::new(KEY).unwrap()];
        let access = PermissionAccess { keys, ..PermissionAccess::default() };
        let ground = Self::over(access, store, &guarded_world()).await;
        Self { _dir: Some(dir), store: STORE.to_owned(), model: MODEL_ID.to_owned(), ..ground }
    }

    /// A token, got by `client_credentials` at `/oauth/token` as OpenFGA's clients ask for it.
    pub async fn token(&self, client: &str) -> String {
        let form = encode(&[
            ("grant_type", "client_credentials"),
            ("audience", &format!("{ISSUER}/stores")),
            ("client_id", client),
            ("client_secret", &format!("{client}-secret")),
        ]);
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let reply = send(&self.router, "POST", "/oauth/token", &headers, form).await.expect(200);
        assert!(reply.body["expires_in"].as_u64().unwrap() > 600, "{reply:#?}");
        reply.body["access_token"].as_str().unwrap().to_owned()
    }

    /// Listens on a port of this machine while `client` talks to it.
    pub async fn serve<T>(&self, client: impl AsyncFnOnce(String) -> T) -> T {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let serving = self.server.serve(Listening { listener, tls: None }, pending());
        tokio::select! {
            () = serving => unreachable!("nobody stops it"),
            result = client(address) => result,
        }
    }

    /// Makes the store and its model.
    pub async fn fill(&mut self, headers: &[(&str, &str)]) {
        let made = self.send("POST", "/stores", headers, &json!({"name": "drive"})).await;
        self.store = made.expect(201).id();
        let path = format!("/stores/{}/authorization-models", self.store);
        let written = self.send("POST", &path, headers, &model_json()).await.expect(201);
        self.model = written.body["authorization_model_id"].as_str().unwrap().to_owned();
    }

    /// A request as it is.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        send(&self.router, method, path, headers, body).await
    }

    /// `POST /stores/{id}/{path}`
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", &self.path(path), &[], body).await
    }

    /// `GET /stores/{id}/{path}`
    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", &self.path(path), &[], &Value::Null).await
    }

    pub fn path(&self, path: &str) -> String {
        format!("/stores/{}/{path}", self.store)
    }

    /// Writes tuples `object#relation@user`.
    pub async fn write(&self, tuples: &[&str]) -> Reply {
        let keys: Vec<Value> = tuples.iter().map(|tuple| key(tuple)).collect();
        self.post("write", &json!({"writes": {"tuple_keys": keys}})).await.expect(200)
    }

    /// Whether a check allows.
    pub async fn allowed(&self, tuple: &str) -> bool {
        let reply = self.post("check", &json!({"tuple_key": key(tuple)})).await.expect(200);
        reply.body["allowed"].as_bool().unwrap()
    }
}

/// The store and the model of the guarded world, and the key that opens everything.
pub const STORE: &str = "01J0000000000000000000000A";
pub const MODEL_ID: &str = "01J0000000000000000000000B";
pub const KEY: &str = "a-key-that-was-agreed-on-beforehand-1";

fn guarded_world() -> World {
    let resource = format!("{ISSUER}/stores");
    let narrowed = format!("permissions:write:{STORE}");
    let elsewhere = "permissions:admin:01J0000000000000000000000C";
    let rights = [
        ("none", vec![]),
        ("reader", vec!["permissions:read"]),
        ("writer", vec!["permissions:write"]),
        ("admin", vec!["permissions:admin"]),
        ("here", vec![narrowed.as_str()]),
        ("elsewhere", vec![elsewhere]),
    ];
    let scopes: Vec<Value> =
        rights.iter().flat_map(|(_, scopes)| scopes).map(|name| json!({"name": name})).collect();
    let clients: Vec<Value> = rights
        .iter()
        .map(|(id, scopes)| {
            json!({"client_id": id, "client_secret": format!("{id}-secret"), "settings": {
                "client_name": id, "grant_types": ["client_credentials"],
                "token_endpoint_auth_method": "client_secret_post",
                "apis": [{"resource": resource, "scopes": scopes}]}})
        })
        .collect();
    let foreign = json!({"client_id": "foreign", "client_secret": "foreign-secret", "settings": {
        "client_name": "foreign", "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "client_secret_basic",
        "apis": [{"resource": "https://orders.example", "scopes": ["orders:read"]}]}});
    let api = |resource: &str, id: &str, scopes: Vec<Value>| {
        json!({"resource": resource, "client_id": id, "client_secret": format!("{id}-secret"),
            "profile": {"name": id, "lifetime_secs": 3_600, "scopes": scopes}})
    };
    let world = json!({
        "apis": [api(&resource, "api-permissions", scopes),
            api("https://orders.example", "api-orders", vec![json!({"name": "orders:read"})])],
        "clients": clients.into_iter().chain([foreign]).collect::<Vec<_>>(),
        "permission_stores": [{"id": STORE, "name": "guarded", "model_id": MODEL_ID,
            "model": MODEL, "tuples": ["document:1#reader@user:bob"]}],
    });
    serde_json::from_value(world).unwrap()
}

/// `object#relation@user` as a tuple key.
pub fn key(tuple: &str) -> Value {
    let (object, rest) = tuple.split_once('#').unwrap();
    let (relation, user) = rest.split_once('@').unwrap();
    json!({"object": object, "relation": relation, "user": user})
}

/// The status, the code and the message of an error.
#[track_caller]
pub fn error(reply: &Reply) -> (u16, &str, &str) {
    let text = |name: &str| reply.body[name].as_str().unwrap_or_default();
    assert_eq!(reply.headers["content-type"], "application/json", "{reply:#?}");
    assert!(!text("message").is_empty(), "{reply:#?}");
    (reply.status.as_u16(), text("code"), text("message"))
}
