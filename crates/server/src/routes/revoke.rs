//! Revocation: RFC 7009, for every kind of token.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract,
    http::{HeaderMap, Response, header},
};
use counterfoil_oauth::{
    client_auth::PresentedClient,
    error::OAuthError,
    grants::authorization_code::{WATERMARK_SECS, revoke as revoke_grant},
    model::{Batch, Change, Client, Mode, Reason, Target},
    token::refresh::RefreshToken,
};
use counterfoil_store::CommitError;

use crate::{
    door::{self, Refused},
    routes::token::{allow_origin, prove},
    state::State,
    tokens,
};

pub(crate) async fn revoke(
    extract::State(state): extract::State<Arc<State>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let by_header = headers.contains_key(header::AUTHORIZATION);
    let mut response = match answer(&state, &headers, &body).await {
        Ok(()) => door::no_content(200),
        Err(refused) => door::oauth_error(&refused.into_oauth(), by_header),
    };
    allow_origin(&state, &headers, &mut response);
    response
}

async fn answer(state: &State, headers: &HeaderMap, body: &Bytes) -> Result<(), Refused> {
    let params = door::form(headers, body)?;
    let presented = PresentedClient::parse(door::authorization(headers)?, &params)?;
    let client = prove(state, &presented).await?;
    let token = params
        .get("token")
        .ok_or_else(|| OAuthError::invalid_request("parameter `token` is missing"))?;
    let mut batch = plan(state, client.client(), token).await?;
    batch.effects.extend(client.effect().cloned());
    if batch.effects.is_empty() && batch.changes.is_empty() {
        // RFC 7009 §2.2: an unknown token is no error.
        return Ok(());
    }
    match state.commit(batch).await {
        // Revoked already.
        Ok(_) | Err(CommitError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn plan(state: &State, client: &Client, text: &str) -> Result<Batch, Refused> {
    let now = state.now();
    let keyring = state.keyring();
    if let Some(refresh) = RefreshToken::parse(text, state.issuer(), keyring.refresh()) {
        let grant = state.facts.grant_now(refresh.grant).await?;
        // RFC 7009 §2.1: only its own tokens. A foreign one is answered like an unknown one.
        return Ok(match grant {
            Some(grant) if grant.client == client.id && grant.revoked_at.is_none() => {
                revoke_grant(grant.id, Reason::Revoked, now)
            }
            _ => Batch::default(),
        });
    }
    let Ok(token) = tokens::open(state, text) else { return Ok(Batch::default()) };
    let grant = state.facts.grant(token.grant).await?;
    if grant.is_none_or(|grant| grant.client != client.id) {
        return Ok(Batch::default());
    }
    let expires_at = Some(token.expires_at.plus_secs(60).min(now.plus_secs(WATERMARK_SECS)));
    let alone = Change {
        target: Target::Token(token.id),
        mode: Mode::Hard,
        reason: Reason::Revoked,
        expires_at,
    };
    // RFC 7009 §2.1 leaves open whether an access token's grant goes too. A standing grant is
    // shared by every token of its client, and a refresh token is the client's way to go on, so
    // only the token goes.
    Ok(Batch { changes: vec![alone], ..Batch::default() })
}
