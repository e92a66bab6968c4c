//! The bench's own world, laid into a database before the product opens it.

use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version, password_hash::PasswordHasher};
use counterfoil_jose::crypto::Secret32;
use counterfoil_oauth::model::{Batch, Effect, PasswordHash};
use counterfoil_server::{Config, FirstKeys, Server, World};
use counterfoil_store::{SqliteOptions, Store};
use serde_json::{Value, json};

use crate::failure::Failure;

/// What the APIs' `resource`s begin with.
pub(crate) const RESOURCE: &str = "https://bench.example";

/// The secret of every client and API, on both sides.
pub(crate) const SECRET: &str = "bench-only-secret-of-everybody-00";

/// Where codes are sent; nothing listens there.
pub(crate) const REDIRECT_URI: &str = "http://localhost:9/callback";

/// The password of every user.
pub(crate) const PASSWORD: &str = "bench-password";

/// One for each flow that runs at once.
pub(crate) const USERS: usize = 16;

/// The one scope of the APIs.
pub(crate) const SCOPE: &str = "orders:read";

/// A user's name.
pub(crate) fn username(number: usize) -> String {
    format!("user-{}", number % USERS)
}

/// `Authorization: Basic` of a client.
pub(crate) fn basic(client_id: &str) -> String {
    use counterfoil_jose::b64;
    // The standard alphabet, which `b64` does not speak.
    let url_safe = b64::encode(format!("{client_id}:{SECRET}").as_bytes());
    let mut standard: String = url_safe
        .chars()
        .map(|c| {
            if c == '-' {
                '+'
            } else if c == '_' {
                '/'
            } else {
                c
            }
        })
        .collect();
    while !standard.len().is_multiple_of(4) {
        standard.push('=');
    }
    format!("Basic {standard}")
}

/// Makes the database of an issuer: keys, APIs, clients, and users whose password hash costs
/// next to nothing. That is how the flow rows leave out the password hash: the product checks the
/// hash that it finds stored, and nothing in it can be told to check less.
pub(crate) async fn lay(file: &Path, issuer: &str, kek: Secret32) -> Result<(), Failure> {
    let store = Store::open_sqlite(file, SqliteOptions::default()).await?;
    let config = Config::new(issuer, kek).map_err(Failure::new)?;
    let world: World = serde_json::from_value(document())?;
    let server = Server::start(config, store.clone(), &world, FirstKeys::generate).await?;
    drop(server);
    let iss = store.ensure_issuer(issuer).await?.id;
    let mut effects = Vec::with_capacity(USERS);
    for number in 0..USERS {
        let user = store.user_by_username(iss, &username(number)).await?.value;
        let user = user.ok_or_else(|| Failure::new("a user of the bench is missing"))?;
        effects.push(Effect::SetPassword(user.id, cheap_hash()?));
    }
    store.commit(iss, Batch { effects, ..Batch::default() }).await?;
    Ok(())
}

/// The least that argon2 can be asked for: 8 KiB, one pass.
fn cheap_hash() -> Result<PasswordHash, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(error.to_string());
    let params = Params::new(8, 1, 1, None).map_err(|error| failed(&error))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hashed = argon2.hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16]);
    Ok(PasswordHash::new(hashed.map_err(|error| failed(&error))?.to_string()))
}

fn document() -> Value {
    let access: Vec<Value> = ["opaque", "es256"]
        .iter()
        .map(|name| json!({"resource": format!("{RESOURCE}/{name}"), "scopes": [SCOPE]}))
        .collect();
    json!({
        "apis": [api("opaque", &json!({})), api("es256", &json!({"format": "jwt", "alg": "ES256"}))],
        "clients": [
            {"client_id": "service", "client_secret": SECRET, "settings": {
                "client_name": "Service",
                "token_endpoint_auth_method": "client_secret_basic",
                "grant_types": ["client_credentials"],
                "apis": access,
            }},
            {"client_id": "web", "client_secret": SECRET, "settings": {
                "client_name": "Web application",
                "token_endpoint_auth_method": "client_secret_basic",
                "redirect_uris": [REDIRECT_URI],
                "grant_types": ["authorization_code", "refresh_token"],
                "id_token_signed_response_alg": "ES256",
                "scopes": ["openid", "profile", "email", "offline_access"],
                "apis": access,
            }},
        ],
        "users": (0..USERS).map(user).collect::<Vec<_>>(),
    })
}

fn api(name: &str, rest: &Value) -> Value {
    let mut profile = json!({
        "name": format!("Orders ({name})"),
        "claims": [{"name": "email"}, {"name": "name"}],
        "scopes": [{"name": SCOPE, "description": "Read your orders"}],
    });
    if let (Some(profile), Some(rest)) = (profile.as_object_mut(), rest.as_object()) {
        profile.extend(rest.clone());
    }
    json!({
        "resource": format!("{RESOURCE}/{name}"),
        "client_id": format!("api-{name}"),
        "client_secret": SECRET,
        "profile": profile,
    })
}

fn user(number: usize) -> Value {
    let name = username(number);
    json!({
        "sub": format!("usr_bench_{number}"),
        "username": name,
        "password": PASSWORD,
        "claims": {"name": "Bench User", "email": format!("{name}@example.com"),
            "email_verified": true},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_fits_the_product() {
        let world: World = serde_json::from_value(document()).unwrap();
        assert_eq!(format!("{world:?}"), "World(2 APIs, 2 clients, 16 users)");
    }

    #[test]
    fn basic_credentials_are_standard_base64() {
        assert_eq!(basic("web"), "Basic d2ViOmJlbmNoLW9ubHktc2VjcmV0LW9mLWV2ZXJ5Ym9keS0wMA==");
    }
}
