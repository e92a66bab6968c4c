//! The calls a guard makes: bounded in time and size, to the issuer alone, without redirects.

use std::{collections::HashMap, time::Duration};

use futures_util::StreamExt;
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};

use crate::ApiCredential;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Longest wait for an introspection answer: a request hangs on it.
pub(crate) const ASK_TIMEOUT_MS: u64 = 3_000;

/// Longest wait for documents and snapshots.
pub(crate) const FETCH_TIMEOUT: Duration = Duration::from_secs(8);

/// Longest wait for a lease: renewals come more often than that.
pub(crate) const LEASE_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Longest metadata and key set read.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 256 * 1024;

/// The HTTP side.
#[derive(Debug)]
pub(crate) struct Http {
    /// For everything that a request or a snapshot waits for.
    calls: Client,
    /// Leases have connections of their own: nothing queues before them.
    leases: Client,
    /// The stream is open for ever, so it has no timeout as a whole.
    streams: Client,
    credentials: HashMap<String, ApiCredential>,
}

/// Why a call brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CallError {
    /// No answer, or not in time.
    Unreachable(String),
    /// Another status than expected.
    Status(u16),
    /// More than may be read.
    TooLong,
    /// Not what was asked for.
    Unexpected(&'static str),
    /// Metadata of another issuer.
    OtherIssuer {
        /// The one that was asked for.
        configured: String,
        /// What it calls itself.
        named: String,
    },
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreachable(error) => write!(f, "no answer: {error}"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::TooLong => f.write_str("the answer is too long"),
            Self::Unexpected(what) => write!(f, "the answer is not {what}"),
            Self::OtherIssuer { configured, named } => {
                write!(f, "the issuer calls itself `{named}`, not `{configured}`")
            }
        }
    }
}

impl From<reqwest::Error> for CallError {
    fn from(error: reqwest::Error) -> Self {
        // Without the URL, which may hold more than a log should.
        Self::Unreachable(error.without_url().to_string())
    }
}

impl Http {
    pub(crate) fn new(credentials: Vec<(String, ApiCredential)>) -> Result<Self, String> {
        let base = || {
            Client::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .redirect(redirect::Policy::none())
                .tcp_nodelay(true)
                // Where a guard connects is in its configuration and nowhere else.
                .no_proxy()
                .user_agent(concat!("counterfoil-guard/", env!("CARGO_PKG_VERSION")))
        };
        let made = |client: reqwest::ClientBuilder| client.build().map_err(|e| e.to_string());
        Ok(Self {
            calls: made(base())?,
            leases: made(base().timeout(LEASE_TIMEOUT))?,
            streams: made(base())?,
            credentials: credentials.into_iter().collect(),
        })
    }

    fn authorized(&self, issuer: &str, request: RequestBuilder) -> RequestBuilder {
        match self.credentials.get(issuer) {
            Some(credential) => {
                // RFC 6749 §2.3.1: form-encoded before it is joined.
                let encode = |text: &str| -> String {
                    form_urlencoded::byte_serialize(text.as_bytes()).collect()
                };
                let (id, secret) = (credential.client_id(), credential.expose_secret());
                request.basic_auth(encode(id), Some(encode(secret)))
            }
            None => request,
        }
    }

    /// Gets a public document.
    pub(crate) async fn document(&self, url: &str, max: usize) -> Result<Vec<u8>, CallError> {
        let response = self.calls.get(url).timeout(FETCH_TIMEOUT).send().await?;
        body(expect(response, StatusCode::OK)?, max).await
    }

    /// Gets something of the feed.
    pub(crate) async fn feed_document(
        &self,
        issuer: &str,
        url: &str,
        max: usize,
    ) -> Result<Vec<u8>, CallError> {
        let request = self.calls.get(url).timeout(FETCH_TIMEOUT);
        let response = self.authorized(issuer, request).send().await?;
        body(expect(response, StatusCode::OK)?, max).await
    }

    /// Opens the stream.
    pub(crate) async fn stream(&self, issuer: &str, url: &str) -> Result<Response, CallError> {
        let request = self.authorized(issuer, self.streams.get(url));
        let opened = tokio::time::timeout(FETCH_TIMEOUT, request.send()).await;
        let response = opened.map_err(|_| CallError::Unreachable("timed out".to_owned()))??;
        expect(response, StatusCode::OK)
    }

    /// Posts a lease request; the answer with its status.
    pub(crate) async fn lease(
        &self,
        issuer: &str,
        url: &str,
        request: String,
        max: usize,
    ) -> Result<(u16, Vec<u8>), CallError> {
        let call = self.leases.post(url).header("content-type", "application/json").body(request);
        let response = self.authorized(issuer, call).send().await?;
        let status = response.status().as_u16();
        Ok((status, body(response, max).await?))
    }

    /// Asks about a token: RFC 7662 §2.1.
    pub(crate) async fn introspect(
        &self,
        issuer: &str,
        url: &str,
        token: &str,
        max: usize,
    ) -> Result<Vec<u8>, CallError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token)
            .append_pair("token_type_hint", "access_token")
            .finish();
        let request = self
            .calls
            .post(url)
            .timeout(FETCH_TIMEOUT)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(form);
        let response = expect(self.authorized(issuer, request).send().await?, StatusCode::OK)?;
        let json = response.headers().get("content-type").and_then(|value| value.to_str().ok());
        if !json.is_some_and(|value| value.starts_with("application/json")) {
            return Err(CallError::Unexpected("JSON"));
        }
        body(response, max).await
    }
}

fn expect(response: Response, status: StatusCode) -> Result<Response, CallError> {
    match response.status() {
        got if got == status => Ok(response),
        got => Err(CallError::Status(got.as_u16())),
    }
}

async fn body(response: Response, max: usize) -> Result<Vec<u8>, CallError> {
    let mut bytes = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        if bytes.len() + chunk.len() > max {
            return Err(CallError::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
