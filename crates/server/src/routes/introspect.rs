//! Introspection: RFC 7662 and, by `Accept`, RFC 9701. It answers only the token's own API.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract,
    http::{HeaderMap, HeaderValue, Response, header},
};
use counterfoil_jose::{JwsAlgorithm, UnixTime};
use counterfoil_oauth::{
    client_auth::PresentedClient,
    error::OAuthError,
    introspection::{ActiveToken, InactiveReason},
    model::Api,
};
use serde::Serialize;
use serde_json::json;

use crate::{
    door::{self, Refused},
    routes::token::prove,
    state::State,
    tokens,
};

/// The media type of RFC 9701 §5, and the `typ` of the JWT.
const JWT_TYPE: &str = "token-introspection+jwt";

pub(crate) async fn introspect(
    extract::State(state): extract::State<Arc<State>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let by_header = headers.contains_key(header::AUTHORIZATION);
    match answer(&state, &headers, &body).await {
        Ok((api, view)) => render(&state, &headers, &api, view),
        Err(refused) => door::oauth_error(&refused.into_oauth(), by_header),
    }
}

type View = Result<Box<ActiveToken>, InactiveReason>;

async fn answer(
    state: &State,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<(Arc<Api>, View), Refused> {
    let params = door::form(headers, body)?;
    let presented = PresentedClient::parse(door::authorization(headers)?, &params)?;
    let client = prove(state, &presented).await?;
    if !client.is_confidential() {
        return Err(OAuthError::invalid_client().into());
    }
    if let Some(effect) = client.effect() {
        let batch = counterfoil_oauth::model::Batch {
            effects: vec![effect.clone()],
            ..counterfoil_oauth::model::Batch::default()
        };
        state.commit(batch).await?;
    }
    // Any client may ask about nothing: only an API's own client may ask, about its own tokens.
    let owner = match client.client().owner_api {
        Some(api) => state.facts.api(api).await?,
        None => None,
    };
    let api = owner.ok_or_else(|| {
        OAuthError::new(
            counterfoil_oauth::error::ErrorCode::UnauthorizedClient,
            "introspection is for an API's own client: register the API and use its credentials",
        )
    })?;
    let token = params
        .get("token")
        .ok_or_else(|| OAuthError::invalid_request("parameter `token` is missing"))?;
    let view = look(state, &api, token).await?;
    state.metrics.introspected(view.is_ok());
    if let Err(reason) = &view {
        tracing::info!(api = %api.resource, ?reason, "introspected as inactive: {}", reason.explain());
    }
    Ok((api, view))
}

async fn look(state: &State, api: &Arc<Api>, text: &str) -> Result<View, Refused> {
    let token = match tokens::open(state, text) {
        Ok(token) => token,
        Err(reason) => return Ok(Err(reason)),
    };
    if token.api != Some(api.id) {
        return Ok(Err(InactiveReason::WrongAudience));
    }
    Ok(tokens::live(state, token).await?.map(|live| Box::new(live.view(state, api))))
}

fn render(state: &State, headers: &HeaderMap, api: &Api, view: View) -> Response<Body> {
    let accept = door::header(headers, header::ACCEPT).unwrap_or_default();
    let wants_jwt = accept.contains("application/token-introspection+jwt");
    match view {
        _ if wants_jwt => signed(state, api, view),
        Ok(view) => door::json_no_store(200, &view),
        // An inactive answer says nothing else: RFC 7662 §2.2. The asking API is an insider and may
        // read why, in a header that no client of it ever sees.
        Err(reason) => {
            let mut response = door::json_no_store(200, &json!({ "active": false }));
            if let Ok(why) = HeaderValue::from_str(reason.explain()) {
                response.headers_mut().insert("counterfoil-inactive-reason", why);
            }
            response
        }
    }
}

/// RFC 9701 §5: the answer inside a signed JWT that can't be taken for an access token.
fn signed(state: &State, api: &Api, view: View) -> Response<Body> {
    #[derive(Serialize)]
    struct Claims<'a> {
        iss: &'a str,
        aud: &'a str,
        iat: UnixTime,
        token_introspection: serde_json::Value,
    }
    let answer = view.ok().and_then(|view| serde_json::to_value(view).ok());
    let claims = Claims {
        iss: state.issuer(),
        aud: &api.resource,
        iat: state.now(),
        token_introspection: answer.unwrap_or_else(|| json!({ "active": false })),
    };
    let keyring = state.keyring();
    let algorithm = JwsAlgorithm::parse(&api.profile.alg).unwrap_or(JwsAlgorithm::Rs256);
    let signer = keyring.signer(algorithm, JWT_TYPE);
    let signer = signer.or_else(|| keyring.signer(JwsAlgorithm::Rs256, JWT_TYPE));
    let (Some(signer), Ok(payload)) = (signer, serde_json::to_vec(&claims)) else {
        return door::text(500, "no signing key");
    };
    let mut response = door::text(200, &signer.sign(&payload));
    let content_type = HeaderValue::from_static("application/token-introspection+jwt");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
