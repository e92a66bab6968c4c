//! A small HTTP/1.1 client: one connection, kept alive.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::http::{HeaderMap, Request, header, response::Parts};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::{clock::Since, failure::Failure};

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
        let (parts, body) = self.begin(request.body(Full::new(body))?).await?;
        let body = body.collect().await?.to_bytes();
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    /// Posts JSON and notes when the first and the last byte of the answer's body came.
    pub(crate) async fn post_json(
        &mut self,
        path: &str,
        authorization: Option<&str>,
        json: String,
    ) -> Result<Timed, Failure> {
        let mut request = Request::builder()
            .method("POST")
            .uri(path)
            .header(header::HOST, &self.host)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request.body(Full::new(Bytes::from(json)))?;
        let since = Since::now();
        let (parts, mut body) = self.begin(request).await?;
        let mut first = None;
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                first.get_or_insert_with(|| since.elapsed());
                bytes.extend_from_slice(&data);
            }
        }
        let last = since.elapsed();
        let (status, headers) = (parts.status.as_u16(), parts.headers);
        let answer = Answer { status, headers, body: bytes.into() };
        Ok(Timed { answer, first: first.unwrap_or(last), last })
    }

    async fn begin(&mut self, request: Request<Full<Bytes>>) -> Result<(Parts, Incoming), Failure> {
        self.sender.ready().await?;
        Ok(self.sender.send_request(request).await?.into_parts())
    }
}

/// An answer, and when it came.
pub(crate) struct Timed {
    pub(crate) answer: Answer,
    pub(crate) first: Duration,
    pub(crate) last: Duration,
}

impl Answer {
    /// The JSON of an answer that must be 200, or 201 where something was made.
    pub(crate) fn json(&self) -> Result<serde_json::Value, Failure> {
        if !matches!(self.status, 200 | 201) {
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
