//! Requests and answers, for tests: nothing follows a redirect by itself, nothing fails silently.

use reqwest::{Client, Method, header::HeaderMap, redirect::Policy};
use serde_json::Value;

/// An HTTP client that follows no redirect and uses no proxy.
///
/// # Panics
/// When the TLS library can't start.
#[must_use]
pub fn client() -> Client {
    with_root(None)
}

/// The same, trusting one more authority: its certificate in PEM.
///
/// # Panics
/// When that isn't a certificate.
#[must_use]
#[expect(clippy::expect_used, reason = "test ground")]
pub fn with_root(authority: Option<&str>) -> Client {
    let mut builder = Client::builder().no_proxy().redirect(Policy::none());
    if let Some(pem) = authority {
        let root = reqwest::Certificate::from_pem(pem.as_bytes()).expect("a certificate");
        builder = builder.tls_certs_only([root]);
    }
    builder.build().expect("an HTTP client")
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it isn't.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.body) {
            Ok(value) => value,
            #[expect(clippy::panic, reason = "test ground")]
            Err(error) => panic!("no JSON ({error}) in answer {}: {}", self.status, self.body),
        }
    }

    /// A member of the JSON body, as text; empty when it is missing.
    ///
    /// # Panics
    /// When the body isn't JSON.
    #[must_use]
    #[track_caller]
    pub fn text(&self, member: &str) -> String {
        self.json().get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// A header's value; empty when it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Asserts the status and hands the answer on.
    ///
    /// # Panics
    /// When the status is another, showing the body.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "the body was: {}", self.body);
        self
    }
}

/// Sends a request and reads the whole answer, or says what went wrong on the way.
///
/// # Errors
/// What the transport says.
pub async fn send(request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, body: response.text().await? })
}

/// Gets a URL.
///
/// # Errors
/// What the transport says.
pub async fn get(client: &Client, url: &str) -> Result<Answer, reqwest::Error> {
    send(client.request(Method::GET, url)).await
}

/// A request with a form in its body.
pub fn form(client: &Client, url: &str, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
    client
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(encode(fields.iter().copied()))
}

/// Encodes parameters as a form or a query.
pub fn encode<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
