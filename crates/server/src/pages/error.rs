//! The error page, for where a redirect to the application would be unsafe.

use super::samples::{HOSTILE, LONG};
use super::{Page, PageChrome, Texts};
use askama::Template;

/// Says what went wrong, what the person can do, and what to send to support.
#[derive(Clone, Debug)]
pub struct ErrorPage<'a> {
    /// Chooses the title and the advice.
    pub kind: ErrorKind,
    /// The specification's error code, such as `invalid_request`.
    pub code: &'a str,
    /// What was wrong, for the application's developer. It is shown as it is, in English.
    pub description: &'a str,
    /// What an operator finds the request by.
    pub trace_id: &'a str,
    /// The status that the page is served with.
    pub status: u16,
}

/// What happened, from the person's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The application sent a request that cannot be answered.
    Request,
    /// The application or its return address is not known here.
    Application,
    /// The sign-in took too long, or was finished elsewhere.
    Expired,
    /// The post did not come from our own page.
    Forged,
    /// The person may not do this.
    Forbidden,
    /// There is no such page.
    NotFound,
    /// Too many requests for now.
    TooMany,
    /// We cannot answer at the moment.
    Unavailable,
    /// We made a mistake.
    Internal,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Request,
        Self::Application,
        Self::Expired,
        Self::Forged,
        Self::Forbidden,
        Self::NotFound,
        Self::TooMany,
        Self::Unavailable,
        Self::Internal,
    ];

    const fn title_key(self) -> &'static str {
        match self {
            Self::Request => "error.request.title",
            Self::Application => "error.application.title",
            Self::Expired => "error.expired.title",
            Self::Forged => "error.forged.title",
            Self::Forbidden => "error.forbidden.title",
            Self::NotFound => "error.not-found.title",
            Self::TooMany => "error.too-many.title",
            Self::Unavailable => "error.unavailable.title",
            Self::Internal => "error.internal.title",
        }
    }

    const fn advice_key(self) -> &'static str {
        match self {
            Self::Request => "error.request.advice",
            Self::Application => "error.application.advice",
            Self::Expired => "error.expired.advice",
            Self::Forged => "error.forged.advice",
            Self::Forbidden => "error.forbidden.advice",
            Self::NotFound => "error.not-found.advice",
            Self::TooMany => "error.too-many.advice",
            Self::Unavailable => "error.unavailable.advice",
            Self::Internal => "error.internal.advice",
        }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct View<'a> {
    page: &'a ErrorPage<'a>,
    t: Texts,
    chrome: &'a PageChrome<'a>,
}

impl Page for ErrorPage<'_> {
    fn write(&self, t: Texts, chrome: &PageChrome<'_>) -> Result<String, askama::Error> {
        View { page: self, t, chrome }.render()
    }

    fn samples() -> Vec<Self> {
        let plain = ErrorPage {
            kind: ErrorKind::Application,
            code: "invalid_request",
            description: "`redirect_uri` is not registered for this client",
            trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
            status: 400,
        };
        let mut samples: Vec<_> =
            ErrorKind::ALL.into_iter().map(|kind| ErrorPage { kind, ..plain.clone() }).collect();
        samples.push(ErrorPage {
            code: HOSTILE,
            description: HOSTILE,
            trace_id: HOSTILE,
            ..plain.clone()
        });
        samples.push(ErrorPage { description: LONG, ..plain });
        samples
    }
}
