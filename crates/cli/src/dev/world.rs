//! The demo world: fixed ids, secrets and keys, so that documentation can be pasted.

use counterfoil_jose::{
    DecryptionKey, JweAlgorithm, JwsAlgorithm, SigningKey, b64,
    crypto::{Secret32, derive, random},
};
use counterfoil_server::{FirstKeys, KeyError, World};
use serde_json::{Value, json};

/// What a demo world is drawn from.
#[derive(Debug)]
pub(crate) struct Demo {
    /// Where the issuer is.
    pub(crate) issuer: String,
    /// Where the demo API is.
    pub(crate) api_origin: String,
    secrets: Secret32,
    fresh: bool,
    /// The permission store and its model.
    store_id: String,
    model_id: String,
}

/// One way for an API to learn who calls.
pub(crate) struct Lane {
    pub(crate) name: &'static str,
    pub(crate) format: &'static str,
    pub(crate) learned_by: &'static str,
}

/// The six ways, side by side in the lab.
pub(crate) const LANES: [Lane; 6] = [
    Lane { name: "claims-in-jwt", format: "jwt", learned_by: "claims in the token" },
    Lane { name: "userinfo-per-request", format: "jwt", learned_by: "UserInfo on every request" },
    Lane {
        name: "introspection-per-request",
        format: "opaque",
        learned_by: "introspection on every request",
    },
    Lane { name: "encrypted-jwt", format: "jwe", learned_by: "claims in the encrypted token" },
    Lane { name: "fresh", format: "opaque", learned_by: "a verifier kept fresh by the issuer" },
    Lane { name: "fresh-jwt", format: "jwt", learned_by: "a verifier kept fresh by the issuer" },
];

/// The API whose orders are shared: the guard says who calls, the permission engine who may.
pub(crate) const SHARED: Lane = Lane {
    name: "shared",
    format: "opaque",
    learned_by: "a verifier kept fresh by the issuer; what they may do, the permission engine",
};

const RS256: &[u8] = include_bytes!("rs256.pk8");
const PS256: &[u8] = include_bytes!("ps256.pk8");
const DEMO_API_KEY: &str = include_str!("demo-api.jwk.json");

impl Demo {
    /// A world for these addresses; `fresh` draws ids, secrets and keys anew.
    pub(crate) fn new(issuer: String, api_origin: String, fresh: bool) -> Self {
        let secrets = if fresh { Secret32::random() } else { Secret32::from([0x0d; 32]) };
        let id = |fixed: &str| if fresh { random_ulid() } else { fixed.to_owned() };
        let (store_id, model_id) = (id(STORE_ID), id(MODEL_ID));
        Self { issuer, api_origin, secrets, fresh, store_id, model_id }
    }

    /// The key-encryption key of development; `serve` refuses it.
    pub(crate) fn key_encryption_key(&self) -> Secret32 {
        if self.fresh { Secret32::random() } else { development_key() }
    }

    /// The issuer's first keys.
    pub(crate) fn first_keys(&self) -> Result<FirstKeys, KeyError> {
        if self.fresh {
            return FirstKeys::generate();
        }
        let key = |name: &[u8]| derive(&self.secrets, &[name]);
        let made = |made: Result<SigningKey, _>| made.map_err(|_| KeyError::Generate);
        Ok(FirstKeys {
            root: key(b"root"),
            seal: key(b"seal"),
            feed: made(SigningKey::from_seed(JwsAlgorithm::EdDsa, &key(b"feed")))?,
            signing: vec![
                made(SigningKey::from_pkcs8(JwsAlgorithm::Rs256, RS256))?,
                made(SigningKey::from_pkcs8(JwsAlgorithm::Ps256, PS256))?,
                made(SigningKey::from_seed(JwsAlgorithm::Es256, &key(b"es256")))?,
                made(SigningKey::from_seed(JwsAlgorithm::EdDsa, &key(b"eddsa")))?,
            ],
        })
    }

    /// A secret by name: `dev-only-…`, fixed unless the world is fresh.
    pub(crate) fn secret(&self, name: &str) -> String {
        let bytes = derive(&self.secrets, &[b"secret", name.as_bytes()]);
        let text: String = b64::encode(bytes.expose()).chars().take(32).collect();
        format!("dev-only-{text}")
    }

    /// The demo API's private key, to which the issuer encrypts.
    pub(crate) fn decryption_jwk(&self) -> Value {
        serde_json::from_str(DEMO_API_KEY).unwrap_or(Value::Null)
    }

    fn encryption_jwk(&self) -> Value {
        let key =
            DecryptionKey::from_private_jwk(JweAlgorithm::EcdhEsA256Kw, DEMO_API_KEY.as_bytes());
        key.map(|key| key.public_jwk().to_json()).unwrap_or(Value::Null)
    }

    /// A lane's `resource`.
    pub(crate) fn resource(&self, lane: &str) -> String {
        format!("{}/{lane}", self.api_origin)
    }

    /// The admin API's `resource`.
    pub(crate) fn admin_resource(&self) -> String {
        format!("{}/admin/v1", self.issuer)
    }

    /// The permission API's `resource`.
    pub(crate) fn permission_resource(&self) -> String {
        format!("{}/stores", self.issuer)
    }

    fn permission_api(&self) -> Value {
        self.api(&self.permission_resource(), "api-permissions", &permission_profile())
    }

    /// Where the permission store is.
    pub(crate) fn permission_store_url(&self) -> String {
        format!("{}/{}", self.permission_resource(), self.store_id)
    }

    /// The worked example: orders in folders, read by people and groups.
    fn permission_store(&self) -> Value {
        json!({
            "id": self.store_id,
            "name": "dev",
            "model_id": self.model_id,
            "model": include_str!("permissions.fga"),
            "tuples": [
                format!("group:buyers#member@{ALICE}"),
                format!("group:clerks#member@{BOB}"),
                format!("order:1#owner@{ALICE}"),
                "folder:2026#reader@group:clerks#member",
                "order:2#folder@folder:2026",
                format!("order:2#owner@{ALICE}"),
            ],
        })
    }

    fn profile(&self, lane: &Lane) -> Value {
        let claims = ["email", "email_verified", "name", "groups"].map(|name| {
            let scope = if name == "groups" { "profile" } else { "" };
            if scope.is_empty() {
                json!({"name": name})
            } else {
                json!({"name": name, "scope": scope})
            }
        });
        let mut profile = json!({
            "name": format!("Order desk ({})", lane.name),
            "format": lane.format,
            "claims": claims,
            "scopes": [{"name": "orders:read", "description": "Read your orders"}],
            "userinfo_audience": lane.name == "userinfo-per-request",
        });
        if let Some(members) = profile.as_object_mut() {
            if matches!(lane.name, "claims-in-jwt" | "encrypted-jwt") {
                let reason = "the lab shows what this way gives up";
                members.insert("claims_in_token".to_owned(), json!(reason));
            }
            if lane.format == "jwe" {
                members.insert("encryption_jwk".to_owned(), self.encryption_jwk());
            }
        }
        profile
    }

    fn api(&self, resource: &str, client_id: &str, profile: &Value) -> Value {
        json!({
            "resource": resource,
            "client_id": client_id,
            "client_secret": self.secret(client_id),
            "profile": profile,
        })
    }

    /// The demo API's client for a lane.
    pub(crate) fn lane_client(lane: &str) -> String {
        format!("api-{lane}")
    }

    /// The world as data.
    pub(crate) fn document(&self) -> Value {
        let lanes = LANES.iter().chain([&SHARED]).map(|lane| {
            self.api(&self.resource(lane.name), &Self::lane_client(lane.name), &self.profile(lane))
        });
        let admin = self.api(
            &self.admin_resource(),
            "api-admin",
            &json!({"name": "Counterfoil administration",
                "scopes": [{"name": "admin", "description": "Administer this issuer"}]}),
        );
        json!({
            "apis": lanes.chain([admin, self.permission_api()]).collect::<Vec<_>>(),
            "clients": self.clients(),
            "users": users(),
            "permission_stores": [self.permission_store()],
        })
    }

    fn clients(&self) -> Vec<Value> {
        let lanes: Vec<Value> = LANES
            .iter()
            .chain([&SHARED])
            .map(|lane| json!({"resource": self.resource(lane.name), "scopes": ["orders:read"]}))
            .collect();
        let scopes = ["openid", "profile", "email", "offline_access"];
        let issuer = &self.issuer;
        vec![
            json!({"client_id": "web-app", "client_secret": self.secret("web-app"), "settings": {
                "client_name": "Demo web app",
                "token_endpoint_auth_method": "client_secret_basic",
                "redirect_uris": [
                    "http://localhost:3000/callback",
                    "http://127.0.0.1:3000/callback",
                    format!("{issuer}/demo/app/callback"),
                ],
                "post_logout_redirect_uris": ["http://localhost:3000/"],
                "grant_types": ["authorization_code", "refresh_token"],
                "scopes": scopes,
                "apis": lanes,
            }}),
            json!({"client_id": "lab", "settings": {
                "client_name": "The lab",
                "token_endpoint_auth_method": "none",
                "redirect_uris": [format!("{issuer}/lab/callback")],
                "grant_types": ["authorization_code", "refresh_token"],
                "scopes": scopes,
                "consent": "first_party",
                "apis": lanes,
            }}),
            json!({"client_id": "cli", "settings": {
                "client_name": "Counterfoil command line",
                "token_endpoint_auth_method": "none",
                "application_type": "native",
                "redirect_uris": ["http://127.0.0.1/callback"],
                "grant_types": ["authorization_code", "refresh_token"],
                "scopes": scopes,
                "consent": "first_party",
                "apis": lanes,
            }}),
            json!({"client_id": "service", "client_secret": self.secret("service"), "settings": {
                "client_name": "Demo service",
                "token_endpoint_auth_method": "client_secret_basic",
                "grant_types": ["client_credentials"],
                "apis": lanes,
            }}),
            json!({"client_id": "admin", "client_secret": self.secret("admin"), "settings": {
                "client_name": "Administrator",
                "token_endpoint_auth_method": "client_secret_basic",
                "grant_types": ["client_credentials"],
                "apis": [{"resource": self.admin_resource(), "scopes": ["admin"]}],
            }}),
            json!({"client_id": "permissions", "client_secret": self.secret("permissions"),
                "settings": {
                "client_name": "Permission client",
                "token_endpoint_auth_method": "client_secret_post",
                "grant_types": ["client_credentials"],
                "apis": [{"resource": self.permission_resource(), "scopes": PERMISSION_SCOPES}],
            }}),
        ]
    }

    /// Where the shared order is, and who is who in the permission store.
    fn shared(&self) -> Value {
        let resource = self.resource(SHARED.name);
        json!({"name": SHARED.name, "resource": resource, "url": format!("{resource}/orders/1"),
            "object": "order:1", "relation": "reader", "users": {"alice": ALICE, "bob": BOB}})
    }

    /// The world, typed.
    ///
    /// # Errors
    /// When the document above doesn't fit the types, which a test would have seen.
    pub(crate) fn world(&self) -> Result<World, serde_json::Error> {
        serde_json::from_value(self.document())
    }

    /// What a newcomer needs, at `/dev/setup.json`.
    pub(crate) fn setup(&self) -> Value {
        let document = self.document();
        let list =
            |key: &str| document.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let pick = |from: &Value, keys: &[&str]| {
            let members =
                keys.iter().filter_map(|key| Some(((*key).to_owned(), from.get(*key)?.clone())));
            Value::Object(members.collect())
        };
        let clients = list("clients").into_iter().map(|client| {
            let mut shown = pick(&client, &["client_id", "client_secret"]);
            let uris = client.pointer("/settings/redirect_uris").cloned().unwrap_or(json!([]));
            if let Some(members) = shown.as_object_mut() {
                members.insert("redirect_uris".to_owned(), uris);
            }
            shown
        });
        let apis = list("apis");
        let apis = apis.iter().map(|api| pick(api, &["resource", "client_id", "client_secret"]));
        let lanes = LANES.iter().map(|lane| {
            let resource = self.resource(lane.name);
            json!({"name": lane.name, "resource": resource, "url": resource,
                "format": lane.format, "learned_by": lane.learned_by})
        });
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "issuer": self.issuer,
            "admin": {"client_id": "admin", "client_secret": self.secret("admin"),
                "resource": self.admin_resource()},
            "permissions": {"api_url": self.issuer, "store_id": self.store_id,
                "model_id": self.model_id, "resource": self.permission_resource(),
                "client_id": "permissions", "client_secret": self.secret("permissions")},
            "clients": clients.collect::<Vec<_>>(),
            "apis": apis.collect::<Vec<_>>(),
            "users": list("users").iter().map(|user| pick(user, &["username", "password"]))
                .collect::<Vec<_>>(),
            "lanes": lanes.collect::<Vec<_>>(),
            "shared": self.shared(),
            "lab": format!("{}/lab", self.issuer),
        })
    }
}

/// The scopes of the permission API.
pub(crate) const PERMISSION_SCOPES: [&str; 3] =
    ["permissions:read", "permissions:write", "permissions:admin"];

/// The permission API as an API of the issuer. OpenFGA's clients ask for a new token some minutes
/// before the old one ends, so it lasts an hour.
pub(crate) fn permission_profile() -> Value {
    let about = [
        "Ask what people may do, and read relationships",
        "Change relationships",
        "Make and delete stores, and change models",
    ];
    let scopes = PERMISSION_SCOPES.iter().zip(about);
    let scopes =
        scopes.map(|(name, about)| json!({"name": name, "description": about})).collect::<Vec<_>>();
    json!({"name": "Counterfoil permissions", "lifetime_secs": 3_600, "scopes": scopes})
}

/// Ids that documentation can name.
const STORE_ID: &str = "01JDEV00000000000000000000";
const MODEL_ID: &str = "01JDEVM0000000000000000000";

/// Who owns and reads orders: the `sub` of alice and bob.
const ALICE: &str = "user:usr_alice0000000000000000";
const BOB: &str = "user:usr_bob000000000000000000";

/// The digits of ULIDs.
const ULID_DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn random_ulid() -> String {
    let digit = |byte: u8| ULID_DIGITS.get(usize::from(byte & 31)).copied().unwrap_or(b'0');
    // The first digit holds three bits.
    let letters = random::<25>().into_iter().map(digit);
    std::iter::once(b'0').chain(letters).map(char::from).collect()
}

/// The key-encryption key of development.
pub(crate) fn development_key() -> Secret32 {
    Secret32::from([0xde; 32])
}

/// A random name for a directory.
pub(crate) fn random_name() -> String {
    b64::encode(&random::<9>())
}

fn users() -> Value {
    json!([
        {"sub": "usr_alice0000000000000000", "username": "alice", "password": "alice",
            "password_hash": "$argon2id$v=19$m=19456,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$ETp4P51WM2kaYD33N3wCQDipnWMF/ceg1hzSQHtMvDI",
            "claims": {
            "name": "Alice Adams", "given_name": "Alice", "family_name": "Adams",
            "email": "alice@example.com", "email_verified": true, "locale": "en",
            "groups": ["buyers"]}},
        {"sub": "usr_bob000000000000000000", "username": "bob", "password": "bob",
            "password_hash": "$argon2id$v=19$m=19456,t=2,p=1$AgICAgICAgICAgICAgICAg$bA6Wk1zXUaFU/vjqC4SfbbDUXCtZve/wesvd5QL+TqE",
            "claims": {
            "name": "Bob Brown", "given_name": "Bob", "family_name": "Brown",
            "email": "bob@example.com", "email_verified": true, "locale": "en",
            "groups": ["clerks"]}},
        {"sub": "usr_carol0000000000000000", "username": "carol", "password": "carol",
            "password_hash": "$argon2id$v=19$m=19456,t=2,p=1$AwMDAwMDAwMDAwMDAwMDAw$8WJuB5+jMaOJsQ3wPMkSHlPmMDPHL9eyzg0tqPq4mAA",
            "suspended": true, "claims": {
            "name": "Carol Clark", "email": "carol@example.com", "email_verified": false}},
    ])
}
