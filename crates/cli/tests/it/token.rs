//! `token`: what each kind is said to be, and what its issuer says about it.

use serde_json::Value;

use crate::{
    dev::Dev,
    run::{counterfoil, ended},
};

/// `eyJ…` of JSON, as tests of readers need it.
fn jwt(header: &str, payload: &str) -> String {
    let part = |text: &str| counterfoil_jose::b64::encode(text.as_bytes());
    format!("{}.{}.{}", part(header), part(payload), part("signature"))
}

fn check(token: &str) -> String {
    let said = ended(counterfoil(&["token", "inspect", token]));
    assert!(said.code <= 1, "{}", said.stderr);
    said.stdout
}

#[test]
fn inspect_explains_each_kind() {
    let access = jwt(
        r#"{"alg":"RS256","typ":"at+jwt","kid":"1"}"#,
        r#"{"iss":"https://id.example","sub":"u1","aud":"https://api.example","exp":1795327320,
            "client_id":"app","email":"alice@example.com"}"#,
    );
    insta::assert_snapshot!(check(&format!("Authorization: Bearer {access}")), @r#"
    kind: signed access token (JWT, RFC 9068) (259 characters)
    header: {"alg":"RS256","kid":"1","typ":"at+jwt"}
    claim aud: https://api.example
    claim client_id: app
    claim email: alice@example.com
    claim exp: 1795327320 (2026-11-22 06:02:00 UTC)
    claim iss: https://id.example
    claim sub: u1
    a thief learns: which user or service (`sub`), the issuer, the APIs it is for, the client, email
    verified by: signature by the issuer's JWKS, then `typ`, `iss`, `aud` and `exp`. That doesn't tell whether it was revoked: a guard or introspection does
    nothing was verified here, and nothing left this machine
    "#);
    let thin =
        jwt(r#"{"alg":"EdDSA","typ":"at+jwt"}"#, r#"{"iss":"https://id.example","sub":"u1"}"#);
    insta::assert_snapshot!(check(&thin), @r#"
    kind: signed access token (JWT, RFC 9068) (106 characters)
    header: {"alg":"EdDSA","typ":"at+jwt"}
    claim iss: https://id.example
    claim sub: u1
    a thief learns: which user or service (`sub`), the issuer
    verified by: signature by the issuer's JWKS, then `typ`, `iss`, `aud` and `exp`. That doesn't tell whether it was revoked: a guard or introspection does
    nothing was verified here, and nothing left this machine
    "#);
    let id_token = jwt(r#"{"alg":"RS256"}"#, r#"{"sub":"u1","nonce":"n"}"#);
    insta::assert_snapshot!(check(&id_token), @r#"
    kind: ID token (JWT, OpenID Connect) (66 characters)
    header: {"alg":"RS256"}
    claim nonce: n
    claim sub: u1
    a thief learns: which user or service (`sub`)
    verified by: the client that it names in `aud`, and nobody else. For APIs there is the access token
    nothing was verified here, and nothing left this machine
    "#);
    insta::assert_snapshot!(check(&format!("cf_at_{}", "A".repeat(118))), @r#"
    kind: opaque access token of Counterfoil (124 characters)
    a thief learns: nothing to decode: the payload is sealed to the issuer, and the length is the same for everyone
    verified by: a guard kept fresh by the issuer, or introspection (`counterfoil token introspect`). It is no JWT: a library that says `jwt malformed` expects one, so set the API's `format` to `jwt` or use a guard
    nothing was verified here, and nothing left this machine
    "#);
    let hostile = jwt(r#"{"alg":"RS256"}"#, r#"{"sub":"\u001b]0;owned\u0007\nclaim admin: true"}"#);
    insta::assert_snapshot!(check(&hostile), @r#"
    kind: signed token (JWT) (100 characters)
    header: {"alg":"RS256"}
    claim sub: \u{1b}]0;owned\u{7}\nclaim admin: true
    a thief learns: which user or service (`sub`)
    verified by: signature by its issuer's keys, then `iss`, `aud` and `exp`
    nothing was verified here, and nothing left this machine
    "#);
    insta::assert_snapshot!(check("cf_rt_AAAA"), @r#"
    kind: refresh token of Counterfoil (10 characters)
    a thief learns: nothing about the user; the number of its grant
    verified by: not at all: it is for the token endpoint alone. Never send it to an API
    nothing was verified here, and nothing left this machine
    "#);
    insta::assert_snapshot!(check(&jwt(r#"{"alg":"ECDH-ES+A256KW","enc":"A256GCM"}"#, "x").replacen('.', "...", 1)), @r#"
    kind: encrypted token (JWE) (72 characters)
    header: {"alg":"ECDH-ES+A256KW","enc":"A256GCM"}
    a thief learns: nothing but the header: the content is encrypted to the API
    verified by: the API decrypts it with its private key, then checks the signed token inside
    nothing was verified here, and nothing left this machine
    "#);
}

#[test]
fn inspect_says_why_it_is_malformed() {
    let good = jwt(r#"{"alg":"RS256"}"#, r#"{"sub":"u1"}"#);
    let (header, rest) = good.split_once('.').unwrap();
    insta::assert_snapshot!([
        check("4fd1cc0a-0df4-4a92-b1a0-2c6d02a8be3f"),
        check("cf_xx_AAAA"),
        check(&good.replace('.', "=.")),
        check(&format!("{header}+/.{rest}")),
        check(&format!("{header}.{}.x", counterfoil_jose::b64::encode(b"plain"))),
        check(header),
        check(&format!("{header}.{rest}.x")),
        check(r#"{"access_token":"x"}"#),
        check("one two"),
    ].concat(), @r#"
    kind: not a token known here (36 characters)
    trouble: it has no dots, so it is an opaque token of somebody else; only its issuer can tell what it is (introspection). Libraries that expect a JWT say `jwt malformed`
    kind: not a token known here (10 characters)
    trouble: it begins like a token of Counterfoil, but is of no kind that this version knows
    kind: not a token known here (52 characters)
    trouble: the header is padded with `=`; JWTs are not
    kind: not a token known here (52 characters)
    trouble: the header is base64, not base64url
    kind: not a token known here (30 characters)
    trouble: the payload is not JSON: the token was cut or is none
    kind: not a token known here (20 characters)
    trouble: it begins like a signed JWT, which has 3 parts, but 1 came: it was cut
    kind: not a token known here (52 characters)
    trouble: it has 4 parts; a signed JWT has 3, an encrypted one 5
    kind: not a token known here (20 characters)
    trouble: this is JSON: pass the value of `access_token` alone
    kind: not a token known here (7 characters)
    trouble: there is white space in it: pass the token alone
    "#);
    assert_eq!(ended(counterfoil(&["token", "inspect", " "])).code, 2);
    assert_eq!(ended(counterfoil(&["token", "inspect", "nonsense"])).code, 1);
}

#[tokio::test]
async fn introspect_and_revoke_at_the_issuer() {
    let dev = Dev::start().await;
    assert_eq!(dev.run(&["login", "--issuer", &dev.issuer, "--as", "alice"]).code, 0);
    for lane in ["fresh", "fresh-jwt"] {
        let url = format!("{}/orders/1", dev.lane(lane));
        assert_eq!(dev.run(&["call", "GET", &url]).code, 0);
    }
    let kept: Value =
        serde_json::from_str(&std::fs::read_to_string(dev.tokens()).unwrap()).unwrap();
    let entry = &kept["issuers"][&dev.issuer];
    let access = |lane: &str| entry["access"][dev.lane(lane)]["token"].as_str().unwrap().to_owned();
    let introspect = |lane: &str, of: &str, more: &[&str]| {
        let (id, secret) = dev.api(of);
        let mut args = vec!["token", "introspect", "-o", "json", "--client-id", &id];
        args.extend(["--client-secret", &secret]);
        args.extend(more);
        let token = access(lane);
        args.push(&token);
        dev.run(&args)
    };
    let active = introspect("fresh", "fresh", &[]);
    assert_eq!(active.code, 0, "{}", active.stderr);
    let told: Value = serde_json::from_str(&active.stdout).unwrap();
    assert_eq!(told["email"], "alice@example.com");

    let foreign = introspect("fresh-jwt", "fresh", &["--explain"]);
    assert_eq!((foreign.code, foreign.stdout.as_str()), (5, "{\"active\":false}\n"));
    assert!(foreign.stderr.contains("the token is for another API"), "{}", foreign.stderr);

    let revoked = dev.run(&["token", "revoke", &access("fresh")]);
    assert_eq!(revoked.code, 0, "{}", revoked.stderr);
    let dead = introspect("fresh", "fresh", &["--explain"]);
    assert_eq!(dead.code, 5);
    assert!(dead.stderr.contains("revoked"), "{}", dead.stderr);
    assert_eq!(introspect("fresh-jwt", "fresh-jwt", &[]).code, 0, "only the one token went");

    // The refresh token takes everything with it.
    let refresh_token = entry["refresh_token"].as_str().unwrap();
    let revoked = dev.run(&["token", "revoke", refresh_token]);
    assert_eq!(revoked.code, 0, "{}", revoked.stderr);
    assert_eq!(introspect("fresh-jwt", "fresh-jwt", &[]).code, 5);
    let url = format!("{}/orders/1", dev.lane("fresh"));
    let said = dev.run(&["call", "GET", &url]);
    assert!(said.code == 1 && said.stderr.contains("counterfoil login"), "{}", said.stderr);

    // A wrong secret is no verdict about the token.
    let args = ["token", "introspect", "x", "--client-id", "api-fresh", "--client-secret", "wrong"];
    let wrong = dev.run(&args);
    assert_eq!(wrong.code, 1);
    assert!(wrong.stderr.contains("invalid_client"), "{}", wrong.stderr);
}
