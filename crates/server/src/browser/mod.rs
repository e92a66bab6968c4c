//! The browser's side: cookies, the state it carries through the pages, and the pages themselves.

mod cookies;
mod interaction;
mod page;
mod posted;

pub(crate) use cookies::{Browser, Cookies, proof};
pub(crate) use interaction::{Carried, Kind};
pub(crate) use page::{View, show, show_error};
pub(crate) use posted::Posted;

use interaction::Stale;

use std::sync::Arc;

use counterfoil_oauth::{
    authorization::SignedIn,
    model::{ClientId, Digest},
};
use counterfoil_store::StoreError;

use crate::state::State;

/// Loads who is signed in, with what they allow this client.
pub(crate) async fn signed_in(
    state: &State,
    browser: &Browser,
    client: ClientId,
) -> Result<Option<SignedIn>, StoreError> {
    let revision = state.revision();
    let Some(cookie) = browser.session() else { return Ok(None) };
    let digest = session_digest(cookie);
    let found = state.store.session_and_consents(state.iss, &digest, client).await?.value;
    let Some((session, consents)) = found else { return Ok(None) };
    if !session.is_live(state.now()) {
        return Ok(None);
    }
    let Some(user) = state.facts.user(session.user).await? else { return Ok(None) };
    Ok(Some(SignedIn { session, user: Arc::clone(&user), consents, revision }))
}

/// The stored form of a session cookie, which has 256 random bits.
pub(crate) fn session_digest(cookie: &str) -> Digest {
    let bytes = [b"counterfoil session\0", cookie.as_bytes()].concat();
    Digest(counterfoil_jose::crypto::sha256(&bytes))
}
