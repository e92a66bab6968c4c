use counterfoil_jose::{UnixTime, b64, crypto::HmacKey};
use counterfoil_oauth::{model::SessionId, params::Params};
use serde::{Deserialize, Serialize};

use crate::state::State;

/// Seconds that a page may stay open before its form is refused.
pub(crate) const LIFETIME_SECS: i64 = 3_600;

/// Which page carries the state, so that one page's form can't be posted to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// To the sign-in page.
    SignIn,
    /// To the consent page.
    Consent,
    /// To the logout page.
    Logout,
}

/// The state that a browser carries through the pages, sealed: a request that is not decided yet
/// costs the server nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Carried {
    /// For which page.
    k: Kind,
    /// The request's parameters, encoded.
    q: String,
    /// When the request first came.
    t: i64,
    /// When the page was shown.
    d: i64,
    /// Whose session the page was shown to.
    s: i64,
}

impl Carried {
    pub(crate) fn new(
        kind: Kind,
        params: &Params,
        started_at: UnixTime,
        session: Option<SessionId>,
        now: UnixTime,
    ) -> Self {
        Self {
            k: kind,
            q: params.encode(),
            t: started_at.as_secs(),
            d: now.as_secs(),
            s: session.map_or(0, SessionId::get),
        }
    }

    /// Seals it, with the token that binds its form to this browser.
    pub(crate) fn seal(&self, state: &State, browser: &str) -> Option<(String, String)> {
        let sealed = state.keyring().seal_interaction(self, state.random())?;
        let csrf = csrf(state, browser, &sealed);
        Some((sealed, csrf))
    }

    /// Opens what a form brought back; `Err` says whether it was forged or too old.
    pub(crate) fn open(
        state: &State,
        kind: Kind,
        params: &Params,
        browser: Option<&str>,
    ) -> Result<Self, Stale> {
        let sealed = params.get("interaction").ok_or(Stale::Forged)?;
        let token = params.get("csrf").ok_or(Stale::Forged)?;
        let expected = csrf(state, browser.ok_or(Stale::Forged)?, sealed);
        if !counterfoil_jose::crypto::ct_eq(expected.as_bytes(), token.as_bytes()) {
            return Err(Stale::Forged);
        }
        let carried: Self = state.keyring().open_interaction(sealed).ok_or(Stale::Forged)?;
        if carried.k != kind {
            return Err(Stale::Forged);
        }
        if state.now().as_secs().saturating_sub(carried.d) > LIFETIME_SECS {
            return Err(Stale::Expired);
        }
        Ok(carried)
    }

    /// The request's parameters.
    pub(crate) fn params(&self) -> Params {
        Params::parse(self.q.as_bytes()).unwrap_or_default()
    }

    /// When the request first came.
    pub(crate) const fn started_at(&self) -> UnixTime {
        UnixTime::from_secs(self.t)
    }

    /// Whether the page was shown to this session.
    pub(crate) fn is_for(&self, session: SessionId) -> bool {
        self.s == session.get()
    }
}

/// Why a form is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stale {
    /// It isn't from a page of ours in this browser.
    Forged,
    /// It was open for too long.
    Expired,
}

fn csrf(state: &State, browser: &str, sealed: &str) -> String {
    let key = HmacKey::new(state.keyring().derived(b"csrf").expose());
    b64::encode(&key.tag(&[browser.as_bytes(), b"\0", sealed.as_bytes()]))
}
