//! A small world on a real `serve`: a person, an application, an API.

use std::process::Command;

use counterfoil_jose::crypto::Secret32;
use counterfoil_server::{Config, FirstKeys, Server, World};
use counterfoil_store::{PostgresOptions, SqliteOptions, Store};
use counterfoil_testing::{
    app::App,
    browser::{Browser, Person},
    postgres, scratch,
};
use serde_json::json;

use crate::run::{Running, counterfoil, free_port, write};

/// The key-encryption key, as bytes and as configuration has it.
const KEY: [u8; 32] = *b"0123456789abcdefghijklmnopqrstuv";
const KEY_TEXT: &str = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY";

pub(crate) const RESOURCE: &str = "https://orders.example";
pub(crate) const PASSWORD: &str = "correct-horse-battery-staple";
pub(crate) const APP_SECRET: &str = "app-secret-app-secret-app-secret";
pub(crate) const API_SECRET: &str = "api-secret-api-secret-api-secret";
pub(crate) const ADMIN_SECRET: &str = "admin-secret-admin-secret-admin";

/// Everything that no log may hold.
pub(crate) const SECRETS: [&str; 5] = [KEY_TEXT, PASSWORD, APP_SECRET, API_SECRET, ADMIN_SECRET];

/// Where a shop keeps its data.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// An issuer with one of everything, and how to run it.
pub(crate) struct Shop {
    pub(crate) dir: scratch::Dir,
    pub(crate) issuer: String,
    pub(crate) management: String,
    pub(crate) file: String,
}

impl Shop {
    /// Makes the world in a database of its own and writes the configuration.
    pub(crate) async fn open(engine: Engine) -> Self {
        Self::open_with(engine, scratch::Dir::new("shop").unwrap(), "http", "").await
    }

    /// The same with another scheme, and more under `[listen]`.
    pub(crate) async fn open_with(
        engine: Engine,
        dir: scratch::Dir,
        scheme: &str,
        listen: &str,
    ) -> Self {
        let (port, management) = (free_port(), free_port());
        let issuer = format!("{scheme}://localhost:{port}");
        let database = dir.join("counterfoil.db");
        let (store, storage) = match engine {
            Engine::Sqlite => {
                let store = Store::open_sqlite(&database, SqliteOptions::default()).await.unwrap();
                (store, "sqlite.path = 'counterfoil.db'".to_owned())
            }
            Engine::Postgres => {
                let url = postgres::shared().fresh_database();
                let store = Store::open_postgres(PostgresOptions::new(&url)).await.unwrap();
                (store, format!("postgres.url = '{url}'"))
            }
        };
        let config = Config::new(&issuer, Secret32::from(KEY)).unwrap();
        drop(Server::start(config, store, &world(), FirstKeys::generate).await.unwrap());
        let text = format!(
            "[issuer]\nurl = '{issuer}'\n[listen]\naddress = '127.0.0.1:{port}'\n\
             management_address = '127.0.0.1:{management}'\n{listen}\n[storage]\n{storage}\n\
             [keys]\nencryption_key = '{KEY_TEXT}'\n[log]\nlevel = 'debug'\n\
             [bootstrap]\nadmin_client_id = 'admin'\nadmin_client_secret = '{ADMIN_SECRET}'\n"
        );
        let file = write(&dir.join("cf.toml"), &text);
        Self { dir, issuer, management: format!("http://127.0.0.1:{management}"), file }
    }

    /// The command that serves it.
    pub(crate) fn command(&self) -> Command {
        counterfoil(&["serve", "--config", &self.file])
    }

    /// Serves it. The sockets listen before the first line is logged, so requests may come at once.
    pub(crate) fn serve(&self) -> Running {
        let running = Running::start(self.command());
        let _line = running.line_with("\"starting\"");
        running
    }

    /// The application.
    pub(crate) fn app(&self) -> App {
        App::public(&self.issuer, "app", "https://app.example/callback").with_secret(APP_SECRET)
    }

    /// The API's own client.
    pub(crate) fn api(&self) -> App {
        App::public(&self.issuer, "api", "").with_secret(API_SECRET)
    }

    /// The administrator's client.
    pub(crate) fn admin(&self) -> App {
        App::public(&self.issuer, "admin", "").with_secret(ADMIN_SECRET)
    }

    /// Signs alice in and comes back with a code.
    pub(crate) async fn code(&self, browser: &mut Browser) -> String {
        let app = self.app();
        let url = app.authorization_url(&[
            ("scope", "openid email offline_access orders:read"),
            ("resource", RESOURCE),
        ]);
        let person = Person::new("alice", PASSWORD);
        let callback = browser.authorize(&url, &app.redirect_uri, &person).await;
        assert_eq!(callback.param("state"), "the-state");
        assert_eq!(callback.param("iss"), self.issuer);
        callback.code()
    }
}

fn world() -> World {
    serde_json::from_value(json!({
        "apis": [{
            "resource": RESOURCE, "client_id": "api", "client_secret": API_SECRET,
            "profile": {
                "name": "Orders",
                "claims": [{"name": "email"}],
                "scopes": [{"name": "orders:read", "description": "Read your orders"}],
            },
        }],
        "clients": [{
            "client_id": "app", "client_secret": APP_SECRET,
            "settings": {
                "client_name": "Shop",
                "token_endpoint_auth_method": "client_secret_basic",
                "redirect_uris": ["https://app.example/callback"],
                "grant_types": ["authorization_code", "refresh_token"],
                "scopes": ["openid", "email", "offline_access"],
                "apis": [{"resource": RESOURCE, "scopes": ["orders:read"]}],
            },
        }],
        "users": [{
            "sub": "usr_alice", "username": "alice", "password": PASSWORD,
            "claims": {"email": "alice@shop.example", "email_verified": true},
        }],
    }))
    .unwrap()
}
