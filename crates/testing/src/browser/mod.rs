//! A browser without a screen: it keeps cookies, follows redirects, and fills in our forms.
//!
//! ```no_run
//! # async fn run() {
//! use counterfoil_testing::{app::App, browser::{Browser, Person}};
//!
//! let app = App::public("http://localhost:7070", "cli", "http://127.0.0.1:9/callback");
//! let mut browser = Browser::new();
//! let url = app.authorization_url(&[("scope", "openid"), ("resource", "https://api.example")]);
//! let callback = browser.authorize(&url, &app.redirect_uri, &Person::new("alice", "alice")).await;
//! let tokens = app.redeem(&callback.code()).await.expect(200);
//! # }
//! ```

mod cookies;
mod html;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION};
use reqwest::{Client, Method};
use url::Url;

use crate::http::{self, Answer};
use cookies::Jar;
pub use html::Form;

/// Redirects and pages after which a browser gives up: more is a loop.
const STEPS_MAX: usize = 20;

/// A browser with cookies of its own.
#[derive(Clone, Debug)]
pub struct Browser {
    http: Client,
    jar: Jar,
}

/// Who sits in front of it.
#[derive(Clone, Debug)]
pub struct Person {
    /// Typed on the sign-in page.
    pub username: String,
    /// Typed on the sign-in page.
    pub password: String,
    /// The answer on the consent page.
    pub allows: bool,
}

impl Person {
    /// Somebody who allows what is asked.
    #[must_use]
    pub fn new(username: &str, password: &str) -> Self {
        Self { username: username.to_owned(), password: password.to_owned(), allows: true }
    }

    /// The same, but denying what is asked.
    #[must_use]
    pub fn denying(self) -> Self {
        Self { allows: false, ..self }
    }
}

/// A page as it was shown.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it came from.
    pub url: Url,
    /// The answer.
    pub answer: Answer,
}

impl Page {
    /// Every form on it.
    #[must_use]
    pub fn forms(&self) -> Vec<Form> {
        html::forms(&self.answer.body)
    }

    /// The form that goes to this path, such as `/sign-in`.
    #[must_use]
    pub fn form(&self, path: &str) -> Option<Form> {
        self.forms().into_iter().find(|form| self.target(form).path() == path)
    }

    /// The page's title.
    #[must_use]
    pub fn title(&self) -> String {
        html::title(&self.answer.body)
    }

    /// Where it redirects to, resolved against its own URL.
    #[must_use]
    pub fn location(&self) -> Option<Url> {
        let location = self.answer.headers.get(LOCATION)?.to_str().ok()?;
        self.url.join(location).ok()
    }

    fn target(&self, form: &Form) -> Url {
        self.url.join(&form.action).unwrap_or_else(|_| self.url.clone())
    }
}

/// What an application gets at its redirect URI.
#[derive(Clone, Debug)]
pub struct Callback {
    /// The whole URL; for `form_post` the redirect URI alone.
    pub url: Url,
    /// The parameters, wherever they were.
    pub params: Vec<(String, String)>,
}

impl Callback {
    /// A parameter; empty when it is missing.
    #[must_use]
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The authorization code.
    ///
    /// # Panics
    /// When there is none, showing what came instead.
    #[must_use]
    #[track_caller]
    pub fn code(&self) -> String {
        assert!(!self.param("code").is_empty(), "no code came back but {}", self.url);
        self.param("code").to_owned()
    }
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    /// A browser without cookies.
    #[must_use]
    pub fn new() -> Self {
        Self::with_client(http::client())
    }

    /// A browser on a client made elsewhere; it must not follow redirects.
    #[must_use]
    pub fn with_client(http: Client) -> Self {
        Self { http, jar: Jar::default() }
    }

    /// A cookie's value.
    #[must_use]
    pub fn cookie(&self, at: &Url, name: &str) -> Option<&str> {
        self.jar.get(at, name)
    }

    /// The names of the cookies that this URL's host has set.
    #[must_use]
    pub fn cookie_names(&self, at: &Url) -> Vec<String> {
        self.jar.names(at)
    }

    /// Gets one page and stays there, redirect or not.
    ///
    /// # Panics
    /// When the server can't be reached.
    pub async fn get(&mut self, url: &Url) -> Page {
        let request = self.http.request(Method::GET, url.clone());
        self.send(url, request).await
    }

    /// Sends a form and stays there, redirect or not.
    ///
    /// # Panics
    /// When the server can't be reached.
    pub async fn submit(&mut self, page: &Page, form: &Form) -> Page {
        let mut target = page.target(form);
        let fields = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let fields = http::encode(fields);
        if form.method != "post" {
            target.set_query(Some(&fields));
            return self.get(&target).await;
        }
        let request = self
            .http
            .request(Method::POST, target.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("origin", page.url.origin().ascii_serialization())
            .body(fields);
        self.send(&target, request).await
    }

    /// Gets a page, following redirects up to `stop`, which is not asked itself.
    ///
    /// # Panics
    /// When the server can't be reached, or redirects go round in circles.
    pub async fn open(&mut self, url: &str, stop: Option<&str>) -> Page {
        let url = parsed(url);
        let page = self.get(&url).await;
        self.follow(page, stop).await
    }

    /// Walks a whole authorization: sign-in page and consent page, as far as they are shown, until
    /// the server sends the browser to `redirect_uri`.
    ///
    /// # Panics
    /// When it ends on a page that is neither, showing it; a wrong password is one such.
    pub async fn authorize(&mut self, url: &str, redirect_uri: &str, person: &Person) -> Callback {
        let mut page = self.open(url, Some(redirect_uri)).await;
        let mut signed_in = false;
        for _ in 0..STEPS_MAX {
            if let Some(callback) = callback(&page, redirect_uri) {
                return callback;
            }
            let next = if let Some(form) = page.form("/sign-in").filter(|_| !signed_in) {
                signed_in = true;
                self.sign_in(&page, form, person).await
            } else if let Some(mut form) = page.form("/consent") {
                form.press("decision", if person.allows { "allow" } else { "deny" });
                self.submit(&page, &form).await
            } else {
                break;
            };
            page = self.follow(next, Some(redirect_uri)).await;
        }
        stuck(&page)
    }

    /// Asks for a code with the session alone, of a server that may be gone: one request, which
    /// must lead straight to `redirect_uri`.
    ///
    /// # Errors
    /// What the transport says.
    ///
    /// # Panics
    /// When a page is shown instead, showing it.
    pub async fn try_authorize(
        &mut self,
        url: &str,
        redirect_uri: &str,
    ) -> Result<Callback, reqwest::Error> {
        let url = parsed(url);
        let request = self.http.request(Method::GET, url.clone());
        let page = self.try_send(&url, request).await?;
        let Some(callback) = callback(&page, redirect_uri) else { stuck(&page) };
        Ok(callback)
    }

    async fn sign_in(&mut self, page: &Page, mut form: Form, person: &Person) -> Page {
        form.fill("username", &person.username);
        form.fill("password", &person.password);
        self.submit(page, &form).await
    }

    async fn follow(&mut self, mut page: Page, stop: Option<&str>) -> Page {
        for _ in 0..STEPS_MAX {
            if !matches!(page.answer.status, 301..=303 | 307 | 308) {
                return page;
            }
            let Some(next) = page.location() else { return page };
            if stop.is_some_and(|stop| is_at(&next, stop)) {
                return page;
            }
            page = self.get(&next).await;
        }
        #[expect(clippy::panic, reason = "test ground")]
        {
            panic!("redirects go round in circles, last to {}", page.url)
        }
    }

    async fn send(&mut self, url: &Url, request: reqwest::RequestBuilder) -> Page {
        match self.try_send(url, request).await {
            Ok(page) => page,
            #[expect(clippy::panic, reason = "test ground")]
            Err(error) => panic!("{url} can't be reached: {error:?}"),
        }
    }

    async fn try_send(
        &mut self,
        url: &Url,
        mut request: reqwest::RequestBuilder,
    ) -> Result<Page, reqwest::Error> {
        let cookies = self.jar.header(url);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies);
        }
        let answer = http::send(request.header("accept", "text/html")).await?;
        self.jar.store(url, &answer.headers);
        Ok(Page { url: url.clone(), answer })
    }
}

#[expect(clippy::panic, reason = "test ground")]
fn stuck(page: &Page) -> ! {
    let (status, title) = (page.answer.status, page.title());
    panic!("stuck at {} ({status} `{title}`):\n{}", page.url, page.answer.body)
}

#[expect(clippy::panic, reason = "test ground")]
fn parsed(url: &str) -> Url {
    Url::parse(url).unwrap_or_else(|error| panic!("`{url}` is no URL: {error}"))
}

/// Whether a URL is the redirect URI, whatever parameters it bears.
fn is_at(url: &Url, redirect_uri: &str) -> bool {
    let bare = |mut url: Url| {
        url.set_query(None);
        url.set_fragment(None);
        url
    };
    bare(url.clone()) == bare(parsed(redirect_uri))
}

fn callback(page: &Page, redirect_uri: &str) -> Option<Callback> {
    if let Some(url) = page.location().filter(|url| is_at(url, redirect_uri)) {
        let query = url.query().unwrap_or_default();
        let fragment = url.fragment().unwrap_or_default();
        let pairs = [query, fragment]
            .into_iter()
            .flat_map(|text| form_urlencoded::parse(text.as_bytes()).into_owned());
        let params = pairs.collect();
        return Some(Callback { url, params });
    }
    let form = page.forms().into_iter().find(|form| is_at(&page.target(form), redirect_uri))?;
    Some(Callback { url: parsed(redirect_uri), params: form.fields })
}
