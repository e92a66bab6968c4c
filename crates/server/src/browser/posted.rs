use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Response},
};
use counterfoil_oauth::{
    error::{ErrorCode, OAuthError},
    params::Params,
};

use super::{Browser, Carried, Kind, Stale, show_error};
use crate::{door, pages::ErrorKind, state::State};

/// A form that came back from a page of ours, shown to this very browser.
pub(crate) struct Posted {
    pub(crate) form: Params,
    pub(crate) cookies: Browser,
    pub(crate) carried: Carried,
}

impl Posted {
    /// Reads a form, or tells what is wrong with it on a page.
    #[expect(clippy::result_large_err, reason = "the refusal is the answer, sent at once")]
    pub(crate) fn read(
        state: &Arc<State>,
        headers: &HeaderMap,
        body: &Bytes,
        kind: Kind,
    ) -> Result<Self, Response<Body>> {
        let form = door::form(headers, body)
            .map_err(|error| show_error(state, headers, ErrorKind::Request, &error))?;
        Self::of(state, headers, form, kind)
    }

    /// The same with a form that has been read.
    #[expect(clippy::result_large_err, reason = "the refusal is the answer, sent at once")]
    pub(crate) fn of(
        state: &Arc<State>,
        headers: &HeaderMap,
        form: Params,
        kind: Kind,
    ) -> Result<Self, Response<Body>> {
        let cookies = state.cookies.read(headers);
        let carried = Carried::open(state, kind, &form, cookies.name())
            .map_err(|stale| refuse(state, headers, stale))?;
        Ok(Self { form, cookies, carried })
    }
}

fn refuse(state: &State, headers: &HeaderMap, stale: Stale) -> Response<Body> {
    let (kind, text) = match stale {
        Stale::Forged => (ErrorKind::Forged, "the form did not come from a page of this browser"),
        Stale::Expired => (ErrorKind::Expired, "the page was open for too long; start again"),
    };
    let error = OAuthError::new(ErrorCode::InvalidRequest, text);
    show_error(state, headers, kind, &error)
}
