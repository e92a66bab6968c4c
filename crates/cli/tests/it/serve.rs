//! `serve`, on both engines: the whole flow, the management listener, the logs, the end.

use counterfoil_testing::{app::App, browser::Browser, http, scratch};
use serde_json::Value;

use crate::{
    run::{Ended, counterfoil, ended, write},
    shop::{Engine, RESOURCE, SECRETS, Shop},
};

/// From the sign-in page to a revoked token.
async fn whole_flow(engine: Engine) {
    let shop = Shop::open(engine).await;
    let running = shop.serve();
    let mut seen = Vec::new();
    let mut browser = Browser::new();
    let (app, api) = (shop.app(), shop.api());

    let code = shop.code(&mut browser).await;
    let tokens = app.redeem(&code).await.expect(200);
    let access = tokens.text("access_token");
    assert!(access.starts_with("cf_at_"), "{access}");
    let answer = api.introspect(&access).await.expect(200);
    assert_eq!(answer.json()["active"], true);
    assert_eq!(answer.text("email"), "alice@shop.example");
    assert_eq!(answer.text("aud"), RESOURCE);

    let refreshed = app.refresh(&tokens.text("refresh_token")).await.expect(200);
    let newer = refreshed.text("access_token");
    assert_ne!(newer, access);
    let _done = app.revoke(&newer).await.expect(200);
    let answer = api.introspect(&newer).await.expect(200);
    assert_eq!(answer.body, r#"{"active":false}"#);
    assert!(answer.header("counterfoil-inactive-reason").contains("revoked"));
    let _done = app.revoke(&refreshed.text("refresh_token")).await.expect(200);
    let refused = app.refresh(&refreshed.text("refresh_token")).await.expect(400);
    assert_eq!(refused.text("error"), "invalid_grant");
    assert_eq!(api.introspect(&access).await.json()["active"], false);
    // A code is good for one redemption.
    assert_eq!(app.redeem(&code).await.expect(400).text("error"), "invalid_grant");
    // And none after the sign-in behind it has ended.
    let late = shop.code(&mut browser).await;
    let hint = http::encode([("id_token_hint", tokens.text("id_token").as_str())]);
    let _page = browser.open(&format!("{}/logout?{hint}", shop.issuer), None).await;
    let refused = app.redeem(&late).await.expect(400);
    assert_eq!(refused.text("error"), "invalid_grant");
    assert_eq!(refused.text("error_description"), "the sign-in behind this code has ended");

    let admin = shop.admin().client_credentials(&format!("{}/admin/v1", shop.issuer)).await;
    let admin = admin.expect(200);
    assert_eq!(admin.text("scope"), "admin");
    let users = http::client()
        .get(format!("{}/admin/v1/users", shop.issuer))
        .bearer_auth(admin.text("access_token"));
    let users = http::send(users).await.unwrap().expect(200);
    assert!(users.body.contains("alice@shop.example"), "{}", users.body);

    for answer in [&tokens, &refreshed, &admin] {
        for member in ["access_token", "refresh_token", "id_token"] {
            seen.push(answer.text(member));
        }
    }
    seen.extend([code, late]);
    seen.extend(SECRETS.map(str::to_owned));
    nothing_leaked(running.stop("TERM"), &seen);
}

/// The log is JSON on every line, and holds none of these, whole or in part.
fn nothing_leaked(ended: Ended, secrets: &[String]) {
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    for line in ended.stdout.lines() {
        let line: Value = serde_json::from_str(line).expect(line);
        assert!(line["level"].is_string() && line["timestamp"].is_string(), "{line}");
    }
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        // The end of a token is its signature or tag: as telling as the whole.
        let (_, tail) = secret.split_at(secret.len() - 16);
        assert!(!ended.stdout.contains(tail), "`…{tail}` is in the log");
    }
    assert!(ended.stdout.contains(r#""stopped""#), "{}", ended.stdout);
}

#[tokio::test]
async fn the_whole_flow_on_sqlite() {
    whole_flow(Engine::Sqlite).await;
}

#[tokio::test]
async fn the_whole_flow_on_postgres() {
    whole_flow(Engine::Postgres).await;
}

#[tokio::test]
async fn the_management_listener_is_apart() {
    let shop = Shop::open(Engine::Sqlite).await;
    let running = shop.serve();
    let client = http::client();
    let get = async |url: String| http::get(&client, &url).await.unwrap();
    let keys = get(format!("{}/jwks", shop.issuer)).await.expect(200);
    assert!(!keys.json()["keys"].as_array().unwrap().is_empty());
    for path in ["/livez", "/readyz"] {
        let _ok = get(format!("{}{path}", shop.management)).await.expect(200);
        let _absent = get(format!("{}{path}", shop.issuer)).await.expect(404);
    }
    let metrics = get(format!("{}/metrics", shop.management)).await.expect(200);
    assert!(metrics.body.contains(r#"route="/jwks""#), "{}", metrics.body);
    let _absent = get(format!("{}/jwks", shop.management)).await.expect(404);
    let _absent = get(format!("{}/dev/setup.json", shop.issuer)).await.expect(404);
    assert_eq!(running.stop("INT").code, 0);
}

#[tokio::test]
async fn the_listener_speaks_tls() {
    let dir = scratch::Dir::new("tls").unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let authority = made.cert.pem();
    let _certificate = write(&dir.join("chain.pem"), &authority);
    let _key = write(&dir.join("key.pem"), &made.signing_key.serialize_pem());
    let files = "tls.certificate_file = 'chain.pem'\ntls.key_file = 'key.pem'";
    let shop = Shop::open_with(Engine::Sqlite, dir, "https", files).await;
    let running = shop.serve();
    let client = http::with_root(Some(&authority));
    let mut browser = Browser::with_client(client.clone());
    let code = shop.code(&mut browser).await;
    let app = App { http: client, ..shop.app() };
    let tokens = app.redeem(&code).await.expect(200);
    assert!(!tokens.text("id_token").is_empty());
    let at = url::Url::parse(&shop.issuer).unwrap();
    let names = browser.cookie_names(&at);
    assert!(names.iter().all(|name| name.starts_with("__Host-")), "{names:?}");
    // Who doesn't know the authority refuses to talk.
    assert!(http::get(&http::client(), &format!("{}/jwks", shop.issuer)).await.is_err());
    assert_eq!(running.stop("TERM").code, 0);
}

#[tokio::test]
async fn a_taken_port_and_a_wrong_key_are_told() {
    let shop = Shop::open(Engine::Sqlite).await;
    let running = shop.serve();
    let second = ended(shop.command());
    assert_eq!(second.code, 1);
    assert!(second.stderr.contains("`listen.address`: can't listen on"), "{}", second.stderr);
    assert_eq!(running.stop("INT").code, 0);
    let mut command = shop.command();
    let other = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    command.env("COUNTERFOIL_KEYS__ENCRYPTION_KEY", other);
    let wrong = ended(command);
    assert_eq!(wrong.code, 1);
    assert!(wrong.stderr.contains("is not the one that sealed it"), "{}", wrong.stderr);
}

#[tokio::test]
async fn migrations_wait_where_they_are_told_to() {
    let shop = Shop::open(Engine::Sqlite).await;
    let fresh = format!("{}/fresh.db", shop.dir.path().display());
    let run = |args: &[&str]| {
        let mut command = counterfoil(args);
        command.args(["--config", &shop.file]);
        command.env("COUNTERFOIL_STORAGE__SQLITE__PATH", &fresh);
        command.env("COUNTERFOIL_STORAGE__MIGRATE", "false");
        ended(command)
    };
    let refused = run(&["serve"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("counterfoil migrate"), "{}", refused.stderr);
    let pending = run(&["migrate", "--dry-run"]);
    assert_eq!(pending.code, 0, "{}", pending.stderr);
    assert!(pending.stdout.starts_with("0001_base\n"), "{}", pending.stdout);
    assert_eq!(run(&["migrate"]).stdout, pending.stdout);
    let done = run(&["migrate", "--dry-run"]);
    assert_eq!((done.code, done.stdout.as_str()), (0, ""));
}

#[test]
fn an_absent_database_server_is_told_apart() {
    let mut command = counterfoil(&["migrate", "--dry-run"]);
    command.envs([
        ("COUNTERFOIL_ISSUER__URL", "https://id.example"),
        ("COUNTERFOIL_STORAGE__POSTGRES__URL", "postgresql://127.0.0.1:1/none"),
        ("COUNTERFOIL_KEYS__ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
    ]);
    assert_eq!(ended(command).code, 6);
}
