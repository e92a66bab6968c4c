//! The authorization endpoint, one parameter at a time.

use std::sync::Arc;

use super::*;
use crate::{
    model::{Consent, ConsentPolicy, Revision, SenderConstraint, UserStatus},
    testing::{NOW, api, client, session, user},
};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn good() -> String {
    format!(
        "client_id=web-app&redirect_uri=https://app.example/cb&response_type=code\
         &scope=openid+email+orders:read+unknown&state=xyz&nonce=n1\
         &code_challenge={CHALLENGE}&code_challenge_method=S256&resource=https://orders.example"
    )
}

fn parse(query: &str) -> Result<AuthorizationRequest, AuthorizationError> {
    parse_for(query, client(), Some(api()))
}

fn parse_for(
    query: &str,
    client: Client,
    api: Option<Arc<Api>>,
) -> Result<AuthorizationRequest, AuthorizationError> {
    let params = Params::parse(query.as_bytes()).unwrap();
    let client = (params.get("client_id") == Some("web-app")).then(|| Arc::new(client));
    let resources = AuthorizationRequest::resources(&params);
    let apis: Vec<ResolvedApi> = resources
        .into_iter()
        .map(|resource| {
            let api = api.clone().filter(|api| api.resource == resource);
            ResolvedApi { resource, api }
        })
        .collect();
    let facts = Facts { issuer: "https://id.example", client, apis: &apis };
    AuthorizationRequest::parse(&params, &facts)
}

/// How a request is refused: `page: …` or `redirect: …` with the wire code.
#[track_caller]
fn check(query: &str, expected: &str) {
    let got = match parse(query) {
        Ok(_) => "accepted".to_owned(),
        Err(AuthorizationError::Page(error)) => format!("page: {}", error.code.as_str()),
        Err(AuthorizationError::Redirect(response)) => {
            let get = |name: &str| {
                response.parameters.iter().find(|(key, _)| *key == name).map(|(_, v)| v.as_str())
            };
            assert_eq!(get("iss"), Some("https://id.example"), "RFC 9207 in errors too");
            format!("redirect: {}", get("error").unwrap())
        }
    };
    assert_eq!(got, expected, "{query}");
}

/// The good request with one parameter replaced, or dropped where `value` is empty.
fn with(name: &str, value: &str) -> String {
    let kept = good();
    let kept = kept.split('&').filter(|pair| !pair.starts_with(&format!("{name}=")));
    let mut pairs: Vec<String> = kept.map(str::to_owned).collect();
    if !value.is_empty() {
        pairs.push(format!("{name}={value}"));
    }
    pairs.join("&")
}

#[test]
fn the_good_request_keeps_what_it_may_have() {
    let request = parse(&good()).unwrap();
    assert_eq!(request.scopes, ["openid", "email", "orders:read"]);
    assert_eq!(request.apis.len(), 1);
    assert_eq!(request.state.as_deref(), Some("xyz"));
}

#[test]
fn nothing_redirects_to_an_address_that_was_not_compared() {
    check(&with("client_id", ""), "page: invalid_request");
    check(&with("client_id", "other"), "page: invalid_request");
    check(&with("redirect_uri", "https://evil.example/cb"), "page: invalid_request");
    check(&with("redirect_uri", "https://app.example/cb/"), "page: invalid_request");
    check(&with("response_mode", "web_message"), "page: invalid_request");
    check(&with("redirect_uri", ""), "accepted");
}

#[test]
fn each_parameter_has_its_error() {
    for (name, value, expected) in [
        ("response_type", "", "redirect: invalid_request"),
        ("response_type", "token", "redirect: unsupported_response_type"),
        ("response_type", "code id_token", "redirect: unsupported_response_type"),
        ("code_challenge", "", "redirect: invalid_request"),
        ("code_challenge", "short", "redirect: invalid_request"),
        ("code_challenge_method", "", "redirect: invalid_request"),
        ("code_challenge_method", "plain", "redirect: invalid_request"),
        ("resource", "https://unknown.example", "redirect: invalid_target"),
        ("scope", "a%22b", "redirect: invalid_scope"),
        ("prompt", "none+login", "redirect: invalid_request"),
        ("prompt", "magic", "redirect: invalid_request"),
        ("max_age", "-1", "redirect: invalid_request"),
        ("max_age", "1.5", "redirect: invalid_request"),
        ("request", "ey", "redirect: request_not_supported"),
        ("request_uri", "urn:x", "redirect: request_uri_not_supported"),
        ("login_hint", "alice", "accepted"),
        ("acr_values", "phr", "accepted"),
        ("ui_locales", "xx", "accepted"),
    ] {
        check(&with(name, value), expected);
    }
    check(&with("state", &"s".repeat(2049)), "redirect: invalid_request");
    check(&with("nonce", &"s".repeat(2049)), "redirect: invalid_request");
}

#[test]
fn an_api_that_wants_what_is_not_built_is_refused() {
    let mut bound = Api::clone(&api());
    bound.profile.sender_constraint = SenderConstraint::Dpop;
    let refused = parse_for(&good(), client(), Some(Arc::new(bound)));
    assert!(matches!(refused, Err(AuthorizationError::Redirect(_))));
}

#[test]
fn answers_keep_a_registered_query_and_escape_values() {
    let mut own = client();
    own.settings.redirect_uris = vec!["https://app.example/cb?x=1".into()];
    let query = with("redirect_uri", "https://app.example/cb?x%3D1");
    let request = parse_for(&query, own, Some(api())).unwrap();
    let sent = request.success("c&d".into(), "https://id.example");
    assert_eq!(
        sent.location(),
        "https://app.example/cb?x=1&code=c%26d&state=xyz&iss=https%3A%2F%2Fid.example"
    );
    let fragment = AuthorizationResponse { mode: ResponseMode::Fragment, ..sent };
    assert!(fragment.location().starts_with("https://app.example/cb?x=1#code="));
}

/// What happens next, in a word.
#[track_caller]
fn next(query: &str, change: impl FnOnce(&mut SignedIn, &mut Interaction)) -> String {
    let request = parse(query).unwrap();
    let mut signed_in = SignedIn {
        session: session(),
        user: user(),
        consents: Vec::new(),
        revision: Revision::new(7),
    };
    let mut interaction = Interaction { started_at: Some(NOW.plus_secs(10)), consented: None };
    change(&mut signed_in, &mut interaction);
    let now = NOW.plus_secs(20);
    match decide(&request, Some(&signed_in), interaction, now, [1; 16]) {
        Outcome::SignIn => "sign in".into(),
        Outcome::AskConsent { apis } => format!("ask for {}", apis.len()),
        Outcome::Issue { code, consents } => {
            assert_eq!(code.revision, Revision::new(7), "stamped with what was loaded");
            format!("issue with {} consents", consents.len())
        }
        Outcome::Refuse(error) => error.code.as_str().into(),
    }
}

fn consented(signed_in: &mut SignedIn) {
    let (user, client) = (signed_in.user.id, client().id);
    let scopes: Vec<String> = ["openid", "email", "orders:read"].map(str::to_owned).to_vec();
    for api in [None, Some(api().id)] {
        let scopes = scopes.clone();
        signed_in.consents.push(Consent { user, client, api, scopes, granted_at: NOW });
    }
}

#[test]
fn consent_is_asked_once_and_for_what_is_missing() {
    assert_eq!(next(&good(), |_, _| {}), "ask for 1");
    assert_eq!(next(&good(), |s, _| consented(s)), "issue with 0 consents");
    assert_eq!(next(&with("prompt", "consent"), |s, _| consented(s)), "ask for 1");
    assert_eq!(next(&with("prompt", "none"), |_, _| {}), "consent_required");
    assert_eq!(next(&good(), |_, i| i.consented = Some(Consented::Allow)), "issue with 2 consents");
    assert_eq!(next(&good(), |_, i| i.consented = Some(Consented::Deny)), "access_denied");
}

#[test]
fn first_party_clients_ask_nobody() {
    let mut own = client();
    own.settings.consent = ConsentPolicy::FirstParty;
    let request = parse_for(&good(), own, Some(api())).unwrap();
    let signed_in = SignedIn {
        session: session(),
        user: user(),
        consents: Vec::new(),
        revision: Revision::new(7),
    };
    let outcome = decide(&request, Some(&signed_in), Interaction::default(), NOW, [1; 16]);
    assert!(matches!(outcome, Outcome::Issue { .. }));
}

#[test]
fn a_sign_in_must_be_as_fresh_as_asked() {
    let login = with("prompt", "login");
    assert_eq!(next(&login, |s, _| consented(s)), "sign in");
    assert_eq!(
        next(&login, |s, _| {
            consented(s);
            s.session.auth_time = NOW.plus_secs(11);
        }),
        "issue with 0 consents"
    );
    assert_eq!(next(&with("max_age", "19"), |s, _| consented(s)), "sign in");
    assert_eq!(next(&with("max_age", "20"), |s, _| consented(s)), "issue with 0 consents");
    assert_eq!(next(&with("max_age", "0"), |s, _| consented(s)), "sign in");
    assert_eq!(next(&good(), |s, _| s.session.ended_at = Some(NOW)), "sign in");
    assert_eq!(next(&good(), |s, _| s.session.expires_at = NOW.plus_secs(20)), "sign in");
    assert_eq!(
        next(&with("prompt", "none"), |s, _| s.session.ended_at = Some(NOW)),
        "login_required"
    );
    let suspended = |s: &mut SignedIn, _: &mut Interaction| {
        let mut user = crate::model::User::clone(&s.user);
        user.status = UserStatus::Suspended;
        s.user = Arc::new(user);
    };
    assert_eq!(next(&good(), suspended), "sign in");
}
