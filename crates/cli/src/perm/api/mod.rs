//! Requests to a permission server, in OpenFGA's HTTP API.

mod args;
mod auth;
mod error;

use reqwest::{Body, Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use url::Url;

use crate::{client::http, failure::Failure};
pub(super) use args::{ServerArgs, StoreArgs};

/// A server, and who asks it.
#[derive(Clone)]
pub(super) struct Server {
    client: Client,
    url: String,
    token: Option<String>,
}

/// A store of a server.
#[derive(Clone)]
pub(super) struct Store {
    pub(super) server: Server,
    pub(super) id: String,
}

impl Server {
    /// A server by its URL, asked with a token if one is given.
    pub(super) fn at(url: &str, token: Option<String>) -> Result<Self, Failure> {
        let url = url.trim_end_matches('/').to_owned();
        let parsed = Url::parse(&url);
        if !parsed.is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            return Err(Failure::usage(format!("`{url}` is no URL of a server")));
        }
        Ok(Self { client: http::client()?, url, token })
    }

    /// Sends a request and returns the JSON of its answer.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let answer = http::exchange(self.request(method, path, body)).await?;
        if !(200..300).contains(&answer.status) {
            return Err(error::failure(answer.status, &answer.body));
        }
        if answer.body.trim().is_empty() {
            return Ok(Value::Null);
        }
        answer.json().ok_or_else(|| {
            Failure::failed(format!("{} answers with no JSON: is it the right URL?", self.url))
        })
    }

    /// Sends a request whose answer is read piece by piece.
    pub(super) async fn stream(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, Failure> {
        begun(self.request(method, path, body)).await
    }

    /// Sends a body piece by piece; the answer is read in the same way, meanwhile.
    pub(super) async fn upload(&self, path: &str, body: Body) -> Result<Response, Failure> {
        begun(self.request(Method::POST, path, None).body(body)).await
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.call(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.call(Method::POST, path, Some(body)).await
    }

    fn request(&self, method: Method, path: &str, body: Option<&Value>) -> RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        }
    }
}

impl Store {
    /// A path below the store.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("/stores/{}{rest}", self.id)
    }

    pub(super) async fn get(&self, rest: &str) -> Result<Value, Failure> {
        self.server.get(&self.path(rest)).await
    }

    /// Whether the server is ours, which tells revisions and has streams; OpenFGA's does neither.
    pub(super) async fn is_ours(&self) -> Result<bool, Failure> {
        let page = self.post("/read", &json!({ "page_size": 1 })).await?;
        Ok(!text(&page, "revision").is_empty())
    }

    pub(super) async fn post(&self, rest: &str, body: &Value) -> Result<Value, Failure> {
        self.server.post(&self.path(rest), body).await
    }
}

/// The head of an answer, if it is none that refuses.
async fn begun(request: RequestBuilder) -> Result<Response, Failure> {
    let response = http::send(request).await?;
    let status = response.status().as_u16();
    if (200..300).contains(&status) {
        return Ok(response);
    }
    let body = http::read(response).await?;
    Err(error::failure(status, &String::from_utf8_lossy(&body)))
}

/// What a stream says that ends with an error.
pub(super) fn refused(line: &str) -> Failure {
    error::failure(400, line)
}

/// A member of an answer that is a text; empty if there is none.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A member of an answer that is a list; empty if there is none.
pub(super) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Parameters behind a path: those with a value.
pub(super) fn query(fields: &[(&str, &str)]) -> String {
    let fields: Vec<_> = fields.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
    if fields.is_empty() { String::new() } else { format!("?{}", http::encode(&fields)) }
}
