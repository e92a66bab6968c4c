use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use counterfoil_jose::b64;
use counterfoil_oauth::{error::OAuthError, params::Params};

use crate::{
    door,
    pages::{self, ContentPolicy, ErrorKind, ErrorPage, Locale, Page, PageChrome},
    state::State,
};

/// What an operator finds a request by.
#[derive(Clone, Debug)]
pub(crate) struct Trace(pub(crate) String);

impl Trace {
    pub(crate) fn draw(state: &State) -> Self {
        Self(b64::encode(&state.random::<12>()))
    }
}

/// How a page is shown.
pub(crate) struct View<'a> {
    /// The request's headers, for the language.
    pub(crate) headers: &'a HeaderMap,
    /// The request's parameters, for `ui_locales`.
    pub(crate) params: Option<&'a Params>,
    /// Where its form may lead besides the issuer.
    pub(crate) form_targets: Vec<String>,
    /// The status.
    pub(crate) status: u16,
}

impl<'a> View<'a> {
    pub(crate) fn new(headers: &'a HeaderMap) -> Self {
        Self { headers, params: None, form_targets: Vec::new(), status: 200 }
    }

    /// With a form whose answer goes on to this redirect URI.
    pub(crate) fn leading_to(mut self, redirect_uri: &str) -> Self {
        self.form_targets.extend(pages::form_target(redirect_uri));
        self
    }
}

/// Renders a page with everything that keeps it safe.
pub(crate) fn show<P: Page>(state: &State, page: &P, view: &View<'_>) -> Response<Body> {
    let nonce = b64::encode(&state.random::<16>());
    let accept = door::header(view.headers, header::ACCEPT_LANGUAGE);
    let locale = Locale::negotiate(view.params.and_then(|params| params.get("ui_locales")), accept);
    let dev = state.config.dev.as_ref();
    let chrome = PageChrome { nonce: &nonce, dev: dev.is_some(), issuer: state.issuer() };
    let html = pages::render(page, locale, &chrome);
    let connect_to: Vec<String> = dev.map(|dev| dev.demo_api_origin.clone()).into_iter().collect();
    let policy =
        ContentPolicy { nonce: &nonce, form_targets: &view.form_targets, connect_to: &connect_to };
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = StatusCode::from_u16(view.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy.header_value()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        // Not `no-referrer`: browsers would then post our own forms with `Origin: null`.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Tells an error to the person, because no address in the request can be trusted.
pub(crate) fn show_error(
    state: &State,
    headers: &HeaderMap,
    kind: ErrorKind,
    error: &OAuthError,
) -> Response<Body> {
    let trace = Trace::draw(state);
    let status = match kind {
        ErrorKind::Forged | ErrorKind::Forbidden => 403,
        ErrorKind::NotFound => 404,
        ErrorKind::TooMany => 429,
        ErrorKind::Unavailable => 503,
        ErrorKind::Internal => 500,
        ErrorKind::Request | ErrorKind::Application | ErrorKind::Expired => 400,
    };
    tracing::info!(trace = %trace.0, code = error.code.as_str(), "an error page was shown");
    let page = ErrorPage {
        kind,
        code: error.code.as_str(),
        description: &error.description,
        trace_id: &trace.0,
        status,
    };
    show(state, &page, &View { status, ..View::new(headers) })
}
