//! A small HTTP/1.1 client: one connection, kept alive.

use std::net::{Ipv4Addr, SocketAddr};

use axum::http::{HeaderMap, Request, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::failure::Failure;

/// One connection to a server on this machine.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What to send.
pub(crate) struct Ask<'a> {
    pub(crate) path: &'a str,
    pub(crate) authorization: Option<&'a str>,
    pub(crate) cookie: Option<&'a str>,
    /// A form; none is a GET.
    pub(crate) form: Option<String>,
}

impl<'a> Ask<'a> {
    pub(crate) fn get(path: &'a str) -> Self {
        Self { path, authorization: None, cookie: None, form: None }
    }

    pub(crate) fn post(path: &'a str, authorization: &'a str, form: String) -> Self {
        Self { path, authorization: Some(authorization), cookie: None, form: Some(form) }
    }
}

impl Connection {
    /// Connects; the server's name is `localhost`, as its issuer has it.
    pub(crate) async fn open(port: u16) -> Result<Self, Failure> {
        let socket = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        socket.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
        tokio::spawn(async move {
            // A connection that ends badly is seen by the request that was on it.
            let _ended = connection.await;
        });
        Ok(Self { sender, host: format!("localhost:{port}") })
    }

    pub(crate) async fn send(&mut self, ask: Ask<'_>) -> Result<Answer, Failure> {
        let method = if ask.form.is_some() { "POST" } else { "GET" };
        let mut request = Request::builder()
            .method(method)
            .uri(ask.path)
            .header(header::HOST, &self.host)
            .header(header::ACCEPT, "*/*");
        if let Some(authorization) = ask.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if let Some(cookie) = ask.cookie.filter(|cookie| !cookie.is_empty()) {
            request = request.header(header::COOKIE, cookie);
        }
        let body = match ask.form {
            Some(form) => {
                let form_type = "application/x-www-form-urlencoded";
                request = request.header(header::CONTENT_TYPE, form_type);
                Bytes::from(form)
            }
            None => Bytes::new(),
        };
        self.sender.ready().await?;
        let response = self.sender.send_request(request.body(Full::new(body))?).await?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

impl Answer {
    /// The JSON of an answer that must be 200.
    pub(crate) fn json(&self) -> Result<serde_json::Value, Failure> {
        if self.status != 200 {
            let text = String::from_utf8_lossy(&self.body);
            return Err(Failure::new(format!("status {}: {text}", self.status)));
        }
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// A header's text.
    pub(crate) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
