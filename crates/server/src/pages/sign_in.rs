//! The sign-in page. Its form posts `interaction`, `csrf`, `username` and `password` to `/sign-in`.

use super::samples::{HOSTILE, LONG};
use super::{Page, PageChrome, Texts};
use askama::Template;

/// Above this many seconds, people are told minutes.
const SECONDS_SHOWN_MAX: u64 = 90;

/// The sign-in page.
#[derive(Clone, Debug)]
pub struct SignIn<'a> {
    /// The client that asked, by its registered name.
    pub client_name: &'a str,
    /// Who asks for the password.
    pub issuer_name: &'a str,
    /// What stands in the field already: the request's `login_hint`, or what was typed before.
    pub username: &'a str,
    /// Why the page is shown again.
    pub error: Option<SignInError>,
    /// The authorization request, sealed, for the hidden field.
    pub interaction: &'a str,
    /// The token against cross-site posts.
    pub csrf: &'a str,
}

/// Why a sign-in did not succeed, as far as the person may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInError {
    /// No such user, or not this password: the page does not tell which.
    WrongCredentials,
    /// Too many attempts, for this account or from this address.
    Throttled {
        /// Seconds until the next attempt is looked at.
        retry_after_secs: u64,
    },
    /// The page was open for too long.
    SessionExpired,
}

impl SignInError {
    fn message(self, t: &Texts) -> String {
        match self {
            Self::WrongCredentials => t.text("sign-in.error.wrong").to_owned(),
            Self::SessionExpired => t.text("sign-in.error.expired").to_owned(),
            Self::Throttled { retry_after_secs } if retry_after_secs <= SECONDS_SHOWN_MAX => {
                let seconds = retry_after_secs.max(1).to_string();
                t.plain("sign-in.error.throttled-seconds", "seconds", &seconds)
            }
            Self::Throttled { retry_after_secs } => {
                let minutes = retry_after_secs.div_ceil(60).to_string();
                t.plain("sign-in.error.throttled-minutes", "minutes", &minutes)
            }
        }
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct View<'a> {
    page: &'a SignIn<'a>,
    t: Texts,
    chrome: &'a PageChrome<'a>,
}

impl Page for SignIn<'_> {
    fn write(&self, t: Texts, chrome: &PageChrome<'_>) -> Result<String, askama::Error> {
        View { page: self, t, chrome }.render()
    }

    fn samples() -> Vec<Self> {
        let plain = SignIn {
            client_name: "Orders",
            issuer_name: "Counterfoil",
            username: "",
            error: None,
            interaction: "c2VhbGVk",
            csrf: "dG9rZW4",
        };
        let again = |error| SignIn { username: "alice", error: Some(error), ..plain.clone() };
        vec![
            plain.clone(),
            SignIn { username: "alice", ..plain.clone() },
            again(SignInError::WrongCredentials),
            again(SignInError::Throttled { retry_after_secs: 20 }),
            again(SignInError::Throttled { retry_after_secs: 600 }),
            again(SignInError::SessionExpired),
            SignIn {
                client_name: HOSTILE,
                issuer_name: HOSTILE,
                username: HOSTILE,
                interaction: HOSTILE,
                csrf: HOSTILE,
                ..again(SignInError::WrongCredentials)
            },
            SignIn { client_name: LONG, username: LONG, ..plain },
        ]
    }
}
