//! `login` and `call` against `dev`, as documentation shows them.

use std::os::unix::fs::PermissionsExt as _;

use counterfoil_testing::{
    browser::{Browser, Person},
    http,
};
use serde_json::Value;

use crate::{
    dev::Dev,
    run::{Running, counterfoil, ended},
};

fn kept(dev: &Dev) -> Value {
    serde_json::from_str(&std::fs::read_to_string(dev.tokens()).unwrap()).unwrap()
}

#[tokio::test]
async fn login_as_a_demo_user_and_call_every_lane() {
    let dev = Dev::start().await;
    let said = dev.run(&["login", "--issuer", &dev.issuer, "--as", "alice"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!(said.stdout, "");
    assert!(said.stderr.contains("as alice@example.com"), "{}", said.stderr);
    let mode = std::fs::metadata(dev.tokens()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    for lane in dev.setup["lanes"].as_array().unwrap() {
        let url = format!("{}/orders/1", lane["url"].as_str().unwrap());
        let said = dev.run(&["call", "GET", &url]);
        assert_eq!(said.code, 0, "{url} {}", said.stderr);
        let body: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(body["caller"]["email"], "alice@example.com", "{url}");
        assert_eq!(said.stderr, "counterfoil: 200 OK\n");
    }
    let missing = format!("{}/orders/999999", dev.lane("fresh"));
    assert_eq!(dev.run(&["call", "GET", &missing]).code, 3);
}

#[tokio::test]
async fn who_may_not_sign_in_is_told_so() {
    let dev = Dev::start().await;
    let run = |user| dev.run(&["login", "--issuer", &dev.issuer, "--as", user]);
    let carol = run("carol");
    assert_eq!(carol.code, 5);
    assert!(carol.stderr.contains("suspended"), "{}", carol.stderr);
    let nobody = run("nobody");
    assert_eq!(nobody.code, 3);
    assert!(nobody.stderr.contains("alice, bob, carol"), "{}", nobody.stderr);
    let said = dev.run(&["login", "--issuer", "http://localhost:1", "--as", "alice"]);
    assert_eq!(said.code, 6, "{}", said.stderr);
    assert_eq!(dev.run(&["login", "--issuer", "http://id.example"]).code, 2);
    let said = dev.run(&["call", "GET", &format!("{}/orders/1", dev.lane("fresh"))]);
    assert_eq!(said.code, 1);
    assert!(said.stderr.contains("run `counterfoil login --issuer"), "{}", said.stderr);
}

#[tokio::test]
async fn explain_tells_what_the_token_says() {
    let dev = Dev::start().await;
    assert_eq!(dev.run(&["login", "--issuer", &dev.issuer, "--as", "bob"]).code, 0);
    let explain = |lane: &str| {
        let url = format!("{}/orders/1", dev.lane(lane));
        let said = dev.run(&["call", "GET", &url, "--explain"]);
        assert_eq!(said.code, 0, "{}", said.stderr);
        said.stderr
    };
    let fresh = explain("fresh");
    for part in [
        "without a token: 401",
        "/.well-known/oauth-protected-resource/fresh",
        &format!("and trusts {}", dev.issuer),
        "opaque access token",
        "nothing to decode",
        "the API answers 200",
        "bob@example.com",
    ] {
        assert!(fresh.contains(part), "no `{part}` in {fresh}");
    }
    let claims = explain("claims-in-jwt");
    assert!(claims.contains("a thief of it learns") && claims.contains(", email, "), "{claims}");
    assert!(explain("encrypted-jwt").contains("encrypted to the API"));
    // No story shows a whole token.
    for (_, access) in kept(&dev)["issuers"][&dev.issuer]["access"].as_object().unwrap() {
        assert!(
            ![&fresh, &claims].iter().any(|told| told.contains(access["token"].as_str().unwrap()))
        );
    }
}

#[tokio::test]
async fn commands_at_once_take_turns_refreshing() {
    let dev = Dev::start().await;
    assert_eq!(dev.run(&["login", "--issuer", &dev.issuer, "--as", "alice"]).code, 0);
    let url = format!("{}/orders/1", dev.lane("fresh-jwt"));
    let lanes = ["fresh", "fresh-jwt", "claims-in-jwt", "encrypted-jwt"];
    let running = lanes.iter().chain(&lanes).map(|lane| {
        let url = format!("{}/orders/1", dev.lane(lane));
        Running::start(dev.command(&["call", "GET", &url]))
    });
    // All of them start before the first is waited for.
    for running in running.collect::<Vec<_>>() {
        let said = running.wait();
        assert_eq!(said.code, 0, "{}", said.stderr);
    }
    assert_eq!(dev.run(&["call", "GET", &url]).code, 0);
}

/// The link that `login --no-open` prints, and the running command.
fn waiting_login(dev: &Dev) -> (Running, String, String) {
    let running = Running::start(dev.command(&["login", "--no-open", "--issuer", &dev.issuer]));
    let line = running.told("/authorize?");
    let link = line.trim_start_matches("counterfoil:").trim().to_owned();
    let (_, query) = link.split_once('?').unwrap();
    let mut params = url::form_urlencoded::parse(query.as_bytes());
    let (_, redirect_uri) = params.find(|(name, _)| name == "redirect_uri").unwrap();
    let redirect_uri = redirect_uri.into_owned();
    (running, link, redirect_uri)
}

#[tokio::test]
async fn login_waits_for_its_own_answer() {
    let dev = Dev::start().await;
    let (running, link, redirect_uri) = waiting_login(&dev);
    let client = http::client();
    for junk in ["?code=x&state=other", "", "?state="] {
        let _refused =
            http::get(&client, &format!("{redirect_uri}{junk}")).await.unwrap().expect(400);
    }
    let person = Person::new("alice", "alice");
    let callback = Browser::new().authorize(&link, &redirect_uri, &person).await;
    let shown = http::get(&client, callback.url.as_str()).await.unwrap().expect(200);
    assert!(shown.body.starts_with("Signed in."), "{}", shown.body);
    let said = running.wait();
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!(kept(&dev)["current"], dev.issuer.as_str());
}

#[tokio::test]
async fn login_refuses_an_answer_of_another_issuer() {
    let dev = Dev::start().await;
    let (running, link, redirect_uri) = waiting_login(&dev);
    let state = link.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let forged = format!("{redirect_uri}?code=x&state={state}&iss=https%3A%2F%2Fother.example");
    let _shown = http::get(&http::client(), &forged).await.unwrap().expect(200);
    let said = running.wait();
    assert_eq!(said.code, 1);
    assert!(said.stderr.contains("`iss` is `https://other.example`"), "{}", said.stderr);
    assert!(!dev.tokens().exists());
}

#[test]
fn there_must_be_a_place_for_tokens() {
    let said = ended(counterfoil(&["call", "GET", "http://localhost:1/x", "--resource", "x"]));
    assert_eq!(said.code, 1);
    assert!(said.stderr.contains("set COUNTERFOIL_HOME"), "{}", said.stderr);
}
