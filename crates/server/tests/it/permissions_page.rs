//! The permissions page: behind sign-in, and what its editor is told.

use counterfoil_jose::crypto::Secret32;
use counterfoil_server::{Config, DevMode, FirstKeys, Server, World};
use counterfoil_store::{SqliteOptions, Store};
use counterfoil_testing::scratch::Dir;
use serde_json::{Value, json};

use super::admin::ground::{self, Ground, ISSUER, Reply};

const MODEL: &str = "/permissions/model";
const JSON: (&str, &str) = ("content-type", "application/json");

/// A server in development mode, where everybody sees the page.
struct Dev {
    server: Server,
    _dir: Dir,
}

impl Dev {
    async fn start() -> Self {
        let dir = Dir::new("permissions-page").unwrap();
        let mut config = Config::new(ISSUER, Secret32::random()).unwrap();
        let demo_api_origin = "http://localhost:7071".to_owned();
        config.dev = Some(DevMode { setup: json!({}), demo_api_origin });
        let options = SqliteOptions::default();
        let store = Store::open_sqlite(&dir.join("counterfoil.db"), options).await.unwrap();
        let keys = FirstKeys::generate;
        let server = Server::start(config, store, &World::default(), keys).await.unwrap();
        Self { server, _dir: dir }
    }

    async fn ask(&self, asked: &Value) -> Reply {
        let headers = [JSON, ("host", "localhost:7070")];
        ground::send(&self.server.router(), "POST", MODEL, &headers, asked.to_string()).await
    }

    /// What the editor is told: `severity line:column message` for each problem.
    async fn problems(&self, asked: Value) -> String {
        let body = self.ask(&asked).await.expect(200).body;
        let said = body["problems"].as_array().unwrap().iter().map(|problem| {
            let text = |name: &str| problem[name].as_str().unwrap();
            let (line, column) = (&problem["line"], &problem["column"]);
            format!("{} {line}:{column} {}", text("severity"), text("message"))
        });
        said.collect::<Vec<_>>().join("\n")
    }
}

#[tokio::test]
async fn a_stranger_is_sent_to_sign_in_and_reads_no_models() {
    let ground = Ground::new().await;
    let page = ground::send(&ground.router, "GET", "/permissions", &[], "").await.expect(303);
    let to = page.header("location");
    assert!(to.starts_with(&format!("{ISSUER}/authorize?client_id=permissions-page&")), "{to}");
    let path = to.strip_prefix(ISSUER).unwrap();
    let sign_in = ground::send(&ground.router, "GET", path, &[], "").await.expect(200);
    assert!(sign_in.body.as_str().unwrap().contains("action=\"/sign-in\""), "{sign_in:#?}");
    let text = json!({"text": "model\n  schema 1.1\n"}).to_string();
    ground::send(&ground.router, "POST", MODEL, &[JSON], text).await.expect(401);
}

#[tokio::test]
async fn who_signed_in_sees_the_page() {
    let ground = Ground::new().await;
    let page = ground::send(&ground.router, "GET", "/permissions", &[], "").await.expect(303);
    let path = page.header("location").strip_prefix(ISSUER).unwrap().to_owned();
    let (back, cookies) = ground::pass_sign_in(&ground.router, &path).await;
    assert!(back.header("location").starts_with(&format!("{ISSUER}/permissions?code=")));
    let headers = [("cookie", cookies.as_str())];
    let page = ground::send(&ground.router, "GET", "/permissions", &headers, "").await.expect(200);
    assert!(page.body.as_str().unwrap().contains("data-view=\"graph\""));
}

#[tokio::test]
async fn the_editor_is_told_where_a_text_is_wrong() {
    let dev = Dev::start().await;
    let model = |owner: &str| {
        json!({ "text": format!(
            "model\n  schema 1.1\ntype user\ntype order\n  relations\n    define owner: {owner}\n"
        ) })
    };
    insta::assert_snapshot!(dev.problems(model("[user]")).await, @"");
    insta::assert_snapshot!(dev.problems(model("[user")).await, @"error 7:1 found the end of the text, expected `,` or `]`: separate types by `,` and close them with `]`");
    insta::assert_snapshot!(dev.problems(model("[usr]")).await, @"error 6:12 `order#owner`: there is no type `usr`; did you mean `user`?");
    insta::assert_snapshot!(dev.problems(json!({ "model": {"schema_version": 1} })).await, @"error null:null /schema_version: found a number or boolean, expected a string");
    dev.ask(&json!({ "text": 1 })).await.expect(400);
}

#[tokio::test]
async fn a_model_is_read_and_printed() {
    let dev = Dev::start().await;
    let text =
        "model\n  schema 1.1\n\ntype user\n\ntype order\n  relations\n    define owner: [user]\n";
    let read = dev.ask(&json!({ "text": text })).await.expect(200).body;
    assert_eq!(read["problems"], json!([]));
    assert_eq!(read["model"]["type_definitions"][1]["type"], "order");
    let printed = dev.ask(&json!({ "model": read["model"] })).await.expect(200).body;
    assert_eq!(printed["text"], text);
}
