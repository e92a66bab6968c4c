//! The permissions page, and what its editor asks for. Development mode shows it to everybody;
//! otherwise it stands behind sign-in, and the permission API still wants a key of its own.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract,
    http::{HeaderMap, Response},
};
use counterfoil_jose::b64;
use counterfoil_oauth::{
    metadata::paths,
    model::{
        ApplicationType, ClientAuthMethod, ClientSettings, ConsentPolicy, GrantType, RefreshPolicy,
    },
};
use counterfoil_permission::{
    compile::{Finding, compile_at},
    language::{self, Positions, SyntaxErrors},
    model::Model,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    browser::{self, View},
    door::{self, Refused},
    pages::{ErrorKind, Permissions},
    state::State,
    world::{World, WorldClient},
};

type Shared = extract::State<Arc<State>>;

/// Where the page is.
pub(crate) const PATH: &str = "/permissions";

/// Where its editor sends what is being written.
pub(crate) const MODEL_PATH: &str = "/permissions/model";

/// The page's own client: it signs people in and draws no tokens.
const CLIENT_ID: &str = "permissions-page";

pub(crate) async fn page(extract::State(state): Shared, headers: HeaderMap) -> Response<Body> {
    match may_see(&state, &headers).await {
        Ok(true) => browser::show(&state, &Permissions, &View::new(&headers)),
        Ok(false) => door::see_other(&sign_in(&state)),
        Err(refused) => {
            let error = refused.into_oauth();
            browser::show_error(&state, &headers, ErrorKind::Unavailable, &error)
        }
    }
}

/// Reads a model's text, or writes a model as text, and says all that is wrong with it.
pub(crate) async fn model(
    extract::State(state): Shared,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    match may_see(&state, &headers).await {
        Ok(true) => {}
        Ok(false) => return door::problem(401, "sign_in_required", "sign in first", PATH),
        Err(refused) => return door::oauth_error(&refused.into_oauth(), false),
    }
    match serde_json::from_slice(&body) {
        Ok(Asked::Text(text)) => door::json_no_store(200, &Read::text(text)),
        Ok(Asked::Model(model)) => door::json_no_store(200, &Read::json(&model.to_string())),
        Err(error) => {
            let title = "the body must be {\"text\": …} or {\"model\": …}";
            door::problem(400, "invalid_request", title, &error.to_string())
        }
    }
}

/// What an issuer that asks people to sign in needs for it: the page's client.
pub(crate) fn world(issuer: &str) -> World {
    let settings = ClientSettings {
        client_name: "Counterfoil".to_owned(),
        token_endpoint_auth_method: ClientAuthMethod::None,
        jwks: None,
        redirect_uris: vec![format!("{issuer}{PATH}")],
        post_logout_redirect_uris: Vec::new(),
        grant_types: vec![GrantType::AuthorizationCode],
        scopes: vec!["openid".to_owned()],
        application_type: ApplicationType::Web,
        consent: ConsentPolicy::FirstParty,
        strict: true,
        id_token_signed_response_alg: "RS256".to_owned(),
        default_max_age: None,
        require_auth_time: false,
        refresh: RefreshPolicy::default(),
        apis: Vec::new(),
        lax_assertion_audience: false,
    };
    let client = WorldClient { client_id: CLIENT_ID.to_owned(), client_secret: None, settings };
    World { clients: vec![client], ..World::default() }
}

async fn may_see(state: &State, headers: &HeaderMap) -> Result<bool, Refused> {
    if state.config.dev.is_some() {
        return Ok(true);
    }
    let Some(client) = state.facts.client_by_client_id(CLIENT_ID).await? else { return Ok(false) };
    let cookies = state.cookies.read(headers);
    Ok(browser::signed_in(state, &cookies, client.id).await?.is_some())
}

/// Where a person signs in to come back here. Nobody redeems the code: the session is what counts.
fn sign_in(state: &State) -> String {
    let issuer = state.issuer();
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("client_id", CLIENT_ID)
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", &format!("{issuer}{PATH}"))
        .append_pair("scope", "openid")
        .append_pair("code_challenge", &b64::encode(&state.random::<32>()))
        .append_pair("code_challenge_method", "S256");
    format!("{issuer}{}?{}", paths::AUTHORIZE, query.finish())
}

/// What the editor sends.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Asked {
    Text(String),
    Model(Value),
}

/// What the editor gets: the model in both forms as far as it can be read, and its problems.
#[derive(Default, Serialize)]
struct Read {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<Value>,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Problem {
    severity: &'static str,
    message: String,
    /// From 1, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

impl Read {
    fn text(text: String) -> Self {
        match language::parse_located(&text) {
            Ok((model, positions)) => Self { text: Some(text), ..Self::of(&model, &positions) },
            Err(errors) => Self { text: Some(text), ..Self::unreadable(&errors) },
        }
    }

    fn json(text: &str) -> Self {
        match language::from_json(text) {
            Ok(model) => {
                let positions = Positions::default();
                Self { text: language::print(&model).ok(), ..Self::of(&model, &positions) }
            }
            Err(error) => {
                Self { problems: vec![Problem::error(error.to_string())], ..Self::default() }
            }
        }
    }

    fn of(model: &Model, positions: &Positions) -> Self {
        let findings = match compile_at(model, positions) {
            Ok(checked) => checked.warnings().to_vec(),
            Err(findings) => findings,
        };
        Self {
            text: None,
            model: serde_json::from_str(&language::to_json(model)).ok(),
            problems: findings.iter().map(Problem::of).collect(),
        }
    }

    fn unreadable(errors: &SyntaxErrors) -> Self {
        let problem = |error: &language::SyntaxError| Problem {
            line: Some(error.position.line),
            column: Some(error.position.column),
            ..Problem::error(error.kind.to_string())
        };
        Self { problems: errors.as_slice().iter().map(problem).collect(), ..Self::default() }
    }
}

impl Problem {
    fn error(message: String) -> Self {
        Self { severity: "error", message, line: None, column: None }
    }

    fn of(finding: &Finding) -> Self {
        let severity = if finding.is_error() { "error" } else { "warning" };
        let position = finding.place.as_ref().map(|place| place.position);
        Self {
            severity,
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
            ..Self::error(finding.message())
        }
    }
}
