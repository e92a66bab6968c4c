//! Who may administer: the bearer of one of the product's own tokens for the admin API.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use counterfoil_oauth::model::Client;

use super::{
    PATH, SCOPE,
    problem::{Code, Problem},
};
use crate::{door, state::State, tokens};

/// A client that has proved that it may administer. Only [`AdminCaller::check`] makes one.
#[derive(Clone, Debug)]
pub(crate) struct AdminCaller {
    client: Arc<Client>,
}

impl AdminCaller {
    /// Who asks; receipts are made out to it.
    pub(crate) fn client_id(&self) -> &str {
        &self.client.client_id
    }

    /// Checks the bearer token of a request: an access token of this issuer for the API whose
    /// `resource` is `<issuer>/admin/v1`, alive at this node, with scope `admin`, of a client that
    /// acts for itself.
    ///
    /// A user's token is refused even with the scope: scopes bound what a client may ask for, and
    /// say nothing of what the person in front of it may do.
    pub(crate) async fn check(state: &State, headers: &HeaderMap) -> Result<Self, Problem> {
        let text = door::bearer(headers).map_err(|error| {
            Problem::new(Code::InvalidRequest, error.description)
                .with_challenge(&challenge(state, Some("invalid_request")))
        })?;
        let Some(text) = text else {
            let detail = format!("send a token for `{}` as `Authorization: Bearer`", name(state));
            return Err(
                Problem::new(Code::InvalidToken, detail).with_challenge(&challenge(state, None))
            );
        };
        let refuse = |detail: &str| {
            Problem::new(Code::InvalidToken, detail)
                .with_challenge(&challenge(state, Some("invalid_token")))
        };
        let token = tokens::open(state, text).map_err(|reason| refuse(reason.explain()))?;
        let admin = state.facts.api_by_resource(&name(state)).await?;
        if admin.is_none_or(|admin| token.api != Some(admin.id)) {
            return Err(refuse(
                "the token is for another API; ask with the admin API's `resource`",
            ));
        }
        let live = tokens::live(state, token).await?;
        let live = live.map_err(|reason| refuse(reason.explain()))?;
        if live.user.is_some() {
            let detail = "a user's token can't administer; use `client_credentials`";
            return Err(insufficient(state, detail));
        }
        if !live.scopes().contains(&SCOPE) {
            return Err(insufficient(state, "the token lacks scope `admin`"));
        }
        Ok(Self { client: live.client })
    }
}

impl FromRequestParts<Arc<State>> for AdminCaller {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &Arc<State>,
    ) -> Result<Self, Self::Rejection> {
        Self::check(state, &parts.headers).await
    }
}

/// The admin API's `resource`.
pub(super) fn name(state: &State) -> String {
    format!("{}{PATH}", state.issuer())
}

fn insufficient(state: &State, detail: &str) -> Problem {
    let challenge = format!("{}, scope=\"{SCOPE}\"", challenge(state, Some("insufficient_scope")));
    Problem::new(Code::InsufficientScope, detail).with_challenge(&challenge)
}

/// RFC 6750 §3 and RFC 9728 §5.1. Without credentials there is no error code.
fn challenge(state: &State, error: Option<&str>) -> String {
    let metadata = super::metadata::url(state);
    match error {
        None => format!("Bearer resource_metadata=\"{metadata}\""),
        Some(error) => format!("Bearer error=\"{error}\", resource_metadata=\"{metadata}\""),
    }
}
