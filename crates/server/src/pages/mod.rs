//! Everything a person sees in a browser: typed contexts that render to HTML, and their assets.
//!
//! A page is a context with samples. It holds no protocol rule: what it shows is decided before,
//! and its form post becomes a value that walks the six rooms like any other request.
//! Pages are plain HTML forms that work without JavaScript; the lab and the permissions page alone are programs.
//!
//! ```
//! use counterfoil_server::pages::{self, Locale, PageChrome, SignedOut};
//!
//! let chrome = PageChrome { nonce: "c29tZSBub25jZQ", dev: false, issuer: "https://id.example" };
//! let locale = Locale::negotiate(None, Some("de-AT, en;q=0.5"));
//! let html = pages::render(&SignedOut { return_uri: None }, locale, &chrome);
//! assert!(html.contains("<html lang=\"de\""));
//! ```
//!
//! Three rules are kept by tests over every sample in every locale: no text outside the message
//! files, no markup out of a value, and nothing inline that the policy of [`ContentPolicy`] would
//! have to allow.

pub mod assets;
mod consent;
mod content_policy;
mod error;
mod form_post;
mod home;
mod lab;
mod locale;
mod logout;
mod messages;
mod permissions;
mod program;
mod samples;
mod sign_in;

#[cfg(test)]
mod markup;
#[cfg(test)]
mod tests;

pub use consent::{ApiSection, Consent, LearnLine, ScopeLine};
pub use content_policy::{ContentPolicy, form_target};
pub use error::{ErrorKind, ErrorPage};
pub use form_post::FormPost;
pub use home::Home;
pub use lab::Lab;
pub use locale::Locale;
pub use logout::{LogoutConfirm, SignedOut};
pub use messages::Texts;
pub use permissions::Permissions;
pub use sign_in::{SignIn, SignInError};

/// What every page shows or needs besides its own context.
#[derive(Clone, Copy, Debug)]
pub struct PageChrome<'a> {
    /// The nonce of this response, also in its [`ContentPolicy`].
    pub nonce: &'a str,
    /// Whether this is `counterfoil dev`: the page says so, and the root page leads to the lab.
    pub dev: bool,
    /// The issuer's URL, which people see on every page.
    pub issuer: &'a str,
}

impl<'a> PageChrome<'a> {
    /// The issuer without its scheme: what people compare with the address bar.
    fn issuer_host(&self) -> &'a str {
        let rest = self.issuer.split_once("://").map_or(self.issuer, |(_, rest)| rest);
        rest.trim_end_matches('/')
    }

    /// The address of an asset, by its file name.
    fn asset(&self, name: &str) -> &'static str {
        assets::path(name)
    }
}

/// A page: a context that knows its template and shows what it can look like.
pub trait Page: Sized {
    /// Writes the page.
    ///
    /// # Errors
    /// Only when a value's `Display` fails, which no value of ours does.
    fn write(&self, texts: Texts, chrome: &PageChrome<'_>) -> Result<String, askama::Error>;

    /// Every state that the page has, hostile values among them.
    fn samples() -> Vec<Self>;
}

/// Renders `page` for a reader of `locale`.
///
/// Serve it as `text/html; charset=utf-8`, with [`ContentPolicy`] and `Cache-Control: no-store`.
pub fn render<P: Page>(page: &P, locale: Locale, chrome: &PageChrome<'_>) -> String {
    page.write(Texts::of(locale), chrome).unwrap_or_else(|error| {
        tracing::error!(%error, "a page failed to render: {error}");
        String::new()
    })
}

/// Keeps a URI that may stand in a link or a form: `http` and `https` alone, so that no
/// `javascript:` or `data:` out of a registration ever runs on the issuer's origin.
fn web_uri(uri: &str) -> Option<&str> {
    let (scheme, _) = uri.split_once("://")?;
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")).then_some(uri)
}
