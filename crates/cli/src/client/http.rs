//! Requests to servers: no redirect is followed, no document read without end.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, redirect::Policy};
use serde_json::Value;

use crate::failure::Failure;

/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an issuer may take for a whole answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Longest document taken from an issuer, and longest body that is shown as JSON.
pub(crate) const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// An HTTP client. Following a redirect would carry a token to whoever it points to.
pub(crate) fn client() -> Result<Client, Failure> {
    Client::builder()
        .redirect(Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .no_proxy()
        .user_agent(concat!("counterfoil/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(Failure::from_display)
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }

    /// A header's value; empty when it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Sends a request.
pub(crate) async fn send(request: RequestBuilder) -> Result<Response, Failure> {
    request.send().await.map_err(|error| unreachable(&error))
}

/// Sends a request and reads the whole answer as text.
pub(crate) async fn exchange(request: RequestBuilder) -> Result<Answer, Failure> {
    let response = send(request.timeout(ANSWER_TIMEOUT)).await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = read(response).await?;
    Ok(Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

/// Reads a body to its end.
pub(crate) async fn read(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > BODY_BYTES_MAX {
            let url = response.url();
            return Err(Failure::failed(format!(
                "{url} answers with more than {BODY_BYTES_MAX} bytes"
            )));
        }
    }
    Ok(body)
}

/// A request with a form in its body.
pub(crate) fn form(client: &Client, url: &str, fields: &[(&str, &str)]) -> RequestBuilder {
    client
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "application/json")
        .body(encode(fields))
}

/// Parameters as a form or a query.
pub(crate) fn encode(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// What the transport says, with its causes: the outermost one alone says next to nothing.
pub(crate) fn unreachable(error: &reqwest::Error) -> Failure {
    let url = error.url().map(|url| {
        let mut url = url.clone();
        // A query may hold a code.
        url.set_query(None);
        format!("{url} ")
    });
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let url = url.unwrap_or_default();
    Failure::unreachable(format!("{url}can't be reached: {cause}"))
}
