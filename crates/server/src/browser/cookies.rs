use axum::http::{HeaderMap, HeaderValue, header};
use counterfoil_jose::{b64, crypto::HmacKey};

use crate::{config::Config, state::State};

/// Seconds that a browser keeps its own name: a year.
const BROWSER_SECS: i64 = 365 * 86_400;

/// What the browser's cookies say.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    session: Option<String>,
    name: Option<String>,
    known: Option<String>,
}

/// The names of the issuer's cookies. Two issuers on one host, such as two `dev` servers, must not
/// overwrite each other's.
pub(crate) struct Cookies {
    session: String,
    name: String,
    known: String,
    secure: bool,
}

impl Cookies {
    pub(crate) fn new(config: &Config) -> Self {
        let secure = config.is_https();
        let prefix = if secure { "__Host-cf" } else { "cf" };
        let authority = config.issuer.split_once("://").map_or("", |(_, rest)| rest);
        let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
        let tail: String = port.chars().take_while(char::is_ascii_digit).collect();
        let named = |kind: &str| format!("{prefix}_{kind}_{tail}");
        Self { session: named("session"), name: named("browser"), known: named("known"), secure }
    }

    /// Reads the request's cookies.
    pub(crate) fn read(&self, headers: &HeaderMap) -> Browser {
        let mut browser = Browser::default();
        let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        for pair in values.flat_map(|value| value.split(';')).take(100) {
            let Some((name, value)) = pair.trim().split_once('=') else { continue };
            let slot = match name {
                name if name == self.session => &mut browser.session,
                name if name == self.name => &mut browser.name,
                name if name == self.known => &mut browser.known,
                _ => continue,
            };
            // The first wins: a cookie planted on a longer path comes first only on that path, and
            // ours are all on `/`.
            if slot.is_none() && value.len() <= 128 {
                *slot = Some(value.to_owned());
            }
        }
        browser
    }

    /// Sets the session cookie. It ends with the browser; the session ends by itself besides.
    pub(crate) fn set_session(&self, headers: &mut HeaderMap, value: &str) {
        self.set(headers, &self.session, value, None);
    }

    /// Removes the session cookie.
    pub(crate) fn clear_session(&self, headers: &mut HeaderMap) {
        self.set(headers, &self.session, "", Some(0));
    }

    /// Gives the browser a name, to which forms and throttling are bound.
    pub(crate) fn set_name(&self, headers: &mut HeaderMap, value: &str) {
        self.set(headers, &self.name, value, Some(BROWSER_SECS));
    }

    /// Remembers that somebody signed in here.
    pub(crate) fn set_known(&self, headers: &mut HeaderMap, value: &str) {
        self.set(headers, &self.known, value, Some(BROWSER_SECS));
    }

    fn set(&self, headers: &mut HeaderMap, name: &str, value: &str, max_age: Option<i64>) {
        let mut cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax");
        if self.secure {
            cookie.push_str("; Secure");
        }
        if let Some(secs) = max_age {
            cookie.push_str(&format!("; Max-Age={secs}"));
        }
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}

impl Browser {
    pub(crate) fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The browser's name, drawn now when it has none yet.
    pub(crate) fn named(&self, state: &State) -> (String, bool) {
        match &self.name {
            Some(name) => (name.clone(), false),
            None => (b64::encode(&state.random::<16>()), true),
        }
    }

    /// Whether this browser signed in to this account before.
    pub(crate) fn knows(&self, state: &State, username: &str) -> bool {
        let (Some(name), Some(known)) = (&self.name, &self.known) else { return false };
        let proof = proof(state, name, username);
        counterfoil_jose::crypto::ct_eq(proof.as_bytes(), known.as_bytes())
    }
}

/// What a browser keeps of a sign-in: useless anywhere else and for any other account.
pub(crate) fn proof(state: &State, browser: &str, username: &str) -> String {
    let key = HmacKey::new(state.keyring().derived(b"known browser").expose());
    b64::encode(&key.tag(&[browser.as_bytes(), b"\0", username.to_lowercase().as_bytes()]))
}
