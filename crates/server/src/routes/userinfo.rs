//! UserInfo: OpenID Connect Core §5.3.

use std::sync::Arc;

use axum::{
    body::Body,
    extract,
    http::{HeaderMap, Response},
};
use counterfoil_oauth::{
    error::{ErrorCode, OAuthError},
    release,
    scope::OPENID,
};
use serde_json::Value;

use crate::{
    door::{self, Refused},
    routes::token::allow_origin,
    state::State,
    tokens,
};

pub(crate) async fn userinfo(
    extract::State(state): extract::State<Arc<State>>,
    headers: HeaderMap,
) -> Response<Body> {
    let mut response = match answer(&state, &headers).await {
        Ok(claims) => door::json_no_store(200, &claims),
        Err(None) => door::bearer_challenge(None),
        Err(Some(refused)) => door::bearer_challenge(Some(&refused.into_oauth())),
    };
    allow_origin(&state, &headers, &mut response);
    response
}

async fn answer(state: &State, headers: &HeaderMap) -> Result<Value, Option<Refused>> {
    let text = door::bearer(headers).map_err(|error| Some(error.into()))?.ok_or(None)?;
    let invalid =
        |text: &str| Some(Refused::Protocol(OAuthError::new(ErrorCode::InvalidToken, text)));
    let token = tokens::open(state, text).map_err(|reason| invalid(reason.explain()))?;
    if !token.for_userinfo {
        return Err(invalid(
            "the token is for an API, not for UserInfo; ask for one without `resource`",
        ));
    }
    let live = tokens::live(state, token).await.map_err(Some)?;
    let live = live.map_err(|reason| invalid(reason.explain()))?;
    let scopes = live.scopes();
    let user = match &live.user {
        Some(user) if scopes.contains(&OPENID) => user,
        _ => {
            let text = "UserInfo needs a user's token with scope `openid`";
            let error = OAuthError::new(ErrorCode::InsufficientScope, text);
            return Err(Some(error.into()));
        }
    };
    let mut claims = release::to_client(&scopes, &user.claims);
    claims.insert("sub".to_owned(), Value::String(user.sub.clone()));
    Ok(Value::Object(claims))
}
